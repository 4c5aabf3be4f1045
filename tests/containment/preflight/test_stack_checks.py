"""Preflight fails while the last scheduled observation of a stack is missing, edited or too old."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.config.spec import ContainmentSpec
from containment.loaders.observation_runs import LAST_RUN, ObservationRun, digest_result
from containment.loaders.stack_file import read_stack
from containment.preflight.finding import Status
from containment.preflight.stack_checks import check_last_observation

STACK = "coding-monitor"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def configure(**keys: Any) -> ContainmentSpec:
    return read_stack(STACK, {"observeResults": "observed", **{key: str(value) for key, value in keys.items()}})


def write_run(folder: Path, *, age: float = 1, newest: float | None = 1, **changed: Any) -> Path:
    place = folder / "observed" / STACK
    place.mkdir(parents=True, exist_ok=True)
    (place / "20261129T110000Z.json").write_text("{}")
    fields: dict[str, Any] = {
        "stack": STACK,
        "at": NOW - timedelta(hours=age),
        "sources": ("logs:/containment/coding-monitor/flow-logs",),
        "evidence": "20261129T110000Z.json",
        "sha256": digest_result("{}"),
        "window_end": None if newest is None else NOW - timedelta(hours=newest),
        "is_judged": True,
        "would_be_denied": 2,
        **changed,
    }
    (place / LAST_RUN).write_text(ObservationRun(**fields).model_dump_json(by_alias=True))
    return place


def test_a_recent_run_passes_with_what_it_found(tmp_path: Path) -> None:
    write_run(tmp_path)
    found = check_last_observation(configure(), NOW, folder=tmp_path)
    assert found.status is Status.PASS
    assert "1.0 h ago: enforce mode would deny 2 destinations" in found.detail


@pytest.mark.parametrize(
    ("age", "hours", "status"),
    [
        (26, 26, Status.PASS),
        (26.01, 26, Status.FAIL),
        (49, 50, Status.PASS),
        (51, 50, Status.FAIL),
        (2, 1, Status.FAIL),
        (-1, 26, Status.FAIL),
    ],
)
def test_a_stale_run_fails_at_the_configured_age(tmp_path: Path, age: float, hours: int, status: Status) -> None:
    write_run(tmp_path, age=age)
    found = check_last_observation(configure(observeMaxAgeHours=hours), NOW, folder=tmp_path)
    assert found.status is status, found.detail
    assert status is Status.PASS or found.fix


def test_a_missing_run_fails_where_observation_is_scheduled_and_is_skipped_elsewhere(tmp_path: Path) -> None:
    missing = check_last_observation(configure(), NOW, folder=tmp_path)
    assert missing.status is Status.FAIL
    assert f"{LAST_RUN}: does not exist" in missing.detail
    assert f"containment observe --stack {STACK} --since 14d --results observed" in missing.fix
    unset = check_last_observation(read_stack(STACK), NOW, folder=tmp_path)
    assert unset.status is Status.SKIPPED
    assert "observeResults is not set" in unset.detail


def edit_result(place: Path) -> None:
    (place / "20261129T110000Z.json").write_text('{"wouldBeDenied": []}')


def remove_result(place: Path) -> None:
    (place / "20261129T110000Z.json").unlink()


def name_another_stack(place: Path) -> None:
    write_run(place.parents[1], stack="coding-enforce")


def name_a_file_elsewhere(place: Path) -> None:
    (place / "x.json").write_text("{}")
    write_run(place.parents[1], evidence="../coding-monitor/x.json")


def cut_the_note(place: Path) -> None:
    note = place / LAST_RUN
    note.write_text(note.read_text()[:50])


def add_a_key(place: Path) -> None:
    note = place / LAST_RUN
    note.write_text(json.dumps({**json.loads(note.read_text()), "more": 1}))


def leave_out_the_zone(place: Path) -> None:
    note = place / LAST_RUN
    note.write_text(json.dumps({**json.loads(note.read_text()), "at": "2026-11-29T11:00:00"}))


@pytest.mark.parametrize(
    "change",
    [edit_result, remove_result, name_another_stack, name_a_file_elsewhere, cut_the_note, add_a_key, leave_out_the_zone],
    ids=lambda each: each.__name__,
)
def test_a_note_that_is_not_of_a_whole_result_of_the_stack_fails(tmp_path: Path, change: Callable[[Path], None]) -> None:
    place = write_run(tmp_path)
    assert check_last_observation(configure(), NOW, folder=tmp_path).status is Status.PASS
    change(place)
    assert check_last_observation(configure(), NOW, folder=tmp_path).status is Status.FAIL


@pytest.mark.parametrize(("newest", "is_judged"), [(27, True), (None, True), (1, False)])
def test_a_run_without_new_lines_or_without_the_gateways_is_a_warning(tmp_path: Path, newest: float | None, is_judged: bool) -> None:
    write_run(tmp_path, newest=newest, is_judged=is_judged)
    assert check_last_observation(configure(), NOW, folder=tmp_path).status is Status.WARN
