"""The gateway's two log formats, as real gateways write them, and the VPC's flow-log records (version 2).

- L4 (`AviatrixGwMicrosegPacket`) for what addresses decide, L7 (`traffic_server`, JSON) for what names decide: both carry the rule's uuid
  and nothing of its name (log samples of the vendor's SIEM connector);
- a watched deny says DENY and `enforced` false.

Lines are made here; `decisions` reads them back.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Any

from containment.lab.world.nflog import Packet

UNNAMED = "unnamed"
"""What the proxy calls the Host of a client that names none (HTTP/1.0)."""
_RESOLVER = re.compile(r"Q (\S+) (\d+) (udp|tcp) (\d+) (.+) (ALLOW|ALERT|BLOCK|NONE) (\S+)$")


def l4_line(packet: Packet, gateway: str, session: int) -> str:
    """Return the gateway's line for a packet that a rule on addresses decided."""
    verdict, uuid, enforced = packet.prefix.strip().split("|")
    ports = f" SRC_PORT={packet.source_port} DST_PORT={packet.port}" if packet.port is not None else ""
    return (
        f"{_stamp(time.time())} GW-{gateway} AviatrixGwMicrosegPacket: POLICY={uuid} SRC_IP={packet.source} DST_IP={packet.destination}"
        f" PROTO={packet.protocol.upper()}{ports} DATA=0x ACT={verdict} ENFORCED={enforced} SESSION_ID={session} SESSION_EVENT=0"
        f" SESSION_PKT_CNT=1 SESSION_BYTE_CNT={packet.size} SESSION_DUR=0"
    )


def l7_lines(entry: Mapping[str, Any], gateway: str, pid: int) -> Iterator[str]:
    """Give the gateway's lines for one of Envoy's access-log entries."""
    if str(entry.get("dest", "")).startswith("127."):
        return  # whoever looks whether the proxy listens
    chain = str(entry["rule"] if entry.get("chain") == "http" and entry.get("rule") else entry.get("chain") or "")
    if chain in ("", "http"):
        chain = "DENY||true"  # the proxy itself refused what calls itself TLS or HTTP and is none, or says nothing
    stages = ["end" if entry.get("when") == "TcpConnectionEnd" else "start"]
    if entry.get("host") and not chain.startswith("DENY||"):
        stages = ["start", "end"]  # a request is told once, when it is over
    for decision, stage in product(chain.split(">"), stages):
        verdict, uuid, enforced = decision.split("|")[:3]
        source, destination = _endpoint(entry["src"]), _endpoint(entry["dest"])
        told = {
            "timestamp": _stamp(float(entry["time"])),
            "action": verdict.capitalize(),
            "reason": "POLICY",
            "src": source[0],
            "src_port": source[1],
            "dest": destination[0],
            "dest_port": destination[1],
            "enforced": enforced == "true",
            "stage": "txn" if entry.get("host") else "SNI",
            "sni_hostname": entry.get("sni") or _named(entry.get("host") or ""),
            "decided_by": uuid,
            "session_id": str(entry.get("session")),
            "session_stage": stage,
            "request_bytes": int(entry.get("received") or 0),
            "response_bytes": int(entry.get("sent") or 0),
            "upstream": entry.get("upstream") or "",
        }
        yield f"{_stamp(float(entry['time']))} GW-{gateway} traffic_server[{pid}]: {json.dumps(told)}"


def flow_line(packet: Packet, account: str) -> str:
    """Return the flow log's record of a new flow, or of one that was refused."""
    action, interface, _ = packet.prefix.strip().split("|")
    numbers = {"tcp": 6, "udp": 17, "icmp": 1, "gre": 47}
    now = int(time.time())
    return (
        f"2 {account} {interface} {packet.source} {packet.destination} {packet.source_port or 0} {packet.port or 0}"
        f" {numbers.get(packet.protocol, packet.protocol)} 1 {packet.size} {now} {now} {action} OK"
    )


def query_record(line: str, vpc: str, account: str, region: str) -> dict[str, Any] | None:
    """Return a Resolver query-log record for one line of the resolver's, None for a line that is none."""
    found = _RESOLVER.match(line.strip())
    if not found:
        return None
    source, port, transport, qtype, rule, action, name = found.groups()
    record: dict[str, Any] = {
        "version": "1.1",
        "account_id": account,
        "region": region,
        "vpc_id": vpc,
        "query_timestamp": datetime.now(UTC).isoformat(),
        "query_name": name,
        "query_type": qtype,
        "srcaddr": source,
        "srcport": port,
        "transport": transport.upper(),
    }
    return record if action == "NONE" else {**record, "firewall_rule_action": action, "firewall_rule": rule}


def _named(host: str) -> str:
    """Return the name in a Host header, without a port; empty when the client named none."""
    name = re.sub(r":\d+$", "", host)
    return "" if name == UNNAMED else name


def _endpoint(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
