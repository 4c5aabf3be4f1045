"""Robust statistics agree with their definitions on any values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.baseline.scores import find_longest_run, find_mad, find_quantile, find_spread

VALUES = st.lists(st.floats(0.001, 1e9), min_size=1, max_size=60).map(sorted)


@given(VALUES, st.floats(0.01, 1))
def test_a_quantile_is_the_smallest_value_that_is_not_below_its_share(values: list[float], share: float) -> None:
    found = find_quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


@given(VALUES, st.floats(0.01, 100))
def test_the_spread_is_free_of_units(values: list[float], factor: float) -> None:
    assert find_spread([value * factor for value in values]) == pytest.approx(find_spread(values), rel=1e-6)


def test_equal_values_have_no_spread() -> None:
    assert find_spread([5.0] * 9) == 1.0
    assert find_mad([5.0] * 9) == 0.0


@given(st.lists(st.floats(1, 2000), max_size=40), st.floats(1, 3))
def test_the_longest_run_is_the_longest_of_all_runs(gaps: list[float], tolerance: float) -> None:
    def is_run(part: list[float]) -> bool:
        return min(part) >= 20 and max(part) <= tolerance * min(part)

    best = max((end - start for start in range(len(gaps)) for end in range(start + 1, len(gaps) + 1) if is_run(gaps[start:end])), default=0)
    found, seconds = find_longest_run(gaps, tolerance, 20)
    assert found == best
    assert math.isfinite(seconds)
    assert (seconds in gaps) == bool(best)
