"""The part `discovery`: only a recent discovery of this stack, compared with today's declaration, without differences, is a pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from containment.discovery.answer import build_data
from containment.discovery.comparison import compare
from containment.discovery.declared import declare_stack
from containment.evidence.model import Origin, PartName
from containment.loaders.presets import load_library
from containment.preflight.finding import Status
from tests.containment.discovery.recorded import INVENTORY
from tests.containment.evidence.desk import NOW, Desk, get_status, judge


def build_document(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return the document of a discovery that found only what is declared."""
    declared = declare_stack(desk.build_inputs().spec, load_library())
    document = build_data(INVENTORY, compare(INVENTORY, declared, all_programs=False), declared)
    assert document["differences"], "the recorded inventory has things that the class does not declare"
    fitting = {"schema": "containment-discover/v1", "time": (NOW - timedelta(hours=1)).isoformat(), "differences": [], "notSeen": []}
    return {**document, **fitting, **changes}


def test_a_discovery_that_found_only_what_is_declared_passes(desk: Desk) -> None:
    part = judge(desk, PartName.DISCOVERY, discovered=desk.write("discovered.json", build_document(desk)))
    assert (part.status, part.origin) == (Status.PASS, Origin.UNKNOWN), part.claims


DIFFERENCE = {"subject": "harness", "name": "cursor", "where": "process 7", "reason": "Cursor runs", "isCertain": True}


@pytest.mark.parametrize(
    ("change", "claim", "status"),
    [
        ({"stack": "coding-monitor"}, "discovery-stack", "FAIL"),
        ({"stack": None}, "discovery-stack", "FAIL"),
        ({"compared": False, "declaredDigest": None}, "discovery-declaration", "NOT TESTED"),
        ({"declaredDigest": "sha256:" + "0" * 64}, "discovery-declaration", "NOT TESTED"),
        ({"time": (NOW - timedelta(hours=25)).isoformat()}, "discovery-recent", "FAIL"),
        ({"time": (NOW + timedelta(hours=1)).isoformat()}, "discovery-recent", "FAIL"),
        ({"processesRead": 0}, "discovery-ran", "NOT TESTED"),
        ({"notSeen": [{"reader": "processes", "where": "programs", "reason": "denied", "count": 3}]}, "discovery-whole", "NOT TESTED"),
        ({"differences": [DIFFERENCE]}, "discovery-declared", "FAIL"),
        ({"differences": [{**DIFFERENCE, "isCertain": False}]}, "discovery-certain", "NOT TESTED"),
    ],
)
def test_anything_else_is_no_pass(desk: Desk, change: dict[str, Any], claim: str, status: str) -> None:
    part = judge(desk, PartName.DISCOVERY, discovered=desk.write("discovered.json", build_document(desk, **change)))
    assert get_status(part, claim) == status
    assert part.status != Status.PASS


def test_without_a_discovery_nothing_is_tested(desk: Desk) -> None:
    assert judge(desk, PartName.DISCOVERY).status == Status.NOT_TESTED
    assert judge(desk, PartName.DISCOVERY, discovered=desk.write("x.json", {"schema": "x"})).status == Status.NOT_TESTED
