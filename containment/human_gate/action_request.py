"""Requests of actions: what is recorded when an agent wants one, and the action that a record contains."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from containment.actions.action import Action, ActionKind
from containment.errors import InputError
from containment.human_gate.rules import Requirement
from containment.record.action_entries import ActionRequest
from containment.record.refusal import Refusal, RefusalCode


def build_action_request(action: Action, *, stack: str, agent_class: str, requirement: Requirement, now: datetime) -> ActionRequest:
    """Return the request of an action; raise Refusal MALFORMED for values that make none.

    Args:
        action: the action.
        stack: the agent's stack.
        agent_class: the stack's class.
        requirement: what the action needs.
        now: the moment of the request, in whole seconds.
    """
    try:
        return ActionRequest(
            request=secrets.token_hex(16),
            stack=stack,
            agent_class=agent_class,
            action=action.describe(),
            action_digest=action.digest,
            persons=requirement.persons,
            risk=requirement.risk,
            created=now,
            deadline=now + timedelta(seconds=requirement.seconds),
        )
    except ValueError as error:
        raise Refusal(RefusalCode.MALFORMED, f"makes no request: {error}") from None


def parse_action(raw: dict[str, Any]) -> Action:
    """Return the action of a record; raise Refusal MALFORMED if it describes none, or in another form."""
    try:
        action = Action(
            kind=ActionKind(raw["kind"]),
            tool=raw["tool"],
            target=raw["target"],
            arguments=raw["arguments"],
            policy_digest=raw["policyDigest"],
            requested_by=raw["requestedBy"],
            task=raw["task"],
        )
    except (ValueError, TypeError, KeyError, InputError) as error:
        raise Refusal(RefusalCode.MALFORMED, f"describes no action: {error}") from None
    if action.describe() != raw:
        raise Refusal(RefusalCode.MALFORMED, "describes an action in another form")
    return action
