"""One decision as it is logged: the record that gateways' logs are joined into and that reports read."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from containment.model.catalog import Reviewed
from containment.model.flow import Verdict


class DecisionRecord(Reviewed):
    """Who tried to reach what, when, and which rule decided.

    `time` is aware (UTC). `rule_uuid` is what the gateway wrote; `rule` its name from the rule table, None when the
    table does not know it. `enforced` is False for a deny that was only watched. Ports and bytes are None where the log has none.
    """

    time: datetime
    stack: str
    source: IPv4Address | IPv6Address
    server_name: str | None
    address: IPv4Address | IPv6Address | None
    port: Annotated[int, Field(ge=0, le=65535)] | None
    rule_uuid: UUID | None
    rule: str | None
    verdict: Verdict
    enforced: bool
    source_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    bytes_out: Annotated[int, Field(ge=0)] | None = None
    bytes_in: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _says_when_and_where(self) -> Self:
        if self.time.tzinfo is None:
            raise ValueError("time must say its zone")
        if self.server_name is None and self.address is None:
            raise ValueError("needs a server name or an address")
        return self
