"""FlowIQ exports: CSV with a header, whose columns are found by name.

The vendor's pages describe the views of FlowIQ and publish no list of export columns (docs.aviatrix.com, "Monitoring Traffic Flows", read
in November 2026), and no export of a real CoPilot was seen. So each value is found under any of the names in `COLUMNS`, without regard to
case, spaces, dots and underscores. Needed are time, source and destination: a file without them is rejected. Without an action a record is
a flow that was let through, and a deny that does not say whether it was enforced counts as watched. A record is one line: quoted line
breaks are not supported.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final
from uuid import UUID

from containment.logs.decisions import DEFAULT_ACTION
from containment.logs.errors import explain_broken_line
from containment.logs.record import DecisionRecord
from containment.logs.vpc_flow import PROTOCOL_NUMBERS
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
_DENIES: Final = frozenset({"deny", "denied", "drop", "dropped", "block", "blocked", "reject", "rejected"})
_PERMITS: Final = frozenset({"permit", "permitted", "allow", "allowed", "accept", "accepted", "forward", "forwarded", ""})
_WATCHED: Final = frozenset({"false", "no", "0", "monitor", "watch", "watched"})
_APPLIED: Final = frozenset({"true", "yes", "1", "enforce", "enforced"})
_NUMBERS: Final = {number: name for name, number in PROTOCOL_NUMBERS.items()}
_FIRST_SECOND: Final = 10**9
"""Seconds since 1970 until September 2001; a lower number, such as 20261101, is a date in another form."""
_MILLISECONDS: Final = 10**11
"""Seconds since 1970 are below this until the year 5138, and milliseconds above it since 1973."""


def parse_header(line: str) -> tuple[str | None, ...] | None:
    """Return the value that each column has, None where it is not used; None for a line that is no header."""
    words = _split(line)
    if words is None or len(words) < len(_NEEDED):
        return None
    known = {alias: value for value, aliases in COLUMNS.items() for alias in aliases}
    found: list[str | None] = []
    for word in words:
        value = known.get(re.sub(r"[^a-z0-9]", "", word.lower()))
        found.append(value if value not in found else None)
    return tuple(found) if {*found} >= _NEEDED else None


def parse_record(line: str, header: Sequence[str | None], stack: str, rules: Mapping[str, str]) -> tuple[DecisionRecord, str, str]:
    """Return the decision of a record, its protocol in lower case and its gateway; raises LogFormatError."""
    with explain_broken_line("a FlowIQ record", line):
        words = _split(line)
        if words is None or len(words) != len(header):
            raise ValueError(f"{len(words or ())} fields under a header of {len(header)}")
        found = {value: word.strip() for value, word in zip(header, words, strict=True) if value}
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


def _split(line: str) -> list[str] | None:
    try:
        rows = list(csv.reader([line], strict=True))
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
