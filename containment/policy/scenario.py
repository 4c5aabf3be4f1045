"""Scenario table: one row per action that an agent may attempt, with the expected outcome in each mode.

One schema serves prediction (`decide`), the lab's packets and, later, a live host. A row is a flow, or a command that a
host runs; `expect` has the verdict and the rule's name (without prefix) per mode, because monitor and enforce must
name the same rule. `build_flow` turns a row into a flow of one stack, `convert_decision` a decision into a scenario's terms.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from containment.config.spec import ContainmentSpec
from containment.names import PolicyMode, Protocol
from containment.policy.flow import Application, Decision, Effect, Flow, PolicyVerdict, Source, UnresolvedAddress
from containment.policy.rules import Address
from containment.reviewed_data import ReviewedModel

FIRST_FREE = 10
"""Offset in a subnet of an address that AWS does not reserve."""


class StackDestination(StrEnum):
    """A destination whose address depends on the stack: its VPC's resolver, its AWS endpoints."""

    VPC_RESOLVER = "vpc-resolver"
    VPC_ENDPOINTS = "vpc-endpoints"


class ScenarioFlow(ReviewedModel):
    """The flow of a row: to `address`, to `place`, or (both unset) to a public address, as the name resolves.

    `server_name` is the name that the client sends, `path` the URL's path where it is known.
    """

    protocol: Protocol
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    application: Application = Application.OTHER
    server_name: str | None = None
    path: str | None = None
    address: IPv4Address | IPv6Address | None = None
    place: StackDestination | None = None

    @model_validator(mode="after")
    def _check_destination(self) -> Self:
        if self.address is not None and self.place is not None:
            raise ValueError("has an address and a place: set one of them")
        return self


class Expectation(ReviewedModel):
    """The expected outcome: `rule` is without prefix, or `default-action`; `effect` is the fate of the packets."""

    verdict: PolicyVerdict
    rule: str
    effect: Effect


class Scenario(ReviewedModel):
    """One row. `threats` are ids such as `OWASP-LLM01:2025`; `quote` is the requirement that it tests, word for word.

    `needs` lists the keys of the table's `config` without which the row does not apply.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    agent_class: str
    flow: ScenarioFlow | None = None
    command: tuple[str, ...] | None = None
    expect: dict[PolicyMode, Expectation]
    threats: tuple[str, ...] = ()
    quote: str | None = None
    needs: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_row(self) -> Self:
        if (self.flow is None) == (self.command is None):
            raise ValueError("needs a flow or a command, and not both")
        if set(self.expect) != set(PolicyMode):
            raise ValueError("needs an expectation for monitor and one for enforce")
        return self


class ScenarioTable(ReviewedModel):
    """One file of rows. `config` has a company's own hosts and networks, by configuration key."""

    config: dict[str, Any] = {}
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        ids = [scenario.id for scenario in self.scenarios]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError("has these ids twice: " + ", ".join(twice))
        if lacking := sorted({key for scenario in self.scenarios for key in scenario.needs} - set(self.config)):
            raise ValueError("rows need keys that config does not have: " + ", ".join(lacking))
        return self


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
