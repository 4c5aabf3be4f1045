"""Refusals as an agent receives them: a JSON-RPC error with the rule, and how to ask for what was refused."""

from __future__ import annotations

from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from containment.tool_scopes.kinds import Rule
from containment.tool_scopes.scope import ToolScope

REFUSED: Final = -32010
"""JSON-RPC code of a call that the policy refuses; from the range for servers."""
_CODES: Final = {
    Rule.UNKNOWN_ARGUMENT: types.INVALID_PARAMS,
    Rule.MISSING_ARGUMENT: types.INVALID_PARAMS,
    Rule.ARGUMENT_TYPE: types.INVALID_PARAMS,
    Rule.MALFORMED: types.INVALID_PARAMS,
    Rule.METHOD: types.METHOD_NOT_FOUND,
}
_PULL: Final = "by a pull request, which the owner of the file reviews"
_ASK: Final = {
    Rule.UNKNOWN_TOOL: f"ask for it: add the tool to a server's file, and the server to tools.servers of the class, {_PULL}",
    Rule.NOT_IN_TASK: f"ask for it: add the tool to the task in presets/tools/tasks.yaml, {_PULL}",
    Rule.NOT_REVIEWED: f"ask for a review: `containment tools pin SERVER --stack STACK` prints the digest, which is added {_PULL}",
    Rule.CHANGED: f"ask for a review: `containment tools pin SERVER` shows the new description, whose digest is changed {_PULL}",
    Rule.UNKNOWN_ARGUMENT: f"ask for it: declare the argument in the server's file, {_PULL}",
    Rule.ARGUMENT_LIMIT: f"ask for it: change the limit in the server's file, {_PULL}",
    Rule.NEEDS_APPROVAL: "a person decides about exactly this call; a call with other arguments is another one",
    Rule.POLICY: "ask the platform team: the policy and the reviewed data disagree",
    Rule.METHOD: "there is no way to ask: the gateway serves tools only",
    Rule.SERVER: "ask the server's owner; the call was not repeated",
    Rule.TOO_MANY_REFUSALS: "wait as long as it says, and correct what was refused before",
}


def make_refusal(rule: Rule, detail: str, scope: ToolScope, task: str, tool: str = "") -> MCPError:
    """Return the error for an agent; it names the rule, and repeats no argument value.

    Args:
        rule: the rule that refused.
        detail: the reason in words.
        scope: the tools of the stack.
        task: the task of the agent.
        tool: the tool, if the request names one that is known.
    """
    ask = _ASK.get(rule, "correct the call, as the tool's schema has it")
    data: dict[str, Any] = {
        "rule": rule.value,
        "class": scope.agent_class,
        "stack": scope.stack,
        "task": task,
        "detail": detail,
        "ask": ask,
    }
    if tool:
        data["tool"] = tool
    what = tool or "the request"
    return MCPError(_CODES.get(rule, REFUSED), f"refused ({rule.value}): {what}: {detail}; {ask}", data)
