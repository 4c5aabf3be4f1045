"""The gateway's two log formats, as in the log samples of the vendor's SIEM connector.

- `PacketLine` (L4, `AviatrixGwMicrosegPacket`, key=value pairs): what a rule on addresses decided;
- `SessionLine` (L7, `traffic_server`, JSON): what a rule on names decided, one line when a flow starts and one when it ends.

Both carry the rule's uuid and no name; an empty uuid is the Controller's default action. A watched deny has the action DENY and `enforced`
false. Fields that are not listed here are ignored. A line may begin with a syslog priority and a time without a year, as the vendor's
gateways send it: the year is then in the message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import UUID

from containment.logs.record import explain_broken_line
from containment.policy.flow import PolicyVerdict
from containment.strict_json import load as load_strictly

_LEAD = r"(?:<\d+> *)?([A-Z][a-z]{2} +\d+ [\d:]{8}|\S+) (?:\S+ )?GW-(\S+) "
_PACKET = re.compile(_LEAD + r"(?:\S+ (\d{4}/\d\d/\d\d [\d:]{8}) )?AviatrixGwMicrosegPacket: (.*)")
_SESSION = re.compile(_LEAD + r"traffic_server\[(\d+)\]: (\{.*\})$")
_MOMENT = "%Y/%m/%d %H:%M:%S"
_FLAGS = {"true": True, "false": False}


class Stage(StrEnum):
    """Stage of a session at which the gateway writes a line."""

    START = "start"
    END = "end"
    TLS_CHECK = "tls_check"
    """The gateway decrypted TLS and refused the destination's certificate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PacketLine:
    """One L4 line. `protocol` is in upper case; ports are None for a protocol without ports; `size` is in bytes."""

    time: datetime
    gateway: str
    rule_uuid: UUID | None
    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    protocol: str
    source_port: int | None
    port: int | None
    verdict: PolicyVerdict
    enforced: bool
    session: int
    size: int

    def format(self) -> str:
        """Return the line as the gateway writes it."""
        ports = f" SRC_PORT={self.source_port} DST_PORT={self.port}" if self.port is not None else ""
        return (
            f"{format_time(self.time)} GW-{self.gateway} AviatrixGwMicrosegPacket: POLICY={self.rule_uuid or ''} SRC_IP={self.source}"
            f" DST_IP={self.destination} PROTO={self.protocol}{ports} DATA=0x ACT={self.verdict.value}"
            f" ENFORCED={str(self.enforced).lower()} SESSION_ID={self.session} SESSION_EVENT=0 SESSION_PKT_CNT=1"
            f" SESSION_BYTE_CNT={self.size} SESSION_DUR=0"
        )

    @classmethod
    def parse(cls, line: str) -> PacketLine | None:
        """Return the record of a line; None for a line of another format. Raises LogFormatError."""
        if not (found := _PACKET.match(line)):
            return None
        stamp, gateway, moment, rest = found.groups()
        with explain_broken_line("an L4 line of the gateway", line):
            pairs = _collect_pairs(rest)
            return cls(
                time=datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC) if moment else datetime.fromisoformat(stamp),
                gateway=gateway,
                rule_uuid=_parse_uuid(pairs["POLICY"]),
                source=ip_address(pairs["SRC_IP"]),
                destination=ip_address(pairs["DST_IP"]),
                protocol=pairs["PROTO"],
                source_port=_parse_port(pairs.get("SRC_PORT")),
                port=_parse_port(pairs.get("DST_PORT")),
                verdict=PolicyVerdict(pairs["ACT"]),
                enforced=_FLAGS[pairs["ENFORCED"]],
                session=int(pairs["SESSION_ID"]),
                size=int(pairs.get("SESSION_BYTE_CNT", 0)),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionLine:
    """One L7 line. `level` is `SNI` for a TLS flow and `txn` for an HTTP request; `sni_hostname` is empty when there was no name."""

    time: datetime
    gateway: str
    process: int
    verdict: PolicyVerdict
    source: IPv4Address | IPv6Address
    source_port: int
    destination: IPv4Address | IPv6Address
    port: int
    enforced: bool
    level: str
    sni_hostname: str
    rule_uuid: UUID | None
    session: str
    stage: Stage
    request_bytes: int
    response_bytes: int
    upstream: str
    """The address that the gateway connected to, with its port; empty when it connected to none."""
    reason: str = "POLICY"
    url: str = ""
    """The URL of a request in TLS that the gateway decrypted."""

    def format(self) -> str:
        """Return the line as the gateway writes it."""
        fields = {
            "timestamp": format_time(self.time),
            "action": self.verdict.value.capitalize(),
            "reason": self.reason,
            "src": str(self.source),
            "src_port": self.source_port,
            "dest": str(self.destination),
            "dest_port": self.port,
            "enforced": self.enforced,
            "stage": self.level,
            "sni_hostname": self.sni_hostname,
            "decided_by": str(self.rule_uuid or ""),
            "session_id": self.session,
            "session_stage": self.stage.value,
            "request_bytes": self.request_bytes,
            "response_bytes": self.response_bytes,
            "upstream": self.upstream,
        } | ({"url": self.url} if self.url else {})
        return f"{format_time(self.time)} GW-{self.gateway} traffic_server[{self.process}]: {json.dumps(fields)}"

    @classmethod
    def parse(cls, line: str) -> SessionLine | None:
        """Return the record of a line; None for a line of another format. Raises LogFormatError."""
        if not (found := _SESSION.match(line)):
            return None
        stamp, gateway, process, text = found.groups()
        with explain_broken_line("an L7 line of the gateway", line):
            fields = load_strictly(text)
            return cls(
                time=_parse_session_time(stamp, fields.get("timestamp")),
                gateway=gateway,
                process=int(process),
                verdict=PolicyVerdict(fields["action"].upper()),
                source=ip_address(fields["src"]),
                source_port=_parse_whole(fields["src_port"]),
                destination=ip_address(fields["dest"]),
                port=_parse_whole(fields["dest_port"]),
                enforced=_FLAGS[str(fields["enforced"]).lower()],
                level=_parse_text(fields, "stage"),
                sni_hostname=_parse_text(fields, "sni_hostname"),
                rule_uuid=_parse_uuid(fields["decided_by"]),
                session=str(fields.get("session_id", "")),
                stage=Stage(fields["session_stage"]),
                request_bytes=_parse_whole(fields.get("request_bytes", 0)),
                response_bytes=_parse_whole(fields.get("response_bytes", 0)),
                upstream=_parse_text(fields, "upstream"),
                reason=_parse_text(fields, "reason"),
                url=_parse_text(fields, "url"),
            )


def parse_gateway_line(line: str) -> PacketLine | SessionLine | None:
    """Return the record of either format; None for a line of another kind. Raises LogFormatError."""
    return PacketLine.parse(line) or SessionLine.parse(line)


def format_time(moment: datetime) -> str:
    """Return a time as the gateway writes it: ISO 8601, UTC."""
    return moment.astimezone(UTC).isoformat()


def _collect_pairs(text: str) -> dict[str, str]:
    """Return the values of a line; raises ValueError for a key that is there twice, because readers would choose differently."""
    pairs = [(key, value) for key, has_value, value in (word.partition("=") for word in text.split()) if has_value]
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _parse_whole(value: object) -> int:
    """Return a whole number, or one that is written as text; raises ValueError for another value, such as a fraction."""
    if isinstance(value, str) or type(value) is int:
        return int(value)
    raise ValueError(f"{value!r} is no whole number")


def _parse_session_time(stamp: str, moment: object) -> datetime:
    """Return the time of an L7 line: of its lead, or in seconds since 1970 of its field `timestamp`, where the lead has no year."""
    if isinstance(moment, int | float) and not stamp[:1].isdigit():
        return datetime.fromtimestamp(moment, UTC)
    return datetime.fromisoformat(stamp)


def _parse_text(fields: Mapping[str, object], key: str) -> str:
    """Return a text that may be absent; raises ValueError for a value of another type."""
    found = fields.get(key)
    if found is not None and not isinstance(found, str):
        raise ValueError(f"{key} {found!r} is no text")
    return found or ""


def _parse_uuid(text: str) -> UUID | None:
    return UUID(text) if text else None


def _parse_port(text: str | None) -> int | None:
    return int(text) if text else None
