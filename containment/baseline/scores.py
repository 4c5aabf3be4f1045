"""Scores of one day of a pair by rule, each with the observed value, the usual range and the reason.

They compare features of exchanges (sizes, ratios, gaps and hours, per day where a rule compares days) by robust statistics: what a few
wrong values do not move, and what a person can check with a pencil.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Final

from containment.baseline.exchanges import Exchange
from containment.baseline.profile import HOURS, PairProfile, Usual
from containment.baseline.thresholds import MEANINGS, Rule, Thresholds

_NORMAL: Final = 1.4826
"""Median absolute deviations per standard deviation of a normal distribution."""


def find_quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted values by the nearest rank, so that it is one of them."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def find_mad(ordered: Sequence[float]) -> float:
    """Return the median absolute deviation of sorted values."""
    middle = find_quantile(ordered, 0.5)
    return find_quantile(sorted(abs(value - middle) for value in ordered), 0.5)


def find_spread(ordered: Sequence[float]) -> float:
    """Return the factor between usual values of sorted positive values: the exponential of the scaled MAD of their logarithms."""
    return math.exp(_NORMAL * find_mad([math.log(value) for value in ordered]))


def find_longest_run(seconds: Sequence[float], tolerance: float, shortest: float) -> tuple[int, float]:
    """Return the longest run of nearly equal gaps, and the median of its gaps.

    Args:
        seconds: Gaps between arrivals, in order of time.
        tolerance: The largest gap of a run divided by its smallest, at most.
        shortest: Gaps below this many seconds are in no run.

    Returns:
        Number of gaps, and seconds; zeros without a run.
    """
    lows, highs = deque[int](), deque[int]()
    start, best, at = 0, 0, 0
    for end, gap in enumerate(seconds):
        if gap < shortest:
            lows.clear()
            highs.clear()
            start = end + 1
            continue
        while lows and seconds[lows[-1]] >= gap:
            lows.pop()
        while highs and seconds[highs[-1]] <= gap:
            highs.pop()
        lows.append(end)
        highs.append(end)
        while seconds[highs[0]] > tolerance * seconds[lows[0]]:
            start += 1
            while lows[0] < start:
                lows.popleft()
            while highs[0] < start:
                highs.popleft()
        if end - start + 1 > best:
            best, at = end - start + 1, start
    return best, find_quantile(sorted(seconds[at : at + best]), 0.5) if best else 0.0


def format_number(value: float) -> str:
    """Return a number for a person: whole and with thousands separated from 100 on, else with three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@dataclass(frozen=True)
class Day:
    """The exchanges of one pair on one UTC day, in order of time."""

    date: date
    exchanges: tuple[Exchange, ...]

    def sum_bytes_out(self) -> int | None:
        """Return the bytes to the endpoint; None if no exchange has any."""
        sizes = [one.bytes_out for one in self.exchanges if one.bytes_out is not None]
        return sum(sizes) if sizes else None

    def count_hours(self) -> tuple[int, ...]:
        """Return the number of exchanges by hour."""
        found = [0] * 24
        for one in self.exchanges:
            found[one.time.hour] += 1
        return tuple(found)

    def find_run(self, thresholds: Thresholds) -> tuple[int, float]:
        """Return the longest run of nearly equal gaps, and their median in seconds."""
        return find_longest_run(list_gaps(self.exchanges), thresholds.run_tolerance, thresholds.shortest_gap_seconds)


def split_days(exchanges: Iterable[Exchange]) -> list[Day]:
    """Return the exchanges by UTC day."""
    ordered = sorted(exchanges, key=lambda one: (one.time, one.bytes_out or 0, one.bytes_in or 0))
    return [Day(day, tuple(found)) for day, found in groupby(ordered, lambda one: one.time.date())]


def list_gaps(exchanges: Sequence[Exchange]) -> list[float]:
    """Return the seconds between the beginnings of consecutive exchanges."""
    return [(two.time - one.time).total_seconds() for one, two in pairwise(exchanges)]


def list_sizes(exchanges: Iterable[Exchange]) -> tuple[list[int], list[int]]:
    """Return the request sizes and the response sizes that the log has."""
    known = tuple(exchanges)
    out = [one.bytes_out for one in known if one.bytes_out is not None]
    return out, [one.bytes_in for one in known if one.bytes_in is not None]


def find_ratio(one: Exchange) -> float | None:
    """Return the bytes out divided by the bytes in, where none counts as one byte; None if a direction is not in the log."""
    if one.bytes_out is None or one.bytes_in is None:
        return None
    return max(one.bytes_out, 1) / max(one.bytes_in, 1)


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
