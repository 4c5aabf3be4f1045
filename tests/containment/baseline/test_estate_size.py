"""Planted agents outside vended networks are found among a month of benign traffic; `ROWS` sets the size (10 million in `make soak`)."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from tests.support.child import REPOSITORY

ROWS = int(os.environ.get("ROWS", "20000"))


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    sys.path.insert(0, str(REPOSITORY / "benchmarks"))
    try:
        return importlib.import_module("estate")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def result(benchmark: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return benchmark.measure(tmp_path_factory.mktemp("traffic"), ROWS)


def test_planted_agents_are_found_and_benign_sources_are_not_listed(benchmark: ModuleType, result: Any) -> None:
    assert result.rows == ROWS
    assert result.found == {*benchmark.PLANTED}
    assert result.false_rate <= benchmark.MOST_FALSE
    assert result.is_acceptable()


def test_a_measure_that_misses_an_agent_or_lists_everybody_is_not_acceptable(benchmark: ModuleType, result: Any) -> None:
    assert not replace(result, found=frozenset([*benchmark.PLANTED][:2])).is_acceptable()
    assert not replace(result, false=frozenset(benchmark.make_sources().benign)).is_acceptable()


def test_people_who_open_a_chat_page_are_listed_as_well(benchmark: ModuleType, result: Any) -> None:
    assert result.people == {*benchmark.make_sources().people}
