"""Read the stack's configuration from Pulumi and resolve it to a spec, or report every mistake at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.stack_file import find_option_values, find_stacks, resolve_stack
from containment.policy.builder import build_ruleset
from containment.policy.invariants import find_broken_invariants
from containment.policy.rules import RuleSet
from containment.vending.hosts import HostPlan, plan_hosts
from containment.vending.loader import find_unknown_stacks, read_agents


def read_spec() -> ContainmentSpec:
    """Return the spec of the running stack. Raises pulumi.RunError with every problem, before any resource is registered."""
    prefix = f"{pulumi.get_project()}:"
    raw: dict[str, Any] = {key.removeprefix(prefix): value for key, value in CONFIG.get().items() if key.startswith(prefix)}
    stack = pulumi.get_stack()
    try:
        options = find_option_values(raw, stack)
        shown = {key: None if is_config_secret(f"{prefix}{key}") else text for key, text in options.items()}
        spec = resolve_stack(raw, stack, options=shown)
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
    for warning in spec.warnings:
        pulumi.log.warn(str(warning))
    return spec


def read_spec_and_hosts() -> tuple[ContainmentSpec, HostPlan]:
    """Return the spec of the running stack and its hosts. Raises pulumi.RunError before any resource is registered."""
    spec = read_spec()
    return spec, plan_agent_hosts(spec)


def plan_agent_hosts(spec: ContainmentSpec) -> HostPlan:
    """Return the hosts of the running stack by its agent files. Raises pulumi.RunError with every problem of those files."""
    files = read_agents()
    try:
        now = datetime.now(UTC)
        plan = plan_hosts(spec, files.find_agents(spec.stack), now.date(), by_request=spec.stack in files.by_request, now=now)
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
    for warning in (*plan.warnings, *find_unknown_stacks(files, find_stacks(Path()))):
        pulumi.log.warn(str(warning))
    return plan


def build_policy(spec: ContainmentSpec) -> RuleSet:
    """Return the stack's policy. Raises pulumi.RunError when an invariant is broken."""
    ruleset = build_ruleset(spec)
    try:
        broken = find_broken_invariants(spec, ruleset)
        if broken:
            raise InputError(f"the policy of {spec.stack} breaks its invariants", broken)
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
    return ruleset
