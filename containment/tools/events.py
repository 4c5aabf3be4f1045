"""Events of the tool gateway: OCSF API Activity, with digests in place of argument values.

Each event names the agent, the task, the tool, its server, the rule and the digest of the policy. The digest of the arguments is the one
of RFC 8785 JSON, so that a call can be compared with what a person approved.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from containment.logs.ocsf import EventSink, build_class, build_device, build_metadata, build_outcome
from containment.tool_scopes.kinds import Rule

_CLASS: Final = 6003
_OTHER: Final = 99


class Outcome(StrEnum):
    """What happened to a request."""

    PERMITTED = "permitted"
    REFUSED = "refused"
    COMPLETED = "completed"
    FAILED = "failed"
    WAITING = "waiting for a person"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEvents:
    """The log of one gateway; an event that cannot be written raises OSError, and the call is not made."""

    sink: EventSink
    stack: str
    agent_class: str
    task: str
    policy_digest: str
    clock: Callable[[], float] = field(default=time.time)

    def write(self, outcome: Outcome, rule: Rule, detail: str, *, method: str, tool: str = "", server: str = "", **more: Any) -> None:
        """Write one event.

        Args:
            outcome: what happened.
            rule: the rule that decided.
            detail: the reason in words, without argument values.
            method: the MCP method.
            tool: the tool, empty where the request names none that is known.
            server: the tool's server.
            more: digests and references: `argument_digest`, `action_digest`, `reference`.
        """
        self.sink.write(self._build(outcome, rule, detail, method, tool, server, more))

    def _build(
        self, outcome: Outcome, rule: Rule, detail: str, method: str, tool: str, server: str, more: Mapping[str, Any]
    ) -> dict[str, Any]:
        refused = outcome is Outcome.REFUSED
        named = {"operation": f"{method} {tool}".strip()} | ({"service": {"name": server}} if server else {})
        unmapped = {
            "agent_class": self.agent_class,
            "stack": self.stack,
            "task": self.task,
            "tool": tool or None,
            "outcome": outcome.value,
            "rule": rule.value,
            **more,
        }
        return {
            **build_class(_CLASS, "API Activity", "Application Activity", _OTHER, "Other", self.clock()),
            "activity_name": "Call",
            **build_outcome(is_refused=refused, has_succeeded=outcome not in (Outcome.REFUSED, Outcome.FAILED)),
            "status_detail": rule.value,
            "message": f"{outcome.value}: {named['operation']} for {self.task}" + (f" ({detail})" if detail else ""),
            "metadata": build_metadata(("host", "security_control")),
            "device": build_device(os.uname().nodename or "unknown"),
            "src_endpoint": {"name": self.stack},
            "actor": {"app_name": self.stack},
            "api": named,
            "policy": {"name": f"{self.stack} ({self.agent_class})", "uid": self.policy_digest},
            "unmapped": {key: value for key, value in unmapped.items() if value not in (None, "")},
        }
