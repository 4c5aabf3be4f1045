"""One action of an agent: exactly which tool is called, on what, with which arguments, under which policy.

Rules kept here:
- the digest is the one of RFC 8785 JSON over every field, so an approval of one action is none of another;
- arguments are copied and frozen at once: what was approved cannot change before it is executed;
- a value without one canonical form (NaN, whole numbers beyond 2^53, text that is not Unicode) is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from containment.record.digests import canonicalize, digest_json
from containment.tool_scopes.kinds import ActionKind

__all__ = ["SCHEMA", "Action", "ActionKind"]

SCHEMA: Final = "containment-action/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, before it is executed.

    Attributes:
        kind: why it needs a decision.
        tool: the tool's name, as the agent calls it.
        target: where the action has its effect: the name of the tool's server.
        arguments: the arguments, as JSON values; equal JSON values have one digest, however they were written.
        policy_digest: the digest of the policy that permits the call.
        requested_by: the agent: its stack, or the name of a vended agent.
        task: the task that the agent works on.
    """

    kind: ActionKind
    tool: str
    target: str
    arguments: Mapping[str, Any]
    policy_digest: str
    requested_by: str
    task: str

    def __post_init__(self) -> None:
        """Freeze the arguments; raise InputError if they have no canonical form."""
        object.__setattr__(self, "arguments", _freeze(dict(self.arguments)))
        canonicalize(self.describe())

    @property
    def digest(self) -> str:
        """The digest of the action: of its canonical JSON."""
        return digest_json(self.describe())

    def describe(self) -> dict[str, Any]:
        """Return the action as the JSON object that its digest covers."""
        return {
            "schema": SCHEMA,
            "kind": self.kind.value,
            "tool": self.tool,
            "target": self.target,
            "arguments": _thaw(self.arguments),
            "policyDigest": self.policy_digest,
            "requestedBy": self.requested_by,
            "task": self.task,
        }


def _freeze(value: Any) -> Any:
    if isinstance(value, Mapping):
        return MappingProxyType({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(map(_freeze, value))
    return value


def _thaw(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_thaw(item) for item in value]
    return value
