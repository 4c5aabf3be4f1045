"""Reads this stack's configuration from Pulumi and turns it into a spec, or into every mistake in it at once."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG

from containment.model.errors import InputError
from containment.model.invariants import broken_invariants
from containment.model.policy import build_ruleset
from containment.model.ruleset import RuleSet
from containment.model.spec import ContainmentSpec
from containment.stack_file import resolve_beside


def read_spec() -> ContainmentSpec:
    """Return the spec of the stack that runs; stops with every problem, before anything is registered."""
    prefix = f"{pulumi.get_project()}:"
    raw: dict[str, Any] = {key.removeprefix(prefix): value for key, value in CONFIG.get().items() if key.startswith(prefix)}
    try:
        return resolve_beside(raw, pulumi.get_stack())
    except InputError as error:
        raise pulumi.RunError(str(error)) from None


def policy_of(spec: ContainmentSpec) -> RuleSet:
    """Return the stack's policy; stops when an invariant does not hold."""
    ruleset = build_ruleset(spec)
    try:
        broken = broken_invariants(spec, ruleset)
        if broken:
            raise InputError(f"the policy of {spec.stack} does not hold", broken)
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
    return ruleset
