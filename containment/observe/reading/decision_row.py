"""One row of the table `decisions`: a decision of any log in the form that the questions use, and the table's schema."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple

import pyarrow as pa

from containment.logs.record import DecisionRecord
from containment.observe.reading.source_kinds import Source as Source
from containment.patterns.domain import normalize_or_keep

_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*):\d*")
"""A host with a port, as in the field Host of a request; the text of an address of IPv6 has more colons."""


class DecisionRow(NamedTuple):
    """One decision.

    `sender` is the gateway, interface or VPC that wrote the line. `agent` is the flow's source, and `by_agent` is False for the address of
    another machine. `flow` identifies the connection, None where a line is one. `upstream` is the address that the gateway connected to.
    `known_rule` is False for a uuid that the rule table lacks. Bytes are None where the log has none.
    """

    time: datetime
    source: str
    sender: str
    agent: str
    by_agent: bool
    server_name: str | None
    address: str | None
    port: int | None
    protocol: str
    rule: str | None
    known_rule: bool
    verdict: str
    enforced: bool
    flow: str | None
    upstream: str | None
    bytes_out: int | None
    bytes_in: int | None


class AnswerRow(NamedTuple):
    """An address that the resolver returned for a name."""

    name: str
    address: str


_TEXT = pa.string()
DECISIONS: Final = pa.schema(
    [
        pa.field("time", pa.timestamp("us", tz="UTC")),
        *(pa.field(name, _TEXT) for name in ("source", "sender", "agent")),
        pa.field("by_agent", pa.bool_()),
        *(pa.field(name, _TEXT) for name in ("server_name", "address")),
        pa.field("port", pa.int32()),
        *(pa.field(name, _TEXT) for name in ("protocol", "rule")),
        pa.field("known_rule", pa.bool_()),
        pa.field("verdict", _TEXT),
        pa.field("enforced", pa.bool_()),
        *(pa.field(name, _TEXT) for name in ("flow", "upstream")),
        *(pa.field(name, pa.int64()) for name in ("bytes_out", "bytes_in")),
    ]
)
ANSWERS: Final = pa.schema([pa.field("name", _TEXT), pa.field("address", _TEXT)])
MOST_BYTES: Final = 2**63 - 1
"""The largest number of bytes that a row can have."""


def make_row(
    record: DecisionRecord, source: Source, sender: str, *, protocol: str, flow: str | None, upstream: str = "", by_agent: bool = True
) -> DecisionRow:
    """Return the row of a decision record.

    Args:
        record: The decision.
        source: The kind of log.
        sender: What wrote the line.
        protocol: The protocol in lower case.
        flow: Identity of the connection.
        upstream: Address and port that the gateway connected to; empty if none.
        by_agent: Whether an agent sent the flow.

    Raises:
        ValueError: A value does not fit the table.
    """
    if max(record.bytes_out or 0, record.bytes_in or 0) > MOST_BYTES:
        raise ValueError("more bytes than a counter of 64 bits has")
    name = _read_name(record)
    for text in (name, sender, flow, record.rule, protocol, upstream):
        if text:
            text.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return DecisionRow(
        time=record.time.astimezone(UTC),
        source=source.value,
        sender=sender,
        agent=str(record.source),
        by_agent=by_agent,
        server_name=name,
        address=str(record.address) if record.address is not None else None,
        port=record.port,
        protocol=protocol,
        rule=record.rule or (str(record.rule_uuid) if record.rule_uuid else None),
        known_rule=record.rule is not None or record.rule_uuid is None,
        verdict=record.verdict.value,
        enforced=record.enforced,
        flow=flow,
        upstream=upstream.rpartition(":")[0].strip("[]") or None,
        bytes_out=record.bytes_out,
        bytes_in=record.bytes_in,
    )


def _read_name(record: DecisionRecord) -> str | None:
    """Return a flow's name, None without one and for the flow's own address."""
    if not record.server_name:
        return None
    name, address = _read_host(record.server_name)
    return None if address is not None and address == record.address else name


@functools.lru_cache(maxsize=65536)
def _read_host(text: str) -> tuple[str | None, IPv4Address | IPv6Address | None]:
    """Return the one spelling of a host, without a port, and the address that it is, if it is one.

    A client can send an address, or a host with a port, where a name belongs.
    """
    bare = text.strip()
    if with_port := _PORT.fullmatch(bare):
        bare = with_port[1]
    name = normalize_or_keep(bare.lower().rstrip(".").strip())
    try:
        address = ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return name or None, None
    return str(address), address
