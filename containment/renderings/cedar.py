"""The Cedar policy of a class's tools, and the statements of a text that permit more than it.

A statement counts as the class's own if Cedar reads it as the same statement; a text that only denies more is no widening.
"""

from __future__ import annotations

import json
from typing import Any, Final

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.renderings.tool_servers import build_tool_scope
from containment.tool_scopes.cedar_text import GATEWAY, build_policy

LOCAL_GATEWAY: Final = "local"
"""The id of the gateway on the host; on AWS it is the gateway's ARN."""
_WHY: Final = "a policy that is understood in part permits in part"


def render_cedar(spec: ContainmentSpec, library: Library, gateway: str = LOCAL_GATEWAY) -> str:
    """Return the policy; raise InputError for a class without tasks, whose empty policy AgentCore does not take.

    Args:
        spec: the stack.
        library: the presets.
        gateway: the id of the gateway.
    """
    text = build_policy(build_tool_scope(spec, library), gateway)
    if not text:
        where = f"presets/{spec.preset.name}.yaml:tools.tasks"
        raise InputError(
            "nothing can be rendered",
            [Problem(where, "lists no task", "a class without tasks has no tools, and the default is deny", "list its servers and tasks")],
        )
    return text


def find_wider_statements(text: str, spec: ContainmentSpec, library: Library, name: str) -> list[tuple[str, str]]:
    """Return the statements of a text that permit what the class does not: (place, what); raise InputError if it cannot be read.

    Args:
        text: the Cedar text.
        spec: the stack.
        library: the presets.
        name: the name of the file, for the problems.
    """
    statements = _read_statements(text, name)
    scope = build_tool_scope(spec, library)
    known: dict[str, set[str]] = {}
    found = []
    for place, statement in enumerate(statements):
        if statement.get("effect") != "permit":
            continue
        gateway = _find_gateway(statement)
        if gateway is not None and gateway not in known:
            own = build_policy(scope, gateway)
            known[gateway] = {_write(one) for one in _read_statements(own, "the class")} if own else set()
        if gateway is None or _write(statement) not in known[gateway]:
            annotation = str(statement.get("annotations", {}).get("id") or "")
            what = f"permits {_describe_action(statement)} in a way that no task of {scope.agent_class} does"
            found.append((f"statement {place}{f' ({annotation})' if annotation else ''}", what))
    return found


def _read_statements(text: str, name: str) -> list[dict[str, Any]]:
    import cedarpy  # comes with the extra `tools`

    try:
        document = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        fix = "render it again: containment render --as cedar"
        raise InputError("the policy cannot be read", [Problem(name, f"is not Cedar: {str(error)[:200]}", _WHY, fix)]) from None
    templates = document.get("templates") or {}
    if templates:
        fix = "write each statement out"
        raise InputError("the policy cannot be read", [Problem(name, "has templates, which permit what they are linked with", _WHY, fix)])
    return [*document["staticPolicies"].values()]


def _find_gateway(statement: dict[str, Any]) -> str | None:
    resource = statement.get("resource", {})
    entity = resource.get("entity", {})
    return str(entity["id"]) if resource.get("op") == "==" and entity.get("type") == GATEWAY and "id" in entity else None


def _describe_action(statement: dict[str, Any]) -> str:
    action = statement.get("action", {})
    entity = action.get("entity")
    return (
        str(entity["id"])
        if isinstance(entity, dict) and "id" in entity
        else "every action"
        if action.get("op") == "All"
        else "several actions"
    )


def _write(statement: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in statement.items() if key != "annotations"}, sort_keys=True)
