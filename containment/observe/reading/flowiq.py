"""FlowIQ exports: tables with a header, whose columns and separator are found by the names in it.

The vendor's pages describe the views of FlowIQ and publish no list of export columns (docs.aviatrix.com, "Monitoring Traffic Flows", read
in November 2026), and no export of a real CoPilot was available. So each value is found under any of the names in `COLUMNS`, without
regard to case, spaces, dots and underscores. A file without time, source and destination is rejected. A record without an action is a flow
that was let through, and a deny without information on enforcement counts as watched. A record is one line: quoted line breaks are not
supported.

The separator is a comma, a semicolon, a tab or a bar: the one that splits the header into the needed columns. Spreadsheets use semicolons
where the comma is the decimal point; in such a file a number with a comma is ambiguous, and its record is rejected.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final
from uuid import UUID

from containment.logs.aws import PROTOCOL_NUMBERS
from containment.logs.decisions import DEFAULT_ACTION
from containment.logs.record import DecisionRecord, LogFormatError, explain_broken_line
from containment.policy.flow import PolicyVerdict

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": ("timestamp", "time", "date", "starttime", "flowstart", "firstseen", "netflowfirstswitched", "netflowtimestamp"),
    "source": ("sourceip", "srcip", "source", "src", "srcaddr", "sourceaddress", "netflowsrcaddr", "netflowipv4srcaddr"),
    "destination": ("destinationip", "dstip", "destip", "destination", "dst", "dest", "dstaddr", "destinationaddress", "netflowdstaddr"),
    "source_port": ("sourceport", "srcport", "netflowsrcport", "netflowl4srcport"),
    "port": ("destinationport", "dstport", "destport", "port", "netflowdstport", "netflowl4dstport"),
    "protocol": ("protocol", "proto", "ipprotocol", "netflowprotocol"),
    "bytes_out": ("bytes", "bytesout", "bytessent", "sentbytes", "requestbytes", "netflowbytes", "netflowinbytes", "totalbytes"),
    "bytes_in": ("bytesin", "bytesreceived", "receivedbytes", "responsebytes", "netflowoutbytes"),
    "name": ("snihostname", "sni", "hostname", "domain", "fqdn", "url", "destinationdomain", "destinationhostname", "servername"),
    "action": ("action", "act", "verdict", "policyaction", "ruleaction"),
    "enforced": ("enforced", "enforcement", "isenforced"),
    "rule": ("rule", "rulename", "policyname", "policy", "dcfrule", "dcfpolicy"),
    "rule_uuid": ("ruleuuid", "policyuuid", "policyid", "ruleid", "decidedby"),
    "gateway": ("gateway", "gatewayname", "gwname", "netflowgateway", "host"),
}
"""Value -> the names of its column."""
_NEEDED: Final = frozenset({"time", "source", "destination"})
_COUNTS: Final = ("port", "source_port", "bytes_in", "bytes_out")
_SEPARATORS: Final = (",", ";", "\t", "|")
_NAME: Final = re.compile(r"[^\W\d_][\w .@/()#%-]*")
"""The name of a column in any language: no number, address or time."""
_DENIES: Final = frozenset({"deny", "denied", "drop", "dropped", "block", "blocked", "reject", "rejected"})
_PERMITS: Final = frozenset({"permit", "permitted", "allow", "allowed", "accept", "accepted", "forward", "forwarded", ""})
_WATCHED: Final = frozenset({"false", "no", "0", "monitor", "watch", "watched"})
_APPLIED: Final = frozenset({"true", "yes", "1", "enforce", "enforced"})
_NUMBERS: Final = {number: name for name, number in PROTOCOL_NUMBERS.items()}
_FIRST_SECOND: Final = 10**9
"""Seconds since 1970 until September 2001; a lower number, such as 20261101, is a date in another form."""
_MILLISECONDS: Final = 10**11
"""Seconds since 1970 are below this until the year 5138, and milliseconds above it since 1973."""


class ForeignTableError(LogFormatError):
    """The header of a table whose records cannot be read: the file is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of an export, each with its value or None where it is not used, and the character between fields."""

    columns: tuple[str | None, ...]
    separator: str


def parse_header(line: str) -> Header | None:
    """Return the header in a line, None for a line that is none; raise ForeignTableError for that of a table which cannot be read."""
    tables = {separator: words for separator in _SEPARATORS if (words := _split(line, separator)) and len(words) >= len(_NEEDED)}
    headers = {separator: _find_columns(words) for separator, words in tables.items()}
    found = [Header(columns, separator) for separator, columns in headers.items() if {*columns} >= _NEEDED]
    if len(found) > 1:
        separators = " and ".join(repr(one.separator) for one in found)
        raise ForeignTableError(f"has a header that can be split by {separators}: export it again with one separator")
    if found:
        return found[0]
    for separator, words in tables.items():
        if all(_NAME.fullmatch(word.strip()) for word in words) and (separator != "," or any(headers[separator])):
            missing = ", ".join(sorted(_NEEDED - {*headers[separator]}))
            shown = ", ".join(word.strip() for word in words)[:200]
            raise ForeignTableError(f"is a table without columns for {missing}: {shown}. Export it with their English names")
    return None


def is_separator_line(line: str) -> bool:
    """Return whether a line only names the separator, as spreadsheets write it before a header."""
    return re.fullmatch(r'"?sep=.?"?', line.strip("\r\n "), re.IGNORECASE) is not None


def _find_columns(words: Sequence[str]) -> tuple[str | None, ...]:
    """Return the value of each column, None where it is not used, or is the value of an earlier column."""
    known = {alias: value for value, aliases in COLUMNS.items() for alias in aliases}
    found: list[str | None] = []
    for word in words:
        value = known.get(re.sub(r"[^a-z0-9]", "", word.lower()))
        found.append(value if value not in found else None)
    return tuple(found)


def parse_record(line: str, header: Header, stack: str, rules: Mapping[str, str]) -> tuple[DecisionRecord, str, str]:
    """Return the decision of a record, its protocol in lower case and its gateway; raises LogFormatError."""
    with explain_broken_line("a FlowIQ record", line):
        words = _split(line, header.separator)
        if words is None or len(words) != len(header.columns):
            raise ValueError(f"{len(words or ())} fields under a header of {len(header.columns)}")
        found = {value: word.strip() for value, word in zip(header.columns, words, strict=True) if value}
        if header.separator != "," and any("," in found.get(name, "") for name in _COUNTS):
            raise ValueError("a comma in a number, which is a decimal point or separates thousands: export numbers without it")
        text = found.get("rule_uuid", "") or (found.get("rule", "") if _is_uuid(found.get("rule", "")) else "")
        uuid, named = UUID(text) if text else None, "" if _is_uuid(found.get("rule", "")) else found.get("rule", "")
        protocol, verdict = found.get("protocol", "").lower(), _parse_verdict(found.get("action", ""))
        record = DecisionRecord(
            time=_parse_time(found["time"]),
            stack=stack,
            source=ip_address(found["source"]),
            server_name=_parse_name(found.get("name", "")),
            address=ip_address(found["destination"]),
            port=_parse_count(found.get("port")),
            rule_uuid=uuid,
            rule=rules.get(str(uuid)) or named or None if uuid else named or (DEFAULT_ACTION if found.get("action") else None),
            verdict=verdict,
            enforced=_parse_enforced(found.get("enforced", ""), verdict),
            source_port=_parse_count(found.get("source_port")),
            bytes_out=_parse_count(found.get("bytes_out")),
            bytes_in=_parse_count(found.get("bytes_in")),
        )
        return record, _NUMBERS.get(int(protocol), protocol) if protocol.isdecimal() else protocol, found.get("gateway", "")


def _split(line: str, separator: str) -> list[str] | None:
    try:
        rows = list(csv.reader([line], strict=True, delimiter=separator))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 and len(rows[0]) > 1 else None


def _parse_time(text: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        if number < _FIRST_SECOND:
            raise ValueError(f"time {text!r} is no number of seconds since 1970 that is later than 2001")
        return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS else number, UTC)
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        found = datetime.strptime(text, "%b %d, %Y @ %H:%M:%S.%f").replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _parse_name(text: str) -> str | None:
    authority = re.split(r"[/?#\\]", re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower()), maxsplit=1)[0]
    host = authority.rpartition("@")[2]  # the port is taken off where every format's is
    return None if host in ("", "-", "n/a", "null", "none") else host


def _parse_verdict(text: str) -> PolicyVerdict:
    word = text.lower()
    if word in _DENIES:
        return PolicyVerdict.DENY
    if word in _PERMITS:
        return PolicyVerdict.PERMIT
    raise ValueError(f"action {text!r} is neither a permit nor a deny")


def _parse_enforced(text: str, verdict: PolicyVerdict) -> bool:
    """Return whether a decision was applied; a deny that does not say so counts as watched, because it may be one."""
    word = text.lower()
    if not word:
        return verdict is not PolicyVerdict.DENY
    if word in _WATCHED or word in _APPLIED:
        return word in _APPLIED
    raise ValueError(f"enforced {text!r} is neither true nor false")


def _parse_count(text: str | None) -> int | None:
    if not text or text == "-":
        return None
    if not re.fullmatch(r"\d+|\d{1,3}(,\d{3})+", text, re.ASCII):
        raise ValueError(f"{text!r} is no whole number")
    return int(text.replace(",", ""))


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
