"""Shorter runs: `--cases N` takes at most N cases of each test, and no test that is marked `long`; without it every test runs whole.

The chosen cases are the same in every run: those whose names have the smallest checksums, because neighbours in a table resemble each
other. The end of a run says how many cases and tests it left out.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import pytest

_LEFT_OUT: Final = pytest.StashKey[list[int]]()
_KEY: Final = "containment_left_out"


def add_option(parser: pytest.Parser) -> None:
    """Add the option `--cases`."""
    parser.addoption("--cases", type=int, metavar="N", help="run at most N cases of each test, and no test that is marked `long`")


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remove what `--cases` leaves out from the collected tests."""
    most = config.getoption("--cases")
    if most is None:
        return
    long = {item.nodeid for item in items if item.get_closest_marker("long")}
    short = [item.nodeid for item in items if item.nodeid not in long]
    chosen = {*choose_cases(short, most)}
    config.stash[_LEFT_OUT] = [len(short) - len(chosen), len({_name_test(case) for case in long})]
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen])
    items[:] = [item for item in items if item.nodeid in chosen]


def choose_cases(cases: Iterable[str], most: int) -> list[str]:
    """Return at most a number of cases of each test."""
    by_test = defaultdict[str, list[str]](list)
    for case in cases:
        by_test[_name_test(case)].append(case)
    return [case for each in by_test.values() for case in sorted(each, key=lambda case: zlib.crc32(case.encode()))[:most]]


def _name_test(case: str) -> str:
    return case.partition("[")[0]


def report_to_controller(config: pytest.Config) -> None:
    """Tell the process that prints the summary what this worker left out."""
    if hasattr(config, "workeroutput") and _LEFT_OUT in config.stash:
        config.workeroutput[_KEY] = config.stash[_LEFT_OUT]


def receive_from_worker(node: Any) -> None:
    """Keep what a worker left out; every worker has collected all tests."""
    if (found := getattr(node, "workeroutput", {}).get(_KEY)) is not None:
        node.config.stash[_LEFT_OUT] = found


def describe_left_out(config: pytest.Config) -> str:
    """Return the line of the summary; empty for a whole run."""
    if _LEFT_OUT not in config.stash:
        return ""
    cases, tests = config.stash[_LEFT_OUT]
    return f"LEFT OUT: {cases} cases beyond {config.getoption('--cases')} of a test, and {tests} long tests; `make test-all` runs them"
