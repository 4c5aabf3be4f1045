"""Network events have what the class Network Activity of OCSF requires, and no value that is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

from containment.logs.ocsf import NetworkAction, NetworkEvent, Subject, build_network_activity

SUBJECT = Subject(
    stack="coding-monitor",
    agent_class="coding",
    harness="openclaw",
    host="vm",
    task="review",
    policy_digest="ab" * 32,
    program="/usr/bin/curl",
    pid=7,
)
EVENT = NetworkEvent(
    time=datetime(2026, 11, 29, 12, tzinfo=UTC),
    action=NetworkAction.CLOSE,
    connection="a-1",
    subject=SUBJECT,
    rule="egress.0",
    message="ended",
    source=("127.0.0.1", 40000),
    host="api.example.com",
    port=443,
    address=ip_address("93.184.216.34"),
    bytes_out=3,
    bytes_in=4,
)


def list_values(value: Any) -> Iterator[Any]:
    yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from list_values(one)


@pytest.mark.parametrize("action", NetworkAction)
def test_every_event_has_the_required_attributes(action: NetworkAction) -> None:
    found = build_network_activity(EVENT._replace(action=action))
    assert {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"} <= found.keys()
    assert found["type_uid"] == 400100 + action.value
    assert found["time"] == 1795953600000
    assert found["metadata"]["product"]["vendor_name"]
    assert (found["action_id"], found["disposition_id"]) == ((2, 2) if action is NetworkAction.REFUSE else (1, 1))
    assert found["status_id"] == (1 if action in (NetworkAction.OPEN, NetworkAction.CLOSE) else 2)


def test_an_event_names_program_task_policy_and_bytes() -> None:
    found = build_network_activity(EVENT)
    assert found["actor"] == {"process": {"pid": 7, "name": "curl", "file": {"path": "/usr/bin/curl", "name": "curl", "type_id": 1}}}
    assert found["policy"] == {"name": "coding-monitor (coding)", "uid": f"sha256:{'ab' * 32}"}
    assert found["unmapped"] == {"agent_class": "coding", "harness": "openclaw", "stack": "coding-monitor", "task": "review"}
    assert found["traffic"] == {"bytes_out": 3, "bytes_in": 4, "bytes": 7}
    assert found["dst_endpoint"] == {"hostname": "api.example.com", "ip": "93.184.216.34", "port": 443}


def test_what_is_unknown_is_left_out() -> None:
    subject = SUBJECT._replace(program="", pid=None, task=None)
    found = build_network_activity(EVENT._replace(subject=subject, host=None, port=None, address=None, bytes_out=None, bytes_in=None))
    assert not {"actor", "dst_endpoint", "traffic"} & found.keys()
    assert None not in list(list_values(found))
    assert {} not in list(list_values(found))
