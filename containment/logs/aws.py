"""Logs of AWS: records of VPC flow logs, and queries of Route 53 Resolver.

VPC flow-log records: the default format of AWS (version 2: 14 fields in a fixed order), or the fields that a header line lists.

Query logs of Route 53 Resolver, version 1.1: one JSON object per query of a VPC's hosts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from containment.logs.record import explain_broken_line
from containment.strict_json import load as load_strictly

PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "icmpv6": 58}
"""IANA's numbers of the protocols that are named here."""
DEFAULT_FIELDS: Final = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport"),
    *("protocol", "packets", "bytes", "start", "end", "action", "log-status"),
)
"""Fields of a record where no header line lists others."""
_ABSENT = "-"


class FlowAction(StrEnum):
    """Whether security groups and network ACLs let the traffic through."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowRecord:
    """One record. `protocol` is IANA's number; ports are 0 for a protocol without ports; times have whole seconds."""

    account: str
    interface: str
    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    source_port: int
    port: int
    protocol: int
    packets: int
    size: int
    start: datetime
    end: datetime
    action: FlowAction

    def format(self) -> str:
        """Return the record as AWS writes it."""
        return (
            f"2 {self.account} {self.interface} {self.source} {self.destination} {self.source_port} {self.port} {self.protocol}"
            f" {self.packets} {self.size} {int(self.start.timestamp())} {int(self.end.timestamp())} {self.action.value} OK"
        )

    @classmethod
    def parse(cls, line: str, fields: Sequence[str] = DEFAULT_FIELDS) -> FlowRecord | None:
        """Return the record of a line; None for NODATA, SKIPDATA and lines of another format.

        Args:
            line: One line.
            fields: The names of its fields in order.

        Raises:
            LogFormatError: A field is missing or wrong.
        """
        words = line.split()
        if len(words) != len(fields) or (fields == DEFAULT_FIELDS and words[0] != "2"):
            return None
        found = dict(zip(fields, words, strict=True))
        if found.get("log-status", "OK") != "OK":
            return None
        with explain_broken_line("a VPC flow record", line):
            start = int(found["start"])
            return cls(
                account=found.get("account-id", ""),
                interface=found.get("interface-id", ""),
                source=ip_address(_choose(found, "pkt-srcaddr", "srcaddr")),
                destination=ip_address(_choose(found, "pkt-dstaddr", "dstaddr")),
                source_port=_parse_number(found, "srcport"),
                port=_parse_number(found, "dstport"),
                protocol=_parse_number(found, "protocol"),
                packets=_parse_number(found, "packets"),
                size=_parse_number(found, "bytes"),
                start=datetime.fromtimestamp(start, UTC),
                end=datetime.fromtimestamp(_parse_number(found, "end", start), UTC),
                action=FlowAction(found["action"]),
            )


def parse_flow_header(line: str) -> tuple[str, ...] | None:
    """Return the names of the fields that a header line lists; None for a line that is no header."""
    names = tuple(line.split())
    has_addresses = {"srcaddr", "pkt-srcaddr"} & {*names} and {"dstaddr", "pkt-dstaddr"} & {*names}
    return names if len(names) > 1 and has_addresses else None


def find_status(line: str, fields: Sequence[str] = DEFAULT_FIELDS) -> str | None:
    """Return the log status of a record, such as NODATA or SKIPDATA; None for a line of another format."""
    words = line.split()
    if len(words) != len(fields) or "log-status" not in fields or (fields == DEFAULT_FIELDS and words[0] != "2"):
        return None
    return words[fields.index("log-status")]


def _choose(found: Mapping[str, str], *keys: str) -> str:
    return next((found[key] for key in keys if found.get(key, _ABSENT) != _ABSENT), found.get(keys[-1], ""))


def _parse_number(found: Mapping[str, str], key: str, absent: int = 0) -> int:
    text = found.get(key, _ABSENT)
    return absent if text == _ABSENT else int(text)


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
