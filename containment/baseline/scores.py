"""Scores of one day of a pair by rule, each with the observed value, the usual range and the reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from containment.baseline.days import Day, find_ratio
from containment.baseline.profile import HOURS, PairProfile, Usual
from containment.baseline.rules import MEANINGS, Rule
from containment.baseline.statistics import format_number
from containment.baseline.thresholds import Thresholds

_LEAST: Final = 1e-9
"""In place of zero, which has no logarithm."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """The result of one rule: a score above `limit` is a deviation; `count` is the number of exchanges beyond `most`."""

    rule: Rule
    score: float
    limit: float
    value: float
    most: float
    count: int
    unit: str
    basis: str

    @property
    def is_deviation(self) -> bool:
        """Whether the score is above its limit."""
        return self.score > self.limit

    @property
    def meaning(self) -> str:
        """What the deviation means."""
        return MEANINGS[self.rule]


def find_quiet_hours(profile: PairProfile, thresholds: Thresholds) -> tuple[int, ...]:
    """Return the hours of the day (UTC) in and around which a pair has nearly no exchange: late work near usual hours is no shift."""
    usual = [hour for hour, count in enumerate(profile.hours) if count > thresholds.quiet_share * profile.exchanges]
    margin = range(-thresholds.quiet_margin_hours, thresholds.quiet_margin_hours + 1)
    near = {(hour + step) % HOURS for hour in usual for step in margin}
    return tuple(hour for hour in range(HOURS) if hour not in near)


def score_day(day: Day, profile: PairProfile, thresholds: Thresholds) -> Iterator[Score]:
    """Yield the score of every rule that the profile and the day have the features for."""
    sizes = [float(one.bytes_out) for one in day.exchanges if one.bytes_out is not None]
    if profile.request_bytes and sizes:
        yield _score_largest(Rule.REQUEST_SIZE, sizes, profile.request_bytes, thresholds, "bytes")
        ratios = [
            ratio
            for one in day.exchanges
            if (ratio := find_ratio(one)) is not None and (one.bytes_out or 0) >= profile.request_bytes.median
        ]
        if profile.ratio and ratios:
            yield _score_largest(Rule.RATIO, ratios, profile.ratio, thresholds, "bytes out per byte in")
    if profile.daily_bytes and (total := day.sum_bytes_out()) is not None:
        yield _score_largest(Rule.VOLUME, [float(total)], profile.daily_bytes, thresholds, "bytes out per day")
    yield _score_cadence(day, profile, thresholds)
    if quiet := find_quiet_hours(profile, thresholds):
        yield _score_hours(day, quiet, profile, thresholds)


def _score_largest(rule: Rule, values: list[float], usual: Usual, thresholds: Thresholds, unit: str) -> Score:
    """Return how many spreads, as a power, the largest value lies above the 99th percentile of usual ones."""
    spread, limit = max(usual.spread, thresholds.least_spread), thresholds.limits[rule]
    largest, value = max(usual.q99, _LEAST), max(values)
    most = largest * spread**limit
    return Score(
        rule=rule,
        score=math.log(max(value, _LEAST) / largest) / math.log(spread),
        limit=limit,
        value=value,
        most=most,
        count=sum(one > most for one in values),
        unit=unit,
        basis=f"q99 {format_number(usual.q99)} times spread {spread:.2f} to the power of {limit:g};"
        f" median {format_number(usual.median)} of {usual.count}",
    )


def _score_cadence(day: Day, profile: PairProfile, thresholds: Thresholds) -> Score:
    run, seconds = day.find_run(thresholds)
    usual, limit = max(profile.longest_run, thresholds.least_run), thresholds.limits[Rule.CADENCE]
    return Score(
        rule=Rule.CADENCE,
        score=run / usual,
        limit=limit,
        value=float(run),
        most=usual * limit,
        count=run + 1 if run else 0,
        unit=f"nearly equal gaps in a row, of about {seconds:.0f} s",
        basis=f"{limit:g} times the longest usual run, {profile.longest_run} gaps, or of {thresholds.least_run} if that is shorter",
    )


def _score_hours(day: Day, quiet: Sequence[int], profile: PairProfile, thresholds: Thresholds) -> Score:
    hours = day.count_hours()
    found = sum(min(hours[hour], thresholds.most_per_hour) for hour in quiet)
    limit = thresholds.limits[Rule.HOURS]
    named = ", ".join(f"{hour:02}" for hour in quiet)
    return Score(
        rule=Rule.HOURS,
        score=float(found),
        limit=limit,
        value=float(found),
        most=limit,
        count=sum(hours[hour] for hour in quiet),
        unit=f"exchanges in quiet hours, at most {thresholds.most_per_hour} counted per hour",
        basis=f"quiet are {named} UTC: no hour within {thresholds.quiet_margin_hours} of them has more than"
        f" {thresholds.quiet_share:.1%} of the {profile.exchanges} learned exchanges",
    )
