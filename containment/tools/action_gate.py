"""Decisions about actions that wait for a person. Without an approval service every one is denied: silence is no approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from containment.actions.action import Action
from containment.record.action_entries import ExecutionState

NO_SERVICE: Final = "no-approval-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDecision:
    """The decision about one action.

    Attributes:
        is_approved: whether the action may be executed, once.
        digest: the digest of the action that was decided; the executor compares it with the one that it is about to execute.
        rule: a word that names the reason, such as the code of a refusal.
        reason: the reason in words, for the agent and for the log.
        reference: where the decision is recorded, empty if it is not.
    """

    is_approved: bool
    digest: str
    rule: str
    reason: str
    reference: str = ""


class ActionGate(Protocol):
    """A service that decides about actions."""

    async def await_decision(self, action: Action) -> ActionDecision:
        """Wait for the decision about an action, and return it; the wait ends by itself, with a denial."""

    def record_outcome(self, decision: ActionDecision, state: ExecutionState, detail: str = "") -> None:
        """Record how an approved action ended; called once for every approval."""


class DenyingGate:
    """The gate without an approval service: it denies every action."""

    async def await_decision(self, action: Action) -> ActionDecision:
        """Deny the action at once."""
        return ActionDecision(
            is_approved=False,
            digest=action.digest,
            rule=NO_SERVICE,
            reason=f"no approval service: a {action.kind} needs the decision of a person, and no person can be reached here",
        )

    def record_outcome(self, decision: ActionDecision, state: ExecutionState, detail: str = "") -> None:
        """Record nothing: nothing was approved."""
