"""Events of the Open Cybersecurity Schema Framework (OCSF): what a confined command started, and what was denied to it.

Classes: Process Activity (1007) for program starts and denied system calls, File System Activity (1001) for denied paths, Network Activity
(4001) for connections past the local proxy, which records all others. Each event names the program, the task, and the policy by the
digest of its profile.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

from containment.logs.ocsf import build_class, build_device, build_metadata, build_outcome

_CATEGORIES: Final = {1: "System Activity", 4: "Network Activity"}
_REGULAR_FILE: Final = 1


class EventClass(IntEnum):
    """The classes used here, by `class_uid`."""

    FILE_SYSTEM_ACTIVITY = 1001
    PROCESS_ACTIVITY = 1007
    NETWORK_ACTIVITY = 4001


class Kind(StrEnum):
    """What an event is about."""

    PROGRAM_START = "program start"
    DENIED_PROGRAM = "denied program"
    DENIED_CALL = "denied system call"
    DENIED_READ = "denied read"
    DENIED_WRITE = "denied write"
    DENIED_CONNECTION = "denied connection"
    SESSION = "session"
    DEADLINE = "deadline"


_CLASSES: Final = {
    Kind.PROGRAM_START: (EventClass.PROCESS_ACTIVITY, 1, "Launch"),
    Kind.DENIED_PROGRAM: (EventClass.PROCESS_ACTIVITY, 1, "Launch"),
    Kind.DENIED_CALL: (EventClass.PROCESS_ACTIVITY, 99, "Other"),
    Kind.DENIED_READ: (EventClass.FILE_SYSTEM_ACTIVITY, 2, "Read"),
    Kind.DENIED_WRITE: (EventClass.FILE_SYSTEM_ACTIVITY, 3, "Update"),
    Kind.DENIED_CONNECTION: (EventClass.NETWORK_ACTIVITY, 5, "Refuse"),
    Kind.SESSION: (EventClass.PROCESS_ACTIVITY, 99, "Other"),
    Kind.DEADLINE: (EventClass.PROCESS_ACTIVITY, 2, "Terminate"),
}
"""Class and activity of each kind: `activity_id` and `activity_name`."""
NO_ROUTE: Final = "no-route"
"""The rule that denies a connection past the local proxy."""
PERMITTED: Final = frozenset({Kind.PROGRAM_START, Kind.SESSION, Kind.DEADLINE})


class Policy(NamedTuple):
    """The profile that decided, and the task of the command."""

    stack: str
    agent_class: str
    harness: str
    task: str | None
    digest: str
    host: str


class Subject(NamedTuple):
    """The process that did something: its number on the host, and its program; empty where it is unknown."""

    process: int
    program: str


def build_event(
    policy: Policy, subject: Subject, kind: Kind, target: str, time: float, *, call: str = "", count: int = 1, detail: str = ""
) -> dict[str, Any]:
    """Return one event.

    Args:
        policy: the profile.
        subject: the process.
        kind: what happened.
        target: the program that was started, the path, the name of the system call, or `ADDRESS port PORT`.
        time: seconds since 1970.
        call: the system call by which it happened.
        count: how often the same happened, in an event that summarizes.
        detail: more about it, in words.
    """
    class_, activity, name = _CLASSES[kind]
    denied = kind not in PERMITTED
    process = _build_process(subject)
    event: dict[str, Any] = {
        **build_class(class_.value, class_.name.replace("_", " ").title(), _CATEGORIES[class_.value // 1000], activity, name, time),
        **build_outcome(is_refused=denied, has_succeeded=not denied),
        "message": f"{kind}: {target}{f' ({detail})' if detail else ''}",
        "count": count,
        "metadata": build_metadata(("host", "security_control")),
        "device": build_device(policy.host),
        "actor": {"process": process},
        "policy": {"name": f"{policy.stack} ({policy.agent_class})", "uid": policy.digest},
        "unmapped": {
            "agent_class": policy.agent_class,
            "harness": policy.harness,
            "stack": policy.stack,
            "task": policy.task,
            "system_call": call or None,
        },
    }
    if class_ is EventClass.FILE_SYSTEM_ACTIVITY:
        event["file"] = _build_file(target)
    elif class_ is EventClass.NETWORK_ACTIVITY:
        address, _, port = target.partition(" port ")
        event |= {"dst_endpoint": {"ip": address, "port": int(port)}, "firewall_rule": {"name": NO_ROUTE}, "status_detail": NO_ROUTE}
    elif kind in (Kind.PROGRAM_START, Kind.DENIED_PROGRAM):
        event["process"] = _build_process(Subject(process=subject.process, program=target))
    else:
        event["process"] = process
    event["unmapped"] = {key: value for key, value in event["unmapped"].items() if value is not None}
    return event


def _build_process(subject: Subject) -> dict[str, Any]:
    process: dict[str, Any] = {"pid": subject.process}
    if subject.program:
        process |= {"name": subject.program.rpartition("/")[2], "file": _build_file(subject.program)}
    return process


def _build_file(path: str) -> dict[str, Any]:
    return {"path": path, "name": path.rpartition("/")[2] or path, "type_id": _REGULAR_FILE}
