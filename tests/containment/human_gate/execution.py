"""An executor of actions, as the gateway of a tool is one: it waits for the decision, acts once, and records the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from containment.actions.action import Action
from containment.human_gate.gate import HumanGate
from containment.record.action_entries import ExecutionState
from containment.tools.action_gate import ActionDecision

_T = TypeVar("_T")


class ActionDenied(Exception):
    """An action that is not executed, with the decision."""

    def __init__(self, decision: ActionDecision) -> None:
        """Keep the decision."""
        self.decision = decision
        super().__init__(f"{decision.rule}: {decision.reason}")


async def execute(gate: HumanGate, action: Action, act: Callable[[Action], Awaitable[_T]]) -> _T:
    """Execute an action once it is approved, record its outcome, and return its result; raise ActionDenied if it is not approved."""
    decision = await gate.await_decision(action)
    if not decision.is_approved:
        raise ActionDenied(decision)
    try:
        result = await act(action)
    except asyncio.CancelledError:
        gate.record_outcome(decision, ExecutionState.UNKNOWN, "the call was cancelled while the action was under way")
        raise
    except Exception as error:
        gate.record_outcome(decision, ExecutionState.FAILED, f"{type(error).__name__}: {error}")
        raise
    gate.record_outcome(decision, ExecutionState.DONE)
    return result
