"""The Cedar policy of one stack, one statement per task and tool, and its schema, in the terms of Amazon Bedrock AgentCore.

The principal is the agent, with the tags `stack` and `task`; the action is the tool of a server, `SERVER___TOOL`; the resource is the
gateway; limits of arguments are conditions on `context.input`. A tool with an action needs the tag `approval` as well, which no token has
unless a service that waits for a person sets it. So the same text is evaluated here and on AWS, and denies what it does not name.
Source: AgentCore developer guide, "Policy scope" and "Schema constraints".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.tool_scopes.arguments import LARGEST, LARGEST_NUMBER, Argument, ArgumentType
from containment.tool_scopes.scope import ToolGrant, ToolScope

NAMESPACE: Final = "AgentCore"
USER: Final = f"{NAMESPACE}::OAuthUser"
ACTION: Final = f"{NAMESPACE}::Action"
GATEWAY: Final = f"{NAMESPACE}::Gateway"
MOST_CHARACTERS: Final = 10_000
"""Characters of one statement, AgentCore's most."""
_TYPES: Final[dict[ArgumentType, dict[str, Any]]] = {
    ArgumentType.STRING: {"type": "String"},
    ArgumentType.PATH: {"type": "String"},
    ArgumentType.INTEGER: {"type": "Long"},
    ArgumentType.NUMBER: {"type": "Extension", "name": "decimal"},
    ArgumentType.BOOLEAN: {"type": "Boolean"},
    ArgumentType.STRINGS: {"type": "Set", "element": {"type": "String"}},
}


def build_policy(scope: ToolScope, gateway: str) -> str:
    """Return the policy of a stack as Cedar text; `gateway` is the gateway's id, on AWS its ARN."""
    return "\n".join(build_statement(scope, task, grant, gateway) for task in scope.tasks for grant in scope.list_grants(task))


def build_statement(scope: ToolScope, task: str, grant: ToolGrant, gateway: str) -> str:
    """Return the statement that permits one tool to one task."""
    tags = {"stack": scope.stack, "task": task}
    if grant.tool.action is not None:
        tags["approval"] = grant.tool.action.value
    conditions = [f"principal.hasTag({quote(key)}) && principal.getTag({quote(key)}) == {quote(value)}" for key, value in tags.items()]
    if grant.tool.action is None:
        conditions.append('!principal.hasTag("approval")')
    for name, argument in grant.tool.arguments.items():
        conditions += _build_conditions(name, argument)
    conditions += [f"!(context.input has {quote(name)})" for name in grant.tool.omitted]
    lines = " &&\n  ".join(conditions)
    return (
        f"@id({quote(f'{task}/{grant.action_name}')})\n"
        f"permit (\n  principal is {USER},\n  action == {ACTION}::{quote(grant.action_name)},\n  resource == {GATEWAY}::{quote(gateway)}\n"
        f") when {{\n  {lines}\n}};\n"
    )


def quote(text: str, *, is_pattern: bool = False) -> str:
    """Return a Cedar string literal; in a pattern, '*' stays a wildcard."""
    out = []
    for one in text:
        if one in '"\\':
            out.append("\\" + one)
        elif one == "*" or " " <= one <= "~":
            out.append(one)
        else:
            out.append(f"\\u{{{ord(one):x}}}")
    joined = "".join(out)
    assert is_pattern or "\\*" not in joined, "a literal has no escaped star"
    return f'"{joined}"'


def _build_conditions(name: str, argument: Argument) -> Iterator[str]:
    has, value = f"context.input has {quote(name)}", f"context.input[{quote(name)}]"
    limits = [*_build_limits(argument, value)]
    if argument.required:
        yield has
        yield from limits
    elif limits:
        yield f"(if {has} then {' && '.join(limits)} else true)"


def _build_limits(argument: Argument, value: str) -> Iterator[str]:
    match argument.type:
        case ArgumentType.INTEGER:
            low, high = argument.minimum, argument.maximum
            yield f"{value} >= {-LARGEST if low is None else low}"
            yield f"{value} <= {LARGEST if high is None else high}"
        case ArgumentType.NUMBER:
            low, high = argument.minimum, argument.maximum
            yield f'{value}.greaterThanOrEqual(decimal("{-LARGEST_NUMBER if low is None else low}.0"))'
            yield f'{value}.lessThanOrEqual(decimal("{LARGEST_NUMBER if high is None else high}.0"))'
        case ArgumentType.STRINGS:
            if argument.one_of:
                yield f"[{', '.join(map(quote, argument.one_of))}].containsAll({value})"
        case ArgumentType.PATH:
            inside = [f"{value} == {quote(one)} || {value} like {quote(f'{one}/*', is_pattern=True)}" for one in argument.within]
            yield f"({' || '.join(inside)})"
            for part in ("*//*", "*/./*", "*/../*", "*/", "*/.", "*/..", "*\0*"):
                yield f"!({value} like {quote(part, is_pattern=True)})"
        case ArgumentType.STRING:
            if argument.one_of:
                yield f"[{', '.join(map(quote, argument.one_of))}].contains({value})"
            if argument.like:
                yield f"({' || '.join(f'{value} like {quote(one, is_pattern=True)}' for one in argument.like)})"
            for one in argument.unlike:
                yield f"!({value} like {quote(one, is_pattern=True)})"


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
    attributes = {name: {**_TYPES[argument.type], "required": argument.required} for name, argument in grant.tool.arguments.items()}
    context = {"type": "Record", "attributes": {"input": {"type": "Record", "attributes": attributes}}}
    return {"appliesTo": {"principalTypes": ["OAuthUser"], "resourceTypes": ["Gateway"], "context": context}}
