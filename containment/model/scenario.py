"""The scenario table: one row a thing an agent may try, with what must happen in each mode.

One schema feeds prediction (`decide`), the lab's packets and, later, a live host. A row is a flow, or a command that a
host runs; `expect` says the verdict and the rule's name (without prefix) per mode, because monitor and enforce must
name the same rule. How a row becomes a flow of one stack is `scenario_flow`.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from containment.model.catalog import Reviewed
from containment.model.flow import Application, Effect, Verdict
from containment.model.names import PolicyMode, Protocol


class Place(StrEnum):
    """A destination whose address hangs on the stack: its own resolver, its own AWS endpoints."""

    VPC_RESOLVER = "vpc-resolver"
    VPC_ENDPOINTS = "vpc-endpoints"


class ScenarioFlow(Reviewed):
    """What is sent: to an address, to a place of the stack, or (neither said) wherever the name leads.

    `server_name` is what the client claims, `path` the URL's path where it is known.
    """

    protocol: Protocol
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    application: Application = Application.OTHER
    server_name: str | None = None
    path: str | None = None
    address: IPv4Address | IPv6Address | None = None
    place: Place | None = None

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        if self.address is not None and self.place is not None:
            raise ValueError("goes to an address or to a place, not to both")
        return self


class Expectation(Reviewed):
    """What must be seen: `rule` without prefix, or `default-action`; `effect` is what happens to the packets."""

    verdict: Verdict
    rule: str
    effect: Effect


class Scenario(Reviewed):
    """One row. `threats` are ids such as `OWASP-LLM01:2025`; `quote` is the seed's own words that ask for it.

    `needs` names the configuration keys of the table without which the row does not hold.
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
    def _complete(self) -> Self:
        if (self.flow is None) == (self.command is None):
            raise ValueError("needs a flow or a command, and not both")
        if set(self.expect) != set(PolicyMode):
            raise ValueError("must say what happens in monitor and in enforce")
        return self


class ScenarioTable(Reviewed):
    """One file of rows. `config` is what a company brings (its own hosts and networks), by configuration key."""

    config: dict[str, Any] = {}
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [scenario.id for scenario in self.scenarios]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError("has twice: " + ", ".join(twice))
        if lacking := sorted({key for scenario in self.scenarios for key in scenario.needs} - set(self.config)):
            raise ValueError("rows need keys that config does not have: " + ", ".join(lacking))
        return self
