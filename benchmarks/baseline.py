"""Measure `containment baseline` on labelled synthetic traffic: false alarms per agent and week, recall and ROC per kind.

`python benchmarks/baseline.py` generates the traffic of 20 numbers, writes it as gateway logs and as VPC flow and resolver logs, learns
from two weeks and checks the next two by the shipped thresholds. `--choose` chooses the limits on the traffic of 20 other numbers first,
and writes them to the package. All results are on synthetic traffic. The exit code is 1 if there is more than one false alarm per agent and
week, or a kind that is not found more often than by chance: a detector that never alarms fails.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from baseline_traffic import AGENTS, Kind, View, generate_traffic, write_logs

from containment.baseline.checking import compare_with_profile
from containment.baseline.endpoints import ModelEndpoints
from containment.baseline.learning import learn_profile
from containment.baseline.reading import LogScope, read_traffic
from containment.baseline.scores import score_day, split_days
from containment.baseline.thresholds import LIMITED, PATH, Rule, Thresholds, load_thresholds
from containment.loaders.presets import load_library

CHOOSE, REPORT = range(20), range(20, 40)
BUDGET = 0.01
"""Share of an agent's days with a false alarm that the limits are chosen for, over all rules."""
MOST_FALSE_ALARMS = 1.0
"""Per agent and week."""
NORMAL_95 = 1.96


@dataclass(frozen=True)
class AgentDay:
    """One agent on one day of the second half: its label, None for a usual day, and the highest score by rule and of all its pairs."""

    number: int
    view: View
    agent: str
    day: date
    kind: Kind | None
    scores: Mapping[Rule, float]

    def count_alarms(self, limits: Mapping[Rule, float]) -> int:
        """Return the number of rules whose score is above the limit."""
        return sum(score > limits.get(rule, 0.0) for rule, score in self.scores.items())

    def combine_scores(self, limits: Mapping[Rule, float]) -> float:
        """Return one score: the largest score in units of its limit."""
        return max((score / limits.get(rule, 1.0) for rule, score in self.scores.items()), default=-math.inf)


def score_numbers(numbers: Sequence[int], thresholds: Thresholds, agents: int = AGENTS) -> list[AgentDay]:
    """Return every agent's days of the second half of the traffic of several numbers, in both views, through the logs."""
    with tempfile.TemporaryDirectory(prefix="baseline-benchmark-") as name:
        return [day for view in View for day in score_view(numbers, view, Path(name), thresholds, agents)]


def score_view(numbers: Sequence[int], view: View, folder: Path, thresholds: Thresholds, agents: int) -> list[AgentDay]:
    """Return the days of one view: the logs of all numbers are read at once, because no agent changes another's result."""
    labels: dict[tuple[str, date], Kind] = {}
    owners: dict[str, int] = {}
    learn, check = (folder / view.name / half for half in ("learn", "check"))
    for number in numbers:
        traffic = generate_traffic(number, agents)
        write_logs((learn / str(number), check / str(number)), traffic, view)
        labels |= traffic.labels
        owners |= {one.address: number for one in traffic.habits}
    scope = LogScope(endpoints=ModelEndpoints(load_library()))
    profile = learn_profile(read_traffic([str(learn)], scope), thresholds)
    reading = read_traffic([str(check)], scope)
    found: dict[tuple[str, date], dict[Rule, float]] = {key: {} for key in labels}
    for one in profile.pairs:
        for day in split_days(reading.pairs[one.pair].exchanges[one.source]) if one.pair in reading.pairs else ():
            scores = found.setdefault((one.agent, day.date), {})
            for score in score_day(day, one, thresholds):
                scores[score.rule] = max(scores.get(score.rule, -math.inf), score.score)
    for deviation in compare_with_profile(reading, profile, thresholds).deviations:
        if deviation.rule is Rule.NEW_ENDPOINT:
            found.setdefault((deviation.agent, deviation.day), {})[Rule.NEW_ENDPOINT] = math.inf
    return [AgentDay(owners[agent], view, agent, day, labels.get((agent, day)), scores) for (agent, day), scores in sorted(found.items())]


def choose_limits(days: Sequence[AgentDay]) -> dict[Rule, float]:
    """Return the lowest limits under which each rule has its part of the budget of false alarms on usual days."""
    usual = [day for day in days if day.kind is None]
    allowed = int(len(usual) * BUDGET / len(LIMITED))
    limits = {}
    for rule in LIMITED:
        scores = sorted((day.scores.get(rule, -math.inf) for day in usual), reverse=True)
        limits[rule] = max(0.01, math.ceil(max(scores[allowed], 0.0) * 100) / 100)
    return limits


def find_interval(hits: int, count: int) -> tuple[float, float]:
    """Return Wilson's interval of 95 % for a share."""
    if not count:
        return 0.0, 1.0
    share, z = hits / count, NORMAL_95
    middle, half = share + z * z / (2 * count), z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, (middle - half) / (1 + z * z / count)), min(1.0, (middle + half) / (1 + z * z / count))


def find_area(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the area under the ROC curve: how often a labelled day has a higher score than a usual one."""
    wins = sum((one > other) + (one == other) / 2 for one in positive for other in negative)
    return wins / (len(positive) * len(negative))


@dataclass(frozen=True)
class KindResult:
    """Recall of one kind, and the areas under the ROC curve by number."""

    kind: Kind
    hits: int
    count: int
    at_one_percent: int
    areas: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """The results of one view of the traffic."""

    view: View
    usual_days: int
    alarms: Mapping[Rule, int]
    alarm_days: int
    late_share: float
    kinds: tuple[KindResult, ...]

    @property
    def false_alarms(self) -> float:
        """False alarms per agent and week."""
        return 7 * sum(self.alarms.values()) / max(1, self.usual_days)

    def is_acceptable(self) -> bool:
        """Return whether false alarms are few, and every kind is found more often than a usual day has an alarm."""
        chance = self.alarm_days / max(1, self.usual_days)
        found = [find_interval(one.hits, one.count)[0] > chance for one in self.kinds]
        return self.false_alarms <= MOST_FALSE_ALARMS and bool(found) and all(found)


def build_report(view: View, days: Sequence[AgentDay], limits: Mapping[Rule, float], bound: float) -> Report:
    """Return the results of the reporting half.

    Args:
        view: Which logs.
        days: The days of that view.
        limits: The limits by rule.
        bound: The combined score that 1 % of usual days exceeded in the other half.
    """
    usual = [day for day in days if day.kind is None]
    alarms = Counter(rule for day in usual for rule, score in day.scores.items() if score > limits.get(rule, 0.0))
    kinds = []
    for kind in Kind:
        found = [day for day in days if day.kind is kind]
        areas = []
        for number in sorted({day.number for day in found}):
            positive = [day.combine_scores(limits) for day in found if day.number == number]
            negative = [day.combine_scores(limits) for day in usual if day.number == number]
            areas.append(find_area(positive, negative))
        kinds.append(
            KindResult(
                kind,
                sum(day.count_alarms(limits) > 0 for day in found),
                len(found),
                sum(day.combine_scores(limits) > bound for day in found),
                tuple(areas),
            )
        )
    late = sum(day.combine_scores(limits) > bound for day in usual) / max(1, len(usual))
    return Report(view, len(usual), alarms, sum(day.count_alarms(limits) > 0 for day in usual), late, tuple(kinds))


def find_bound(days: Iterable[AgentDay], limits: Mapping[Rule, float]) -> float:
    """Return the combined score that 1 % of usual days exceed."""
    scores = sorted((day.combine_scores(limits) for day in days if day.kind is None), reverse=True)
    return scores[int(len(scores) * BUDGET)] if scores else math.inf


def print_report(report: Report) -> None:
    """Print the results of one view as Markdown."""
    print(f"\n{report.view} logs, {report.usual_days} usual agent days, synthetic traffic:")
    parts = ", ".join(f"{rule} {count}" for rule, count in sorted(report.alarms.items())) or "none"
    print(f"false alarms: {report.false_alarms:.2f} per agent and week (bound {MOST_FALSE_ALARMS:g}; {parts})\n")
    print("| kind | days | found | recall (95 % interval) | at 1 % false alarms | area under ROC, mean of numbers (95 % interval) |")
    print("|---|---|---|---|---|---|")
    for one in report.kinds:
        low, high = find_interval(one.hits, one.count)
        lower, upper = find_interval(one.at_one_percent, one.count)
        mean = statistics.mean(one.areas) if one.areas else math.nan
        half = NORMAL_95 * statistics.stdev(one.areas) / math.sqrt(len(one.areas)) if len(one.areas) > 1 else math.nan
        recall, late = one.hits / max(1, one.count), one.at_one_percent / max(1, one.count)
        print(
            f"| {one.kind} | {one.count} | {one.hits} | {recall:.2f} ({low:.2f} to {high:.2f}) | {late:.2f} ({lower:.2f} to {upper:.2f})"
            f" | {mean:.3f} ({mean - half:.3f} to {min(1.0, mean + half):.3f}) |"
        )
    print(f"\n`at 1 % false alarms`: the bound of the choosing half; {report.late_share:.1%} of the usual days here exceed it")


def write_limits(limits: Mapping[Rule, float]) -> None:
    """Replace the limits in the package's data."""
    head = PATH.read_text(encoding="utf-8").partition("limits:\n")[0]
    PATH.write_text(head + "limits:\n" + "".join(f"  {rule}: {limit:g}\n" for rule, limit in limits.items()), encoding="utf-8")


def main() -> int:
    """Choose limits if required, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choose", action="store_true", help="choose the limits and write them to the package")
    parser.add_argument("--numbers", type=int, default=20, help="numbers of each half, at most 20")
    options = parser.parse_args()
    thresholds = load_thresholds()
    halves = [CHOOSE[: options.numbers], REPORT[: options.numbers]]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        first, second = pool.map(score_numbers, halves, [thresholds, thresholds])
    limits: Mapping[Rule, float] = thresholds.limits
    if options.choose:
        limits = choose_limits(first)
        write_limits(limits)
    print(f"limits: {', '.join(f'{rule} {limit:g}' for rule, limit in limits.items())}")
    print(f"{options.numbers} numbers of {AGENTS} agents in each half, {len(first)} and {len(second)} agent days in both views")
    reports = []
    for view in View:
        bound = find_bound([day for day in first if day.view is view], limits)
        reports.append(build_report(view, [day for day in second if day.view is view], limits, bound))
    for report in reports:
        print_report(report)
    return 0 if all(report.is_acceptable() for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
