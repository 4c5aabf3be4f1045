"""Robust statistics: what a few wrong values do not move, and what a person can check with a pencil."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

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
