"""Checking: new logs compared with a profile, day by day; every deviation has its value, the usual range and the rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from containment.baseline.exchanges import Pair, PairTraffic
from containment.baseline.profile import NotMeasured, PairProfile, Profile
from containment.baseline.reading import Reading
from containment.baseline.scores import Day, Score, find_quiet_hours, find_ratio, score_day, split_days
from containment.baseline.thresholds import Rule, Thresholds
from containment.baseline.unmeasured import explain_reading, explain_sizes
from containment.observe.reading.decision_row import Source


@dataclass(frozen=True, kw_only=True)
class Deviation(Score):
    """One deviation of a pair on one UTC day."""

    agent: str
    endpoint: str
    day: date


@dataclass(frozen=True, kw_only=True)
class CheckedPair:
    """A learned pair in new logs: `exchanges` is None where that is not measured."""

    agent: str
    endpoint: str
    source: Source
    exchanges: int | None
    days: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The result: deviations, compared pairs, what was not measured, and rules that do not apply."""

    deviations: tuple[Deviation, ...]
    pairs: tuple[CheckedPair, ...]
    not_measured: tuple[NotMeasured, ...]
    not_applicable: tuple[NotMeasured, ...]


def compare_with_profile(reading: Reading, profile: Profile, thresholds: Thresholds) -> Comparison:
    """Return how new logs deviate from a profile."""
    deviations: list[Deviation] = []
    pairs: list[CheckedPair] = []
    missing = list(explain_reading(reading))
    learned = {one.pair: one for one in profile.pairs}
    known = {Pair(one.agent, one.endpoint): one.contacted for one in profile.known}
    agents = {pair.agent for pair in (*learned, *known)}
    for pair, one in learned.items():
        traffic = reading.pairs.get(pair, PairTraffic())
        exchanges = traffic.exchanges.get(one.source, [])
        days = split_days(exchanges)
        reason = None if exchanges else _explain_absence(one, traffic, reading)
        pairs.append(
            CheckedPair(
                agent=pair.agent,
                endpoint=pair.endpoint,
                source=one.source,
                days=len(days),
                exchanges=len(exchanges) if reason is None else None,
            )
        )
        if reason:
            missing.append(NotMeasured(agent=pair.agent, endpoint=pair.endpoint, reason=reason))
        missing += explain_sizes(one)
        for day in days:
            scores = list(score_day(day, one, thresholds))
            deviations += [Deviation(**pair._asdict(), day=day.date, **vars(score)) for score in scores if score.is_deviation]
            missing += _find_unscored(day, one)
    for pair, traffic in reading.pairs.items():
        if pair in learned:
            continue
        if pair.agent not in agents:
            missing.append(NotMeasured(agent=pair.agent, endpoint=pair.endpoint, reason="the baseline has nothing about this agent"))
        elif known.get(pair) or (pair in known and traffic.choose_source() is None):
            missing.append(NotMeasured(agent=pair.agent, endpoint=pair.endpoint, reason="too few exchanges were learned of this pair"))
        else:
            deviations.append(_make_new_endpoint(pair, traffic, learned))
    return Comparison(
        deviations=tuple(sorted(deviations, key=lambda one: (one.agent, one.day, one.endpoint, one.rule))),
        pairs=tuple(pairs),
        not_measured=tuple(dict.fromkeys(missing)),
        not_applicable=tuple(_find_not_applicable(profile, thresholds)),
    )


def _explain_absence(one: PairProfile, traffic: PairTraffic, reading: Reading) -> str | None:
    """Return why a pair without an exchange was not measured; None if its log was read, so that the agent was idle."""
    if others := sorted(source.value for source, found in traffic.exchanges.items() if found):
        return f"learned from {one.source.value}, and these logs have only {', '.join(others)} of this pair"
    if not reading.lines.get(one.source.value):
        return f"learned from {one.source.value}, and these logs have no line of that kind"
    return None


def _find_unscored(day: Day, one: PairProfile) -> Iterator[NotMeasured]:
    """Yield the features that were learned and that a day of the new logs lacks, so that their rules did not run."""
    lacking = {
        "requestBytes": one.request_bytes and day.sum_bytes_out() is None,
        "ratio": one.ratio and all(find_ratio(exchange) is None for exchange in day.exchanges),
    }
    for feature, is_lacking in lacking.items():
        if is_lacking:
            reason = f"no exchange of {day.date} has these bytes, so the rules on them did not run"
            yield NotMeasured(agent=one.agent, endpoint=one.endpoint, feature=feature, reason=reason)


def _find_not_applicable(profile: Profile, thresholds: Thresholds) -> Iterator[NotMeasured]:
    for one in profile.pairs:
        if not find_quiet_hours(one, thresholds):
            reason = "no hour of the day is quiet with quiet hours around it: the agent is active nearly around the clock"
            yield NotMeasured(agent=one.agent, endpoint=one.endpoint, feature=Rule.HOURS.value, reason=reason)


def _make_new_endpoint(pair: Pair, traffic: PairTraffic, learned: Mapping[Pair, PairProfile]) -> Deviation:
    source = traffic.choose_source()
    exchanges = traffic.exchanges[source] if source else []
    days = sorted({one.time.date().isoformat() for one in exchanges} or traffic.days)
    usual = ", ".join(sorted(one.endpoint for one in learned if one.agent == pair.agent)) or "none learned"
    if exchanges:
        count, unit = len(exchanges), "exchanges"
    else:
        count, unit = (traffic.refused, "refused flows") if traffic.refused else (traffic.queries, "queries of the resolver, and no flow")
    return Deviation(
        **pair._asdict(),
        day=date.fromisoformat(days[0]),
        rule=Rule.NEW_ENDPOINT,
        score=float(count),
        limit=0.0,
        value=float(count),
        most=0.0,
        count=count,
        unit=unit,
        basis=f"first of {len(days)} days; the agent's usual endpoints: {usual}",
    )
