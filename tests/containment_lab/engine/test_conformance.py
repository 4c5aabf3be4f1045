"""The lab engine does what the official engine did: the same steps, the same provider and pack, compared with the recordings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from kit import Bench, Outcome

from tests.support.recordings import CASES, FOLDERS, differences, read_recording, without_run


def kill_while_creating(bench: Bench, program: str) -> Outcome:
    """Kill -9 the engine while the provider's slow Create is under way."""
    with bench.start("up", program) as engine:
        while not any(call["call"] == "Create" and not call["preview"] and call["properties"].get("slow") for call in bench.calls()):
            assert engine.poll() is None, engine.communicate()
            time.sleep(0.02)
        engine.kill()
    return Outcome(engine.wait(), {"changes": {}, "steps": [], "violations": []}, bench.calls(), bench.state())


def as_recorded(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """Return what a step did in the recordings' form."""
    step = {
        "exit": outcome.exit,
        "calls": outcome.calls,
        "state": {key: outcome.state.get(key, []) for key in ("resources", "pending_operations")},
        "changes": [outcome.json["changes"]],
        "operations": outcome.json["steps"],
        "violations": outcome.json["violations"],
    }
    cleaned: dict[str, Any] = without_run(step, folder)
    return cleaned


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_same_as_the_official_engine(case: str, tmp_path: Path) -> None:
    with Bench.at(tmp_path, FOLDERS[case]) as bench:
        if CASES[case][0][0] == "destroy":  # the official engine was given an empty stack by `stack init`
            bench.state_file.parent.mkdir(parents=True)
            bench.state_file.write_text('{"version": 3, "deployment": {}}')
        for expected, (command, program) in zip(read_recording(case), CASES[case], strict=True):
            got = kill_while_creating(bench, program) if "kill" in command else bench.step(command, program)
            found = differences(expected, as_recorded(got, bench.root))
            assert not found, "\n".join([f"{case}: {command} {program}", *found, *bench.talk[-12:]])
