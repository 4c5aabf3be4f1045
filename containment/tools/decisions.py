"""The decision about a call: Cedar's policy and the reviewed data have to agree, and a disagreement is a denial.

Cedar's own evaluator decides over the policy of one stack; a request that it cannot decide is denied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import cedarpy

from containment.errors import InputError, Problem
from containment.record.digests import digest_json
from containment.tool_scopes.arguments import ArgumentType, read_number
from containment.tool_scopes.cedar_text import ACTION, GATEWAY, MOST_CHARACTERS, USER, build_policy, build_schema, quote
from containment.tool_scopes.evaluator import Verdict, decide_call
from containment.tool_scopes.kinds import ActionKind, Rule
from containment.tool_scopes.scope import ToolScope

_WHY: Final = "a policy that Cedar does not understand decides nothing"


class CedarEngine:
    """The policy and schema of one stack, parsed once."""

    def __init__(self, scope: ToolScope, gateway: str = "local") -> None:
        self._scope, self._gateway, self._known = scope, gateway, scope.known
        self.text = build_policy(scope, gateway)
        self._schema_text = json.dumps(build_schema(scope))
        check_policy(self.text, scope)
        self._policies = cedarpy.PolicySet.from_str(self.text)
        self._schema = cedarpy.Schema.from_json_str(self._schema_text)
        self._entities: dict[tuple[str, ActionKind | None], cedarpy.Entities] = {}

    def is_permitted(self, task: str, tool: str, arguments: Mapping[str, Any], approval: ActionKind | None = None) -> bool:
        """Return whether the policy permits a call; what cannot be expressed as a request is denied."""
        grant = self._known.get(tool)
        if grant is None:
            return False
        values = {
            name: _convert(value, grant.tool.arguments[name].type if name in grant.tool.arguments else None)
            for name, value in arguments.items()
        }
        request = {
            "principal": f"{USER}::{quote(self._scope.stack)}",
            "action": f"{ACTION}::{quote(grant.action_name)}",
            "resource": f"{GATEWAY}::{quote(self._gateway)}",
            "context": {"input": values},
        }
        try:
            result = cedarpy.is_authorized(request, self._policies, self._get_entities(task, approval), schema=self._schema)
        except (ValueError, TypeError, UnicodeError, OverflowError, RecursionError):
            return False
        return bool(result.allowed) and not result.diagnostics.errors

    def _get_entities(self, task: str, approval: ActionKind | None) -> cedarpy.Entities:
        key = (task, approval)
        if key not in self._entities:
            tags = {"stack": self._scope.stack, "task": task} | ({} if approval is None else {"approval": approval.value})
            user = {
                "uid": {"type": USER, "id": self._scope.stack},
                "attrs": {"id": self._scope.stack},
                "parents": [],
                "tags": tags,
            }
            gateway: dict[str, Any] = {"uid": {"type": GATEWAY, "id": self._gateway}, "attrs": {}, "parents": []}
            self._entities[key] = cedarpy.Entities.from_json_str(json.dumps([user, gateway]), self._schema_text)
        return self._entities[key]


def check_policy(text: str, scope: ToolScope) -> None:
    """Validate a policy against the schema of a stack's tools; raise InputError with every problem."""
    if not text:
        return
    found = cedarpy.validate_policies(text, build_schema(scope))
    problems = [
        Problem(
            one.policy_id or "(policy)",
            f"is not valid against the schema: {one.error}",
            _WHY,
            "render it again: containment render --as cedar",
        )
        for one in found.errors
    ]
    problems += [
        Problem(
            f"statement {place}",
            f"has {len(one)} characters",
            f"AgentCore takes {MOST_CHARACTERS} at most",
            "shorten the limits of its tool",
        )
        for place, one in enumerate(text.split("\n@id("))
        if len(one) > MOST_CHARACTERS
    ]
    if problems or not found.validation_passed:
        raise InputError("the Cedar policy cannot be used", problems or [Problem("(policy)", "is not valid", _WHY, "render it again")])


def _convert(value: Any, kind: ArgumentType | None) -> Any:
    """Return a JSON value as Cedar reads it; an object stays data, and is never read as an entity or an extension."""
    if kind is ArgumentType.NUMBER and (number := read_number(value)) is not None:
        text = format(number, "f")
        return {"__extn": {"fn": "decimal", "arg": text if "." in text else f"{text}.0"}}
    if isinstance(value, dict):
        return {f"key {name}": _convert(item, None) for name, item in value.items()}
    if isinstance(value, list):
        return [_convert(item, None) for item in value]
    return value


class CallPolicy:
    """The policy of one stack's tool calls."""

    def __init__(self, scope: ToolScope, gateway: str = "local") -> None:
        self.scope = scope
        self._engine = CedarEngine(scope, gateway)
        self.digest = digest_json({"cedar": self._engine.text, **scope.describe()})
        """The digest of everything that decides a call: the policy, the servers with their pins, and the tasks."""

    def decide(self, task: str, tool: str, arguments: Mapping[str, Any], approval: ActionKind | None = None) -> Verdict:
        """Return the verdict on a call.

        Args:
            task: the task of the agent.
            tool: the tool by name.
            arguments: the arguments, as JSON values.
            approval: the kind of action that a person approved for exactly this call.
        """
        verdict = decide_call(self.scope, task, tool, arguments, approval)
        if verdict.is_permitted and not self._engine.is_permitted(task, tool, arguments, approval):
            return replace(verdict, rule=Rule.POLICY, detail="the Cedar policy denies what the reviewed data permits")
        return verdict
