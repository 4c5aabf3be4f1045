"""Events of the Open Cybersecurity Schema Framework (OCSF): what processes of a sandbox do, and the decisions on it.

The class here is Network Activity (4001). Optional values that are unknown are left out, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

if TYPE_CHECKING:  # only read by type checkers, and the launcher starts sooner
    from datetime import datetime
    from ipaddress import IPv4Address, IPv6Address

OCSF_VERSION: Final = "1.7.0"
_NETWORK_CATEGORY: Final = 4
_NETWORK_ACTIVITY: Final = 4001
_TCP: Final = 6
_OUTBOUND: Final = 2
_INFORMATIONAL, _MEDIUM = 1, 3
_SUCCESS, _FAILURE = 1, 2


class EventSink(Protocol):
    """Where events go; an event that could not be written raises OSError."""

    def write(self, event: Mapping[str, Any]) -> None:
        """Write one event; when this returns, the event is in the log."""


class NetworkAction(IntEnum):
    """What happened to a connection; the values are `activity_id`."""

    OPEN = 1
    CLOSE = 2
    FAIL = 4
    REFUSE = 5


class Subject(NamedTuple):
    """The policy and the process that an event is about; `program` is empty and `pid` None where they are unknown."""

    stack: str
    agent_class: str
    harness: str
    host: str
    """The name of the host."""
    task: str | None
    policy_digest: str
    """SHA-256 of the profile's text, in hexadecimal."""
    program: str = ""
    pid: int | None = None


class NetworkEvent(NamedTuple):
    """One decision on a connection, or its end; `address` is what a name was resolved to."""

    time: datetime
    action: NetworkAction
    connection: str
    """An id that the events of one connection share."""
    subject: Subject
    rule: str
    message: str
    source: tuple[str, int]
    sharers: tuple[tuple[int, str], ...] = ()
    """Further processes that have the connection open, as (pid, program)."""
    host: str | None = None
    port: int | None = None
    address: IPv4Address | IPv6Address | None = None
    server_name: str | None = None
    request: tuple[str, str] | None = None
    """Method and path of a request in clear text."""
    bytes_out: int | None = None
    bytes_in: int | None = None


def build_network_activity(event: NetworkEvent) -> dict[str, Any]:
    """Return the event as an object of the class Network Activity."""
    is_permitted = event.action in (NetworkAction.OPEN, NetworkAction.CLOSE)
    refused = event.action is NetworkAction.REFUSE
    activity = event.action.name.capitalize()
    return _drop_unset(
        {
            "class_uid": _NETWORK_ACTIVITY,
            "class_name": "Network Activity",
            "category_uid": _NETWORK_CATEGORY,
            "category_name": "Network Activity",
            "activity_id": event.action.value,
            "activity_name": activity,
            "type_uid": _NETWORK_ACTIVITY * 100 + event.action.value,
            "type_name": f"Network Activity: {activity}",
            "time": int(event.time.timestamp() * 1000),
            **build_outcome(is_refused=refused, has_succeeded=is_permitted),
            "status_detail": event.rule,
            "message": event.message,
            "metadata": build_metadata(("host", "security_control")),
            "device": build_device(event.subject.host),
            "actor": build_actor(event.subject),
            "policy": build_policy(event.subject),
            "firewall_rule": {"name": event.rule},
            "src_endpoint": {"ip": event.source[0], "port": event.source[1]},
            "dst_endpoint": {
                "hostname": event.host,
                "ip": str(event.address) if event.address is not None else None,
                "port": event.port,
            },
            "connection_info": {
                "uid": event.connection,
                "direction_id": _OUTBOUND,
                "direction": "Outbound",
                "protocol_num": _TCP,
                "protocol_name": "tcp",
            },
            "traffic": _build_traffic(event),
            "unmapped": {
                "agent_class": event.subject.agent_class,
                "harness": event.subject.harness,
                "stack": event.subject.stack,
                "task": event.subject.task,
                "sharers": [{"pid": pid, "program": program} for pid, program in event.sharers] or None,
                "server_name": event.server_name,
                "http_method": event.request[0] if event.request else None,
                "http_path": event.request[1] if event.request else None,
            },
        }
    )


def build_outcome(*, is_refused: bool, has_succeeded: bool) -> dict[str, Any]:
    """Return severity, status, action and disposition of an event."""
    return {
        "severity_id": _MEDIUM if is_refused else _INFORMATIONAL,
        "severity": "Medium" if is_refused else "Informational",
        "status_id": _SUCCESS if has_succeeded else _FAILURE,
        "status": "Success" if has_succeeded else "Failure",
        "action_id": 2 if is_refused else 1,
        "action": "Denied" if is_refused else "Allowed",
        "disposition_id": 2 if is_refused else 1,
        "disposition": "Blocked" if is_refused else "Allowed",
    }


def build_device(host: str) -> dict[str, Any]:
    """Return the host of an event."""
    return {"hostname": host, "type_id": 0, "type": "Unknown"}


def build_metadata(profiles: tuple[str, ...]) -> dict[str, Any]:
    """Return the metadata of an event, with the OCSF profiles that it uses."""
    product = {"name": "agent-containment", "vendor_name": "agent-containment"}
    return {"version": OCSF_VERSION, "product": product, "profiles": list(profiles)}


def build_actor(subject: Subject) -> dict[str, Any]:
    """Return the process of an event."""
    name = subject.program.rpartition("/")[2] or None
    file = {"path": subject.program or None, "name": name, "type_id": 1 if name else None}
    return {"process": {"pid": subject.pid, "name": name, "file": file}}


def build_policy(subject: Subject) -> dict[str, Any]:
    """Return the policy of an event: the profile, by its digest."""
    return {"name": f"{subject.stack} ({subject.agent_class})", "uid": f"sha256:{subject.policy_digest}"}


def _build_traffic(event: NetworkEvent) -> dict[str, int | None]:
    known = event.bytes_out is not None and event.bytes_in is not None
    total = (event.bytes_out or 0) + (event.bytes_in or 0) if known else None
    return {"bytes_out": event.bytes_out, "bytes_in": event.bytes_in, "bytes": total}


def _drop_unset(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without unset members, and without objects that are then empty."""
    kept = {key: _drop_unset(one) if isinstance(one, dict) else one for key, one in members.items()}
    return {key: one for key, one in kept.items() if one is not None and one != {}}
