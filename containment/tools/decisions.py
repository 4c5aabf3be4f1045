"""The decision about a call: Cedar's policy and the reviewed data have to agree, and a disagreement is a denial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from containment.record.digests import digest_json
from containment.tool_scopes.evaluator import Verdict, decide_call
from containment.tool_scopes.kinds import ActionKind, Rule
from containment.tool_scopes.scope import ToolScope
from containment.tools.cedar_engine import CedarEngine


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
