"""The lab engine does what the official engine did: the same steps, the same provider and pack, compared with the recordings.

Compared: success, changes, operations, violations, state and pending operations, and the Create, Read, Update and Delete calls of each
URN. Not compared: the order of independent resources, and extra Check and Diff calls.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kit import EXTRA, KIT, Bench, Outcome, clean

from containment.lab.errors import Exit

CASES = json.loads((KIT / "cases.json").read_text())
CASES |= json.loads((EXTRA / "cases.json").read_text())
COMPARED = ("Create", "Read", "Update", "Delete")


def recording(case: str) -> list[dict[str, Any]]:
    folder = KIT if (KIT / "recordings" / f"{case}.json").exists() else EXTRA
    steps: list[dict[str, Any]] = json.loads((folder / "recordings" / f"{case}.json").read_text())["steps"]
    return steps


def kill_while_creating(bench: Bench, program: str) -> Outcome:
    """Kill -9 the engine while the provider's slow Create is under way."""
    with bench.start("up", program) as engine:
        while not any(call["call"] == "Create" and not call["preview"] and call["properties"].get("slow") for call in bench.calls()):
            assert engine.poll() is None, engine.communicate()
            time.sleep(0.02)
        engine.kill()
    return Outcome(engine.wait(), {}, bench.calls(), bench.state())


def calls_by_urn(calls: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for call in calls:
        if call["call"] in COMPARED:
            found.setdefault(call["urn"], []).append(call)
    return found


def normal_state(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return resources in an order that does not depend on the run."""
    for each in resources:
        for key in ("dependencies", "replaceWith", "additionalSecretOutputs"):
            each.get(key, []).sort()
        for urns in each.get("propertyDependencies", {}).values():
            urns.sort()
    return sorted(resources, key=lambda each: (each["urn"], each.get("delete", False), json.dumps(each, sort_keys=True)))


def assert_dependencies_first(state: dict[str, Any], calls: list[dict[str, Any]]) -> None:
    """Creates of this step come after the creates of what the resource depends on."""
    order = [call["urn"] for call in calls if call["call"] == "Create" and not call["preview"]]
    for each in state.get("resources", []):
        for needed in each.get("dependencies", []):
            if each["urn"] in order and needed in order:
                assert order.index(needed) < order.index(each["urn"])


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_same_as_the_official_engine(case: str, tmp_path: Path) -> None:
    with Bench.at(tmp_path, EXTRA if (EXTRA / "recordings" / f"{case}.json").exists() else KIT) as bench:
        compare(case, bench)


def compare(case: str, bench: Bench) -> None:
    for expected, (command, program) in zip(recording(case), CASES[case], strict=True):
        killed = "kill" in command
        got = kill_while_creating(bench, program) if killed else bench.step(command, program)
        where = f"{case}: {command} {program}\n" + "\n".join(bench.talk[-12:])
        assert (got.exit == Exit.OK) == (expected["exit"] == 0), where
        assert clean(calls_by_urn(got.calls), bench.root) == calls_by_urn(expected["calls"]), where
        assert normal_state(clean(got.state.get("resources", []), bench.root)) == normal_state(expected["state"]["resources"]), where
        assert clean(got.state.get("pending_operations", []), bench.root) == expected["state"]["pending_operations"], where
        assert_dependencies_first(got.state, got.calls)
        if killed:
            continue
        assert [got.json["changes"]] == expected["changes"], where
        operations = Counter((each["op"], each["urn"]) for each in got.json["steps"])
        assert operations == Counter((each["op"], each["urn"]) for each in expected["operations"]), where
        by_policy = [sorted(each, key=lambda one: (one["policy"], one["urn"])) for each in (got.json["violations"], expected["violations"])]
        assert by_policy[0] == by_policy[1], where
