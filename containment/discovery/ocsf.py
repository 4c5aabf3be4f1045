"""Events of OCSF for one discovery: an event per thing found (category Discovery), and a finding per difference (category Findings).

Process Query (5015), Network Connection Query (5012), File Query (5007) for configurations and skills, Software Inventory Info (5020) for
harnesses, and Detection Finding (2004) for differences. Optional values that are unknown are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

from containment.discovery.comparison import Difference
from containment.discovery.declared import Declared
from containment.discovery.inventory import (
    FoundConnection,
    FoundListener,
    FoundProcess,
    Inventory,
    Reader,
)
from containment.logs.ocsf import build_class, build_device, build_metadata

_INFORMATIONAL, _LOW, _MEDIUM = 1, 2, 3
_QUERY_FOUND: Final = 1
"""`query_result_id`: the thing exists."""
_QUERY_FAILED: Final = 4
"""`query_result_id`: there is no answer, because something is not readable."""


class EventClass(IntEnum):
    """The classes used here, by `class_uid`."""

    DETECTION_FINDING = 2004
    FILE_QUERY = 5007
    NETWORK_CONNECTION_QUERY = 5012
    PROCESS_QUERY = 5015
    SOFTWARE_INVENTORY_INFO = 5020


_NAMES: Final = {
    EventClass.DETECTION_FINDING: ("Detection Finding", "Create"),
    EventClass.FILE_QUERY: ("File Query", "Query"),
    EventClass.NETWORK_CONNECTION_QUERY: ("Network Connection Query", "Query"),
    EventClass.PROCESS_QUERY: ("Process Query", "Query"),
    EventClass.SOFTWARE_INVENTORY_INFO: ("Software Inventory Info", "Collect"),
}
_ACTIVITIES: Final = {EventClass.SOFTWARE_INVENTORY_INFO: 2}
"""`activity_id`, where it is not 1."""
_CONNECTION_STATES: Final = {"tcp": (1, "ESTABLISHED"), "udp": (0, "Unknown")}


def build_events(found: Inventory, differences: Sequence[Difference], declared: Declared | None) -> Iterator[dict[str, Any]]:
    """Yield the events of one discovery."""
    for process in found.processes:
        yield _build(
            EventClass.PROCESS_QUERY,
            found,
            f"process {process.pid}: {process.program}",
            {"process": _build_process(process)},
            _unmap(process),
        )
    for harness in found.harnesses:
        package = {"name": harness.harness, "version": "unknown", "type_id": 1, "type": "Application"}
        yield _build(
            EventClass.SOFTWARE_INVENTORY_INFO,
            found,
            f"harness {harness.title} runs as process {harness.pid}",
            {"package": package},
            {"pid": harness.pid, "evidence": harness.evidence, "program": harness.program, "container": harness.container or None},
        )
    for server in found.servers:
        unmapped: dict[str, Any] = {
            "mcp_server": server.name,
            "command": list(server.command) or None,
            "url": server.url or None,
            "names_of_secrets": list(server.secrets) or None,
            "tools": list(server.tools) or None,
            "enabled": server.enabled,
            "pids": list(server.pids) or None,
            "harness": server.harness or None,
            "digest": server.digest,
        }
        yield _build(
            EventClass.FILE_QUERY, found, f"MCP server {server.name} in {server.file}", {"file": _build_file(server.file)}, unmapped
        )
    for one in found.server_processes:
        body = {"process": {"pid": one.pid, "name": one.name, "cmd_line": " ".join(one.command), "user": {"name": one.user}}}
        marks = {"evidence": one.evidence, "container": one.container or None}
        yield _build(EventClass.PROCESS_QUERY, found, f"MCP server {one.name} runs and is in no configuration", body, marks)
    for skill in found.skills:
        file = _build_file(skill.path)
        if skill.digest:
            file["hashes"] = [{"algorithm_id": 3, "algorithm": "SHA-256", "value": skill.digest.removeprefix("sha256:")}]
        yield _build(
            EventClass.FILE_QUERY,
            found,
            f"{skill.kind} {skill.name} of {skill.harness}",
            {"file": file},
            {"kind": skill.kind, "files": skill.files},
        )
    for connection in found.connections:
        yield _build_connection(found, connection)
    for listener in found.listeners:
        yield _build_listener(found, listener)
    for missing in found.unseen:
        is_file = missing.reader in (Reader.CONFIGURATIONS, Reader.SKILLS)
        kind = EventClass.FILE_QUERY if is_file else EventClass.PROCESS_QUERY
        body = {"file": _build_file(missing.where)} if is_file else {"process": {"name": missing.where}}
        failed = {"query_result_id": _QUERY_FAILED, "query_result": "Error", "status_id": 2, "status": "Failure"}
        counted = {"reader": missing.reader.value, "count": missing.count}
        yield _build(kind, found, f"NOT SEEN: {missing.where}: {missing.reason}", body, counted) | failed
    for difference in differences:
        yield _build_finding(found, difference, declared)


def _build(kind: EventClass, found: Inventory, message: str, body: Mapping[str, Any], unmapped: Mapping[str, Any]) -> dict[str, Any]:
    name, activity = _NAMES[kind]
    is_finding = kind is EventClass.DETECTION_FINDING
    event = {
        **build_class(kind.value, name, "Findings" if is_finding else "Discovery", _ACTIVITIES.get(kind, 1), activity, found.time),
        "severity_id": _INFORMATIONAL,
        "severity": "Informational",
        "message": message,
        "metadata": build_metadata(("host",)),
        "device": build_device(found.view.host),
        "unmapped": {key: value for key, value in unmapped.items() if value is not None},
        **body,
    }
    if not is_finding and kind is not EventClass.SOFTWARE_INVENTORY_INFO:
        event |= {"query_result_id": _QUERY_FOUND, "query_result": "Exists", "status_id": 1, "status": "Success"}
    return event


def _build_process(one: FoundProcess) -> dict[str, Any]:
    return {
        "pid": one.pid,
        "name": one.program.rpartition("/")[2] or one.program,
        "cmd_line": " ".join(one.command),
        "created_time": int(one.started * 1000),
        "file": _build_file(one.program),
        "user": {"name": one.user},
        "parent_process": {"pid": one.parent},
    }


def _unmap(one: FoundProcess) -> dict[str, Any]:
    marks = [mark.value for mark in one.marks]
    return {"marks": marks, "runtime": one.runtime or None, "runs": one.identity or None, "container": one.container or None}


def _build_file(path: str) -> dict[str, Any]:
    return {"path": path, "name": path.rpartition("/")[2] or path, "type_id": 1, "type": "Regular File"}


def _build_connection(found: Inventory, one: FoundConnection) -> dict[str, Any]:
    state, state_name = _CONNECTION_STATES[one.protocol]
    end = {"ip": one.address, "port": one.port} | ({"hostname": one.endpoint} if one.names else {})
    body = {
        "connection_info": {
            "direction_id": 2,
            "direction": "Outbound",
            "protocol_name": one.protocol,
            "protocol_num": 6 if one.protocol == "tcp" else 17,
        },
        "process": _build_owner(one.pid, one.program),
        "state_id": state,
        "state": state_name,
        "dst_endpoint": end,
    }
    unmapped = {"certainty": one.certainty.value, "endpoint": one.endpoint or None, "names": list(one.names) or None, "source": one.source}
    return _build(
        EventClass.NETWORK_CONNECTION_QUERY,
        found,
        f"connection to {one.endpoint or one.certainty.value}: {one.address} port {one.port}",
        body,
        unmapped,
    )


def _build_listener(found: Inventory, one: FoundListener) -> dict[str, Any]:
    body = {
        "connection_info": {"direction_id": 1, "direction": "Inbound", "protocol_name": "tcp", "protocol_num": 6},
        "process": _build_owner(one.pid, one.program),
        "state_id": 10,
        "state": "LISTEN",
        "src_endpoint": {"ip": one.address, "port": one.port},
    }
    message = f"listens on {one.address} port {one.port}{f' ({one.title})' if one.title else ''}"
    return _build(EventClass.NETWORK_CONNECTION_QUERY, found, message, body, {"title": one.title or None})


def _build_owner(pid: int | None, program: str) -> dict[str, Any]:
    return {"name": program.rpartition("/")[2] or "not seen"} | ({"pid": pid} if pid is not None else {})


def _build_finding(found: Inventory, one: Difference, declared: Declared | None) -> dict[str, Any]:
    key = f"{found.view.host}\0{one.subject}\0{one.name}\0{one.where}\0{one.reason}"
    body = {
        "finding_info": {
            "uid": hashlib.sha256(key.encode()).hexdigest(),
            "title": f"Undeclared {one.subject.value}: {one.name}",
            "desc": one.reason,
            "types": [f"undeclared-{one.subject.value}"],
        },
        "severity_id": _MEDIUM if one.is_certain else _LOW,
        "severity": "Medium" if one.is_certain else "Low",
        "status_id": 1,
        "status": "New",
        "confidence_id": 3 if one.is_certain else 1,
        "confidence": "High" if one.is_certain else "Low",
    }
    unmapped = {
        "where": one.where,
        "stack": declared.stack if declared else None,
        "agent_class": declared.agent_class if declared else None,
    }
    return _build(EventClass.DETECTION_FINDING, found, f"{one.subject.value} {one.name}: {one.reason}", body, unmapped)
