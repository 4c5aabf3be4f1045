"""The measurement of the detector: one that never alarms fails, one that always alarms fails, and the shipped limits do neither."""

from __future__ import annotations

import importlib
import math
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from containment.baseline.thresholds import LIMITED, Rule, load_thresholds
from tests.support.child import REPOSITORY

THRESHOLDS = load_thresholds()
NEVER: dict[Rule, float] = dict.fromkeys(Rule, math.inf)
ALWAYS: dict[Rule, float] = dict.fromkeys(LIMITED, 1e-9)


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    sys.path.insert(0, str(REPOSITORY / "benchmarks"))
    try:
        return importlib.import_module("baseline")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def days(benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    folder: Path = tmp_path_factory.mktemp("traffic")
    found: list[Any] = benchmark.score_view(range(20, 24), benchmark.View.GATEWAY, folder, THRESHOLDS, 2)
    return found


@pytest.mark.long
@pytest.mark.slow
def test_the_shipped_limits_find_every_kind_with_few_false_alarms(benchmark: ModuleType, days: list[Any]) -> None:
    report = benchmark.build_report(benchmark.View.GATEWAY, days, THRESHOLDS.limits, math.inf)
    assert report.usual_days > 50
    assert {one.kind for one in report.kinds if one.hits} == {*benchmark.Kind}
    assert report.false_alarms <= benchmark.MOST_FALSE_ALARMS


@pytest.mark.long
@pytest.mark.slow
def test_a_detector_that_never_alarms_is_not_acceptable(benchmark: ModuleType, days: list[Any]) -> None:
    report = benchmark.build_report(benchmark.View.GATEWAY, days, NEVER, math.inf)
    assert [one.hits for one in report.kinds] == [0] * len(report.kinds)
    assert not report.is_acceptable()


@pytest.mark.long
@pytest.mark.slow
def test_a_detector_that_always_alarms_is_not_acceptable(benchmark: ModuleType, days: list[Any]) -> None:
    report = benchmark.build_report(benchmark.View.GATEWAY, days, ALWAYS, math.inf)
    assert report.false_alarms > benchmark.MOST_FALSE_ALARMS
    assert not report.is_acceptable()


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("rule", LIMITED)
def test_chosen_limits_keep_each_rule_within_its_part_of_the_budget(benchmark: ModuleType, days: list[Any], rule: Rule) -> None:
    limit = benchmark.choose_limits(days)[rule]
    usual = [day for day in days if day.kind is None]
    assert sum(day.scores.get(rule, -math.inf) > limit for day in usual) <= len(usual) * benchmark.BUDGET / len(LIMITED)


def test_the_page_has_the_results_of_the_shipped_limits(benchmark: ModuleType) -> None:
    page = (REPOSITORY / "docs" / "baseline.md").read_text()
    limits = ", ".join(f"`{rule}` {THRESHOLDS.limits[rule]:g}" for rule in LIMITED)
    assert f"Limits: {limits}." in page, "limits changed: run benchmarks/baseline.py and write its results to the page"
    assert "synthetic traffic only" in page
    for kind in benchmark.Kind:
        assert page.count(f"| {kind} |") == len(benchmark.View)


def read_results() -> list[list[str]]:
    """Return the rows of the page's tables of results: kind, days, found, and three shares with their intervals."""
    page = (REPOSITORY / "docs" / "baseline.md").read_text()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"^\| [a-z-]+ \| \d+ \|.*\(.*$", page, re.MULTILINE)]


def test_each_published_share_has_the_interval_of_its_days(benchmark: ModuleType) -> None:
    rows = read_results()
    assert [row[0] for row in rows] == [*benchmark.Kind] * len(benchmark.View)
    for kind, days, found, recall, at_one_percent, _ in rows:
        low, high = benchmark.find_interval(int(found), int(days))
        assert recall == f"{int(found) / int(days):.2f} ({low:.2f} to {high:.2f})", kind
        shares = (
            f"{hits / int(days):.2f} ({low:.2f} to {high:.2f})"
            for hits in range(int(days) + 1)
            for low, high in [benchmark.find_interval(hits, int(days))]
        )
        assert at_one_percent in {*shares}, kind


def test_the_readme_repeats_the_results_at_one_percent_with_intervals_and_labels(benchmark: ModuleType) -> None:
    readme = " ".join((REPOSITORY / "README.md").read_text().split())
    said = readme.partition(
        "Accuracy of `baseline` on synthetic, labelled traffic of gateway logs (20 times 3 agents), with 1 % false alarms:"
    )
    said = said[2].partition("was not measured.")[0]
    assert [float(one) for one in re.findall(r"\d\.\d\d", said)] == [
        float(one) for row in read_results()[: len(benchmark.Kind)] for one in re.findall(r"\d\.\d\d", row[4])
    ]


def test_the_same_number_gives_the_same_traffic(benchmark: ModuleType) -> None:
    one, two, other = (benchmark.generate_traffic(number, 2) for number in (1, 1, 2))
    assert (one.events, one.labels) == (two.events, two.labels)
    assert {event for found in one.events.values() for event in found} != {event for found in other.events.values() for event in found}


def test_the_numbers_of_both_halves_differ(benchmark: ModuleType) -> None:
    assert {*benchmark.CHOOSE}.isdisjoint(benchmark.REPORT)
    assert len(benchmark.CHOOSE) == len(benchmark.REPORT) == 20


def test_intervals_and_areas_are_those_of_their_definitions(benchmark: ModuleType) -> None:
    low, high = benchmark.find_interval(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert benchmark.find_interval(0, 0) == (0.0, 1.0)
    assert benchmark.find_area([3.0, 1.0], [2.0, 1.0]) == 0.625
