"""The answer to a denied request: a JSON object that a program and a person can read, with the way to request what was denied."""

from __future__ import annotations

import shlex
from http import HTTPStatus
from typing import Final

from containment.local_proxy.record import ConnectionFacts
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import Destination
from containment.sandbox.profile import LauncherProfile

_STATUS: Final = {
    DenyRule.MALFORMED: HTTPStatus.BAD_REQUEST,
    DenyRule.OVERLOAD: HTTPStatus.SERVICE_UNAVAILABLE,
    DenyRule.NO_RECORD: HTTPStatus.SERVICE_UNAVAILABLE,
    DenyRule.UNRESOLVED: HTTPStatus.BAD_GATEWAY,
    DenyRule.UNREACHABLE: HTTPStatus.BAD_GATEWAY,
}
_PROMOTED: Final = frozenset({DenyRule.DEFAULT})
_IN_CLASS: Final = frozenset({DenyRule.PROGRAM_EGRESS, DenyRule.PROGRAM_UNLISTED, DenyRule.CONTENT, DenyRule.CLEAR_TEXT, DenyRule.PORT})


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


def explain_how_to_ask(denial: Denial, profile: LauncherProfile, program: str | None, destination: Destination | None) -> str:
    """Return how the owner of a class can permit what was denied: a command, or the key to edit.

    Args:
        denial: the decision.
        profile: the profile that decided.
        program: the program, None where it is unknown.
        destination: the destination, None where the request names none.
    """
    if destination is not None and denial.rule in _PROMOTED:
        host, stack = shlex.quote(destination.host), shlex.quote(profile.stack)
        return f"containment promote {host} --stack {stack} --owner TEAM --reason REASON --until YYYY-MM-DD"
    if denial.rule in _IN_CLASS:
        named = f" for {program}" if program else ""
        return f"propose a change of sandbox.programs{named} in presets/{profile.agent_class}.yaml to the owner of the class"
    if denial.rule is DenyRule.ADDRESS_LITERAL:
        return f"use a permitted name, or add the address to internalApis of stack {profile.stack}"
    if denial.rule is DenyRule.CONTENT_HIDDEN:
        return "send the request through the credential gateway of the class, which ends TLS and compares each request"
    if denial.rule in (DenyRule.UNRESOLVED, DenyRule.UNREACHABLE, DenyRule.OVERLOAD, DenyRule.NO_RECORD):
        return "nothing has to be permitted: try again, and report it to the host's operator if it remains"
    return "nothing can permit this: change the client"
