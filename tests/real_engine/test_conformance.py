"""The official engine does what the recordings contain, which the lab engine is compared with.

Where a newer release does something else than the lab engine, `newer/<case>.json` is what it did, and is compared from that release on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real_engine.cases import run_case
from tests.real_engine.cli import numbers, version_of
from tests.real_engine.record import newer_file
from tests.support.recordings import CASES, Step, differences, read_recording

pytestmark = pytest.mark.real_engine


def expected_steps(case: str, version: tuple[int, ...]) -> list[Step]:
    """Return what a release is expected to do."""
    newer = json.loads(newer_file(case).read_text()) if newer_file(case).exists() else None
    if newer and version >= numbers(newer["engine"]):
        steps: list[Step] = newer["steps"]
        return steps
    return read_recording(case)


RACES = {"same-name-twice": 3}
"""Cases whose program registers in an order that differs from run to run, and how often each is tried: the recording is one end."""


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_as_recorded(case: str, pulumi: Path, tools: Path, tmp_path: Path) -> None:
    expected = expected_steps(case, version_of(pulumi))
    found: list[str] = []
    for attempt in range(RACES.get(case, 1)):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        found = first_difference(expected, run_case(case, folder, pulumi, tools))
        if not found:
            break
    assert not found, "\n".join([case, *found])


def first_difference(expected: list[Step], steps: Iterator[Step]) -> list[str]:
    """Return what differs in the first step that is not as recorded, with its errors."""
    for recorded, got in zip(expected, steps, strict=True):
        if found := differences(recorded, got):
            return [f"{got['command']} {got['program']}", *found, *got["errors"]]
    return []
