"""Events of a discovery are valid OCSF: by what the schema requires of their classes, and by py-ocsf-models."""

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


def find_faults(event: dict[str, Any]) -> list[str]:
    """Return what an event lacks of what the schema requires of its class, and what contradicts it."""
    kind = EventClass(event["class_uid"])
    faults = sorted((ALWAYS | REQUIRED[kind]) - event.keys())
    faults += ["type_uid"] if event.get("type_uid") != kind.value * 100 + event.get("activity_id", 0) else []
    faults += ["category_uid"] if event.get("category_uid") != kind.value // 1000 else []
    faults += ["time"] if not isinstance(event.get("time"), int) else []
    return faults + (["null"] if None in list_values(event) else [])


def test_every_class_is_used_and_has_what_it_requires() -> None:
    events = build()
    assert {one["class_uid"] for one in events} == {*EventClass}
    for event in events:
        assert find_faults(event) == []
        assert json.loads(json.dumps(event)) == event


def test_an_event_without_a_required_attribute_or_with_a_wrong_one_is_found() -> None:
    for event in build():
        for name in (ALWAYS | REQUIRED[EventClass(event["class_uid"])]) - {"class_uid"}:
            assert name in find_faults({key: value for key, value in event.items() if key != name})
        for name, value in (("type_uid", 1), ("category_uid", 1), ("time", "now")):
            assert find_faults({**event, name: value}) == [name]
        assert find_faults({**event, "message": None}) == ["null"]


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


@pytest.mark.parametrize("attribute", ["metadata", "severity_id"])
def test_py_ocsf_models_refuses_an_event_without_an_attribute_that_it_requires(attribute: str) -> None:
    """Its models have defaults for the others, which `find_faults` requires in its place."""
    base, finding = _import_models()
    for event in build():
        model = finding if event["class_uid"] == EventClass.DETECTION_FINDING else base
        with pytest.raises(ValueError, match=attribute):
            model.model_validate({key: value for key, value in event.items() if key != attribute})


def test_py_ocsf_models_accepts_the_events() -> None:
    base, finding = _import_models()
    for event in build():
        model = finding if event["class_uid"] == EventClass.DETECTION_FINDING else base
        assert model.model_validate(event)


def _import_models() -> tuple[Any, Any]:
    """Return the models; imported here, because their package has no types."""
    base = importlib.import_module("py_ocsf_models.events.base_event").BaseEvent
    return base, importlib.import_module("py_ocsf_models.events.findings.detection_finding").DetectionFinding
