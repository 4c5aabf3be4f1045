"""The Cedar schema of one stack's tools, as AgentCore derives it from a gateway's tools: closed records, one action per tool."""

from __future__ import annotations

from typing import Any, Final

from containment.tool_scopes.arguments import Argument, ArgumentType
from containment.tool_scopes.cedar_text import NAMESPACE
from containment.tool_scopes.scope import ToolGrant, ToolScope

_TYPES: Final[dict[ArgumentType, dict[str, Any]]] = {
    ArgumentType.STRING: {"type": "String"},
    ArgumentType.PATH: {"type": "String"},
    ArgumentType.INTEGER: {"type": "Long"},
    ArgumentType.NUMBER: {"type": "Extension", "name": "decimal"},
    ArgumentType.BOOLEAN: {"type": "Boolean"},
    ArgumentType.STRINGS: {"type": "Set", "element": {"type": "String"}},
}


def build_schema(scope: ToolScope) -> dict[str, Any]:
    """Return the schema in Cedar's JSON form; an argument that is not declared makes a request invalid."""
    return {
        NAMESPACE: {
            "entityTypes": {
                "OAuthUser": {
                    "shape": {"type": "Record", "attributes": {"id": {"type": "String"}}},
                    "tags": {"type": "String"},
                },
                "Gateway": {},
            },
            "actions": {grant.action_name: _build_action(grant) for grant in scope.known.values()},
        }
    }


def _build_action(grant: ToolGrant) -> dict[str, Any]:
    attributes = {name: _build_attribute(argument) for name, argument in grant.tool.arguments.items()}
    context = {"type": "Record", "attributes": {"input": {"type": "Record", "attributes": attributes}}}
    return {"appliesTo": {"principalTypes": ["OAuthUser"], "resourceTypes": ["Gateway"], "context": context}}


def _build_attribute(argument: Argument) -> dict[str, Any]:
    return {**_TYPES[argument.type], "required": argument.required}
