"""Events have what their OCSF classes require, and name program, task and policy."""

from __future__ import annotations

from typing import Any

import pytest

from containment.launcher.events.ocsf import PERMITTED, Kind, Policy, Subject, build_event

POLICY = Policy(stack="dev", agent_class="coding", harness="openclaw", task="review", digest="sha256:00", host="host-1")
SUBJECT = Subject(process=7, program="/usr/bin/bash")
BASE = {"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata", "device", "actor"}
REQUIRED = {1001: BASE | {"file"}, 1007: BASE | {"process"}, 4001: BASE | {"dst_endpoint"}}
"""Required attributes per class (schema.ocsf.io, version 1.7.0)."""
ACTIVITIES = {
    1001: {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 99},
    1007: {0, 1, 2, 3, 4, 5, 99},
    4001: {0, 1, 2, 3, 4, 5, 6, 7, 99},
}
TYPES: dict[str, type | tuple[type, ...]] = {
    "activity_id": int, "category_uid": int, "class_uid": int, "type_uid": int, "severity_id": int, "time": int, "count": int,
    "metadata": dict, "device": dict, "actor": dict, "file": dict, "process": dict, "policy": dict, "unmapped": dict, "message": str,
}  # fmt: skip


def check_event(event: dict[str, Any]) -> None:
    """Fail unless an event has the attributes and types of its class."""
    kind = event["class_uid"]
    assert REQUIRED[kind] <= event.keys()
    assert event["category_uid"] == kind // 1000
    assert event["activity_id"] in ACTIVITIES[kind]
    assert event["type_uid"] == kind * 100 + event["activity_id"]
    for key, wanted in TYPES.items():
        if key in event:
            assert isinstance(event[key], wanted), key
    assert event["time"] > 1_600_000_000_000, "milliseconds"
    assert {"version", "product"} <= event["metadata"].keys()
    assert {"type_id"} <= event["device"].keys()
    for file in (event.get("file"), event.get("process", {}).get("file")):
        assert file is None or {"name", "type_id"} <= file.keys()
    assert "security_control" in event["metadata"]["profiles"]
    assert (event["action_id"], event["disposition_id"]) in {(1, 1), (2, 2)}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_fits_its_class(kind: Kind) -> None:
    target = "192.0.2.7 port 443" if kind is Kind.DENIED_CONNECTION else "/usr/bin/curl"
    event = build_event(POLICY, SUBJECT, kind, target, 1_700_000_000.5, call="execve")
    check_event(event)
    assert (event["action_id"] == 1) == (kind in PERMITTED)
    assert event["policy"]["uid"] == "sha256:00"
    assert event["unmapped"]["task"] == "review"
    assert event["actor"]["process"]["file"]["path"] == "/usr/bin/bash"


def test_a_start_names_the_program_that_starts_and_the_one_that_starts_it() -> None:
    event = build_event(POLICY, SUBJECT, Kind.PROGRAM_START, "/usr/bin/curl", 1_700_000_000, call="execve")
    assert (event["process"]["name"], event["actor"]["process"]["name"]) == ("curl", "bash")


def test_what_is_unknown_is_left_out() -> None:
    policy = Policy(stack="dev", agent_class="coding", harness="openclaw", task=None, digest="sha256:00", host="host-1")
    event = build_event(policy, Subject(process=7, program=""), Kind.DENIED_CALL, "mount", 1_700_000_000)
    assert event["actor"] == {"process": {"pid": 7}}
    assert not {"task", "system_call"} & event["unmapped"].keys()


def test_an_event_without_a_required_attribute_is_found() -> None:
    event = build_event(POLICY, SUBJECT, Kind.DENIED_READ, "/etc/shadow", 1_700_000_000)
    del event["file"]
    with pytest.raises(AssertionError):
        check_event(event)
