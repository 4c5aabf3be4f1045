"""What processes inside the host may read, write, run, connect to and call, as tables and data for `prove`, `risk` and `diff`.

The approved names of a subject, as a table and as data, for `prove` and `risk`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.analysis.subject import Subject
from containment.queries.results import Section
from containment.sandbox.inclusion import Layer
from containment.sandbox.permissions import Endpoint, Permissions

NOT_READ: Final = "permissions of processes inside the host are not known here: a state has no class file (use --stack)"
_MOST_HOSTS: Final = 4
_MOST_REQUESTS: Final = 6
_TITLE: Final = "Inside the host: what processes may do (enforced by the launcher, and by OpenShell where it runs)"
_NOTHING: Final = "nothing: the class has no sandbox section"


def build_layer_sections(subject: Subject) -> tuple[Section, ...]:
    """Return the table of what processes may do; empty where the class is unknown."""
    if subject.boundary is None:
        return ()
    rows = tuple(_generate_rows(subject.boundary.permissions))
    return (Section(_TITLE, ("act", "what", "granted by"), rows or (("-", _NOTHING, "-"),), drop_first=("granted by",)),)


def _generate_rows(found: Permissions) -> Iterator[tuple[str, str, str]]:
    for layer, grants in ((Layer.READ, found.read), (Layer.WRITE, found.write), (Layer.RUN, found.programs or ())):
        yield from ((layer.value, one.path, one.origin) for one in grants)
    groups: dict[tuple[str, tuple[str, ...] | None, str], list[Endpoint]] = {}
    for egress in found.egress:
        groups.setdefault((egress.program, egress.endpoint.requests, egress.endpoint.origin), []).append(egress.endpoint)
    for (program, requests, origin), endpoints in groups.items():
        yield Layer.CONNECT.value, f"{program} to {_join(list(map(str, endpoints)), _MOST_HOSTS)}: {_format_requests(requests)}", origin
    for task in found.tasks or ():
        yield Layer.CALL.value, f"task {task.name}: {', '.join(task.tools)}", task.origin


def _format_requests(requests: tuple[str, ...] | None) -> str:
    return "any content" if requests is None else _join(list(requests), _MOST_REQUESTS)


def _join(texts: list[str], most: int) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def build_layers_data(subject: Subject) -> dict[str, Any] | None:
    """Return what processes may do as JSON data; None where the class is unknown."""
    if subject.boundary is None:
        return None
    found = subject.boundary.permissions
    return {
        "agentClass": subject.boundary.agent_class,
        "harness": subject.boundary.harness,
        "read": [{"path": one.path, "grantedBy": one.origin} for one in found.read],
        "write": [{"path": one.path, "grantedBy": one.origin} for one in found.write],
        "programs": [{"path": one.path, "grantedBy": one.origin} for one in found.programs or ()],
        "egress": [
            {
                "program": one.program,
                "to": str(one.endpoint),
                "requests": None if one.endpoint.requests is None else list(one.endpoint.requests),
                "grantedBy": one.endpoint.origin,
            }
            for one in found.egress
        ],
        "tasks": [{"name": one.name, "tools": list(one.tools), "grantedBy": one.origin} for one in found.tasks or ()],
    }


def build_approved_section(subject: Subject) -> tuple[Section, ...]:
    """Return the table of approved names with owner and source; empty if no name is approved."""
    rows = tuple((one.name, one.owner, one.source) for one in subject.approvals)
    return (Section("Approved names", ("name", "owner", "approved by"), rows),) if rows else ()


def build_approved_data(subject: Subject) -> list[dict[str, Any]]:
    """Return the approved names as JSON data."""
    return [{"name": one.name, "owner": one.owner, "approvedBy": one.source} for one in subject.approvals]
