"""The answer to a denied request: a JSON object that a program and a person can read."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from containment.local_proxy.record import ConnectionFacts
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.how_to_ask import explain_how_to_ask
from containment.sandbox.profile import LauncherProfile

_STATUS: Final = {
    DenyRule.MALFORMED: HTTPStatus.BAD_REQUEST,
    DenyRule.OVERLOAD: HTTPStatus.SERVICE_UNAVAILABLE,
    DenyRule.NO_RECORD: HTTPStatus.SERVICE_UNAVAILABLE,
    DenyRule.UNRESOLVED: HTTPStatus.BAD_GATEWAY,
    DenyRule.UNREACHABLE: HTTPStatus.BAD_GATEWAY,
}


def get_status(denial: Denial) -> HTTPStatus:
    """Return the status of the answer: 403 for what the policy denies."""
    return _STATUS.get(denial.rule, HTTPStatus.FORBIDDEN)


def build_answer(denial: Denial, facts: ConnectionFacts, profile: LauncherProfile) -> dict[str, object]:
    """Return the body of the answer to a denied request."""
    program = facts.attribution.programs[0] if facts.attribution.programs else None
    destination = facts.destination
    return {
        "error": "denied" if get_status(denial) is HTTPStatus.FORBIDDEN else "failed",
        "rule": denial.rule.value,
        "class": profile.agent_class,
        "stack": profile.stack,
        "program": program,
        "host": destination.host if destination else None,
        "port": destination.port if destination else None,
        "reason": denial.reason,
        "howToAsk": explain_how_to_ask(denial, profile, program, destination),
    }
