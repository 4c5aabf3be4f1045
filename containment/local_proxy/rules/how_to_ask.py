"""The command or the file by which a denied connection can be requested."""

from __future__ import annotations

import shlex
from typing import Final

from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import Destination
from containment.sandbox.profile import LauncherProfile

_PROMOTED: Final = frozenset({DenyRule.DEFAULT})
_IN_CLASS: Final = frozenset({DenyRule.PROGRAM_EGRESS, DenyRule.PROGRAM_UNLISTED, DenyRule.CONTENT, DenyRule.CLEAR_TEXT, DenyRule.PORT})


def explain_how_to_ask(denial: Denial, profile: LauncherProfile, program: str | None, destination: Destination | None) -> str:
    """Return how the owner of a class can permit what was denied: a command, or the key to edit.

    Args:
        denial: the decision.
        profile: the profile that decided.
        program: the program, None where it is unknown.
        destination: the destination, None where the request names none.
    """
    if destination is not None and denial.rule in _PROMOTED:
        return format_promotion(destination.host, profile.stack)
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


def format_promotion(host: str, stack: str) -> str:
    """Return the command that proposes a host for a stack."""
    return f"containment promote {shlex.quote(host)} --stack {shlex.quote(stack)} --owner TEAM --reason REASON --until YYYY-MM-DD"
