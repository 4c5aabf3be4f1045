"""Turn a scenario row into a flow of one stack, and a decision into a scenario's terms.

`decide`, the lab's packets and its logs are all compared with the same expectation.
"""

from __future__ import annotations

from containment.config.spec import ContainmentSpec
from containment.policy.flow import Decision, Flow, Source, UnresolvedAddress
from containment.policy.rules import Address
from containment.policy.scenario import Expectation, ScenarioFlow, StackDestination

FIRST_FREE = 10
"""Offset in a subnet of an address that AWS does not reserve."""


def build_flow(row: ScenarioFlow, spec: ContainmentSpec, source: Source) -> Flow:
    """Return the flow of a row as an agent of a stack opens it from `source`."""
    return Flow(source, resolve_destination(row, spec), row.protocol, row.port, row.application, row.server_name, row.path)


def resolve_destination(row: ScenarioFlow, spec: ContainmentSpec) -> Address | UnresolvedAddress:
    """Return the destination of a row: an address, given or of a place in the stack, or any public address."""
    if row.place is StackDestination.VPC_RESOLVER:
        return spec.dns_resolver
    if row.place is StackDestination.VPC_ENDPOINTS:
        return spec.endpoint_subnets[0].network_address + FIRST_FREE
    return UnresolvedAddress.PUBLIC if row.address is None else row.address


def convert_decision(spec: ContainmentSpec, decision: Decision) -> Expectation:
    """Return a decision in a scenario's terms: the rule without its prefix, or `default-action`."""
    rule = "default-action" if decision.rule is None else decision.rule.removeprefix(f"{spec.prefix}-")
    return Expectation(verdict=decision.verdict, rule=" or ".join(decision.possible) or rule, effect=decision.effect)
