"""Events of a discovery are valid OCSF: by what the schema requires of their classes, and by py-ocsf-models where it is installed."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from containment.discovery.comparison import compare
from containment.discovery.declared import Declared
from containment.discovery.ocsf import EventClass, build_events
from tests.containment.discovery.recorded import DECLARED, INVENTORY, PROCESS

REQUIRED = {
    EventClass.PROCESS_QUERY: {"process", "query_result_id"},
    EventClass.FILE_QUERY: {"file", "query_result_id"},
    EventClass.NETWORK_CONNECTION_QUERY: {"connection_info", "process", "state_id", "query_result_id"},
    EventClass.SOFTWARE_INVENTORY_INFO: {"device"},
    EventClass.DETECTION_FINDING: {"finding_info"},
}
"""Attributes that the classes of OCSF 1.7 require besides those of every event."""
ALWAYS = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}


def build() -> list[dict[str, Any]]:
    differences = compare(INVENTORY, Declared(), all_programs=True)
    return list(build_events(INVENTORY, differences, DECLARED))


def list_values(value: Any) -> Iterator[Any]:
    yield value
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from list_values(one)


def test_every_class_is_used_and_has_what_it_requires() -> None:
    events = build()
    assert {one["class_uid"] for one in events} == {*EventClass}
    for event in events:
        kind = EventClass(event["class_uid"])
        assert ALWAYS | REQUIRED[kind] <= event.keys()
        assert event["type_uid"] == kind.value * 100 + event["activity_id"]
        assert event["category_uid"] == kind.value // 1000
        assert isinstance(event["time"], int)
        assert None not in list_values(event)
        assert json.loads(json.dumps(event)) == event


def test_everything_found_is_in_an_event() -> None:
    text = json.dumps(build())
    for name in ("openclaw", "files", "notes.py", "pdf", "models.example.com", "18789", "NOT SEEN: /home/other/.claude/skills"):
        assert name in text


def test_what_is_not_seen_is_no_success() -> None:
    missing = [one for one in build() if one["message"].startswith("NOT SEEN")]
    assert len(missing) == 2
    assert {(one["query_result"], one["status"]) for one in missing} == {("Error", "Failure")}


def test_a_finding_keeps_its_identity_between_runs() -> None:
    later = replace(INVENTORY, time=INVENTORY.time + 300)
    differences = compare(INVENTORY, Declared(), all_programs=True)
    one, other = (
        [each["finding_info"]["uid"] for each in build_events(found, differences, None) if "finding_info" in each]
        for found in (INVENTORY, later)
    )
    assert one == other
    assert len(set(one)) == len(one)


def test_a_process_without_marks_is_an_event_too() -> None:
    (event, *_) = build_events(replace(INVENTORY, processes=(replace(PROCESS, marks=()),)), (), None)
    assert event["unmapped"]["marks"] == []


def test_py_ocsf_models_accepts_the_events() -> None:
    try:
        base = importlib.import_module("py_ocsf_models.events.base_event").BaseEvent
        finding = importlib.import_module("py_ocsf_models.events.findings.detection_finding").DetectionFinding
    except ImportError:
        pytest.skip("py-ocsf-models is not installed: NOT TESTED by its models")
    for event in build():
        model = finding if event["class_uid"] == EventClass.DETECTION_FINDING else base
        assert model.model_validate(event)
