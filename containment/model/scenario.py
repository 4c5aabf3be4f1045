"""The scenario table: one row a thing an agent may try, with what must happen in each mode.

One schema feeds prediction (`decide`), the lab's packets and, later, a live host. A row is a flow, or a command that a
host runs; `expect` says the verdict and the rule's name (without prefix) per mode, because monitor and enforce must
name the same rule.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Self

from pydantic import Field, model_validator

from containment.model.catalog import Reviewed
from containment.model.flow import Application, Effect, Verdict
from containment.model.names import PolicyMode, Protocol


class ScenarioFlow(Reviewed):
    """What is sent: to an address (none: wherever the name leads), with the server name the client claims."""

    protocol: Protocol
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    application: Application = Application.OTHER
    server_name: str | None = None
    address: IPv4Address | IPv6Address | None = None


class Expectation(Reviewed):
    """What must be seen: `rule` without prefix, or `default-action`; `effect` is what happens to the packets."""

    verdict: Verdict
    rule: str
    effect: Effect


class Scenario(Reviewed):
    """One row. `threats` are ids such as `OWASP-LLM01:2025`; `quote` is the seed's own words that ask for it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    agent_class: str
    flow: ScenarioFlow | None = None
    command: tuple[str, ...] | None = None
    expect: dict[PolicyMode, Expectation]
    threats: tuple[str, ...] = ()
    quote: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.flow is None) == (self.command is None):
            raise ValueError("needs a flow or a command, and not both")
        if set(self.expect) != set(PolicyMode):
            raise ValueError("must say what happens in monitor and in enforce")
        return self
