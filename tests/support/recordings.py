"""What the official Pulumi engine did with the cases of `tests/conformance`, and how another engine's run is compared with it.

A run of a case is a list of steps with the recording's fields. Compared are success, changes, operations, violations, state and pending
operations, and the Create, Read, Update and Delete calls per URN. Not compared are the order of independent resources, extra Check and Diff
calls, and the texts of errors and warnings.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

KIT = Path(__file__).parents[1] / "conformance"
EXTRA = KIT / "extra"
CASES: dict[str, list[list[str]]] = {}
FOLDERS: dict[str, Path] = {}
"""Case → the folder that has its program and its recording."""
for _folder in (KIT, EXTRA):
    for _name, _steps in json.loads((_folder / "cases.json").read_text()).items():
        CASES[_name], FOLDERS[_name] = _steps, _folder

CALLS_COMPARED = ("Create", "Read", "Update", "Delete")
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
NOT_RECORDED = frozenset({"created", "modified", "sourcePosition", "stackTrace", "packageRef"})

Step = dict[str, Any]


def recording_file(case: str) -> Path:
    """Return where a case's recording is."""
    return FOLDERS[case] / "recordings" / f"{case}.json"


def read_recording(case: str) -> list[Step]:
    """Return the recorded steps of a case."""
    steps: list[Step] = json.loads(recording_file(case).read_text())["steps"]
    return steps


def without_run(value: Any, folder: Path) -> Any:
    """Return a value without what differs from run to run: times, ciphertexts, ids of resources without a provider, the folder."""
    if isinstance(value, dict):
        kept = {key: without_run(each, folder) for key, each in value.items() if key not in NOT_RECORDED}
        return {**kept, "ciphertext": "..."} if "ciphertext" in value else kept
    if isinstance(value, list):
        return [without_run(each, folder) for each in value]
    if isinstance(value, str):
        value = value.replace(UNKNOWN, "<unknown>").replace(str(folder), "<work>")
        return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>", value)
    return value


def differences(expected: Step, got: Step) -> list[str]:
    """Return what differs between a recorded step and another run of it, one line per field."""
    compared = {
        "success": lambda step: step["exit"] == 0,
        "calls": lambda step: _calls_by_urn(step["calls"]),
        "resources": lambda step: _in_order(step["state"]["resources"]),
        "pending operations": lambda step: step["state"]["pending_operations"],
    }
    if "kill" not in expected["command"]:
        compared |= {
            "changes": lambda step: step["changes"],
            "operations": lambda step: sorted([each["op"], each["urn"]] for each in step["operations"]),
            "violations": lambda step: sorted(step["violations"], key=lambda each: (each["policy"], each["urn"])),
        }
    found = []
    for name, of in compared.items():
        wanted, seen = of(expected), of(got)
        if wanted != seen:
            recorded, now = (json.dumps(each, sort_keys=True) for each in (wanted, seen))
            found.append(f"{name}:\n  recorded {recorded}\n  now      {now}")
    return found + _creates_out_of_order(got)


def _calls_by_urn(calls: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for call in calls:
        if call["call"] in CALLS_COMPARED:
            found.setdefault(call["urn"], []).append(call)
    return found


def _in_order(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return resources in an order that does not depend on the run."""
    found = []
    for each in resources:
        ordered = {key: sorted(each[key]) for key in ("dependencies", "replaceWith", "additionalSecretOutputs") if key in each}
        if "propertyDependencies" in each:
            ordered["propertyDependencies"] = {key: sorted(urns) for key, urns in each["propertyDependencies"].items()}
        found.append({**each, **ordered})
    return sorted(found, key=lambda each: (each["urn"], each.get("delete", False), json.dumps(each, sort_keys=True)))


def _creates_out_of_order(step: Step) -> list[str]:
    """Return the resources that were created before one that they depend on."""
    order = [call["urn"] for call in step["calls"] if call["call"] == "Create" and not call["preview"]]
    return [
        f"created before what it depends on: {each['urn']} before {needed}"
        for each in step["state"]["resources"]
        for needed in each.get("dependencies", [])
        if each["urn"] in order and needed in order and order.index(needed) > order.index(each["urn"])
    ]
