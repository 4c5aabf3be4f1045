"""Query logs of Route 53 Resolver, version 1.1: one JSON object per query of a VPC's hosts."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

from pydantic import BaseModel, ConfigDict, Field

from containment.logs.record import explain_broken_line
from containment.strict_json import load as load_strictly


class FirewallAction(StrEnum):
    """Action of a DNS Firewall rule; ALERT answers the query and logs it."""

    ALLOW = "ALLOW"
    ALERT = "ALERT"
    BLOCK = "BLOCK"


class ResolverAnswer(BaseModel):
    """One record of an answer: an address in `rdata` for the types A and AAAA."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    rdata: str = Field(alias="Rdata")
    type: str = Field(alias="Type")
    class_: str | None = Field(default=None, alias="Class")


class QueryRecord(BaseModel):
    """One query; `answers` is empty where the log has none.

    `query_class` and `rcode` are None where the log has none, `firewall_rule_action` and `firewall_rule` where no rule of DNS Firewall
    matched. Other fields are ignored.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: str = "1.1"
    account_id: str
    region: str
    vpc_id: str
    query_timestamp: datetime
    query_name: str
    query_type: str
    query_class: str | None = None
    rcode: str | None = None
    srcaddr: IPv4Address | IPv6Address
    srcport: str
    transport: str
    firewall_rule_action: FirewallAction | None = None
    firewall_rule: str | None = None
    answers: tuple[ResolverAnswer, ...] = ()

    def format(self) -> str:
        """Return the record as one line of JSON; in ASCII, because some other characters end a line."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True, by_alias=True, exclude=None if self.answers else {"answers"}))

    @classmethod
    def parse(cls, line: str) -> QueryRecord | None:
        """Return the record of a line; None for what is no JSON object with a query. Raises LogFormatError."""
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(fields, dict) or "query_name" not in fields:
            return None
        with explain_broken_line("a resolver query record", line):
            fields = load_strictly(line)  # a key that is there twice has two meanings
            return cls.model_validate(fields)
