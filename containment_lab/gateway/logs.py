"""Log records from the data plane's reports: logged packets, Envoy's access log, the resolver's output, AWS services' events.

A request in decrypted TLS has its URL, and one to a destination without a valid certificate is a deny of the stage `tls_check`.
`containment.logs` has the formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import product
from typing import Any
from uuid import UUID

from containment.logs.aws import PROTOCOL_NUMBERS, FirewallAction, FlowAction, FlowRecord, QueryRecord
from containment.logs.gateway import PacketLine, SessionLine, Stage
from containment.logs.record import DecisionRecord
from containment.policy.flow import PolicyVerdict
from containment_lab.linux.nflog import Packet
from containment_lab.vpc.dns_response import TYPES, DnsResponse, parse_response

OPENED = "opened"
"""Prefix of the names of chains that decrypt TLS; their decisions are in their requests' log entries."""
_INVALID = "CERTIFICATE_VERIFY_FAILED"
UNNAMED = "unnamed"
"""The proxy's Host for a request without one (HTTP/1.0)."""
_RESOLVER = re.compile(r"Q (\S+) (\d+) (udp|tcp) (\d+) (.+) (ALLOW|ALERT|BLOCK|NONE) (\S+)$")
_RESPONSE = re.compile(r"R (\S+) (\d+) (udp|tcp) ((?:[0-9a-f]{2})+)$")


def make_packet_line(packet: Packet, gateway: str, session: int) -> PacketLine:
    """Return the gateway's record of a packet that a rule on addresses decided; `session` is a number for its flow."""
    verdict, uuid, enforced = packet.prefix.strip().split("|")
    return PacketLine(
        time=datetime.now(UTC),
        gateway=gateway,
        rule_uuid=UUID(uuid) if uuid else None,
        source=packet.source,
        destination=packet.destination,
        protocol=packet.protocol.upper(),
        source_port=packet.source_port,
        port=packet.port,
        verdict=PolicyVerdict(verdict),
        enforced=enforced == "true",
        session=session,
        size=packet.size,
    )


def make_session_lines(entry: Mapping[str, Any], gateway: str, process: int) -> Iterator[SessionLine]:
    """Yield the gateway's records of one entry of Envoy's access log: one per rule that matched, and per stage."""
    if str(entry.get("dest", "")).startswith("127."):
        return  # a health check of the proxy
    by_request = entry.get("chain") == "http" or str(entry.get("chain", "")).startswith(f"{OPENED}|")
    chain = str((entry.get("rule") or "") if by_request else entry.get("chain") or "")
    if not chain:
        chain = "DENY||true"  # the proxy refused a flow that is neither TLS nor HTTP, or has no data
    stages = [Stage.END if entry.get("when") == "TcpConnectionEnd" else Stage.START]
    reason, level = "POLICY", "txn" if entry.get("host") else "SNI"
    if entry.get("host") and not chain.startswith("DENY||"):
        stages = [Stage.START, Stage.END]  # Envoy logs a request once, at its end
    if _INVALID in str(entry.get("failure")) and chain.startswith("PERMIT|"):
        chain, stages = f"DENY|{chain.split('|')[1]}|true", [Stage.TLS_CHECK]
        reason, level = "TLS_PROFILE", "ORIGIN_CERT_VALIDATE"
    (source, source_port), (destination, port) = _parse_endpoint(entry["src"]), _parse_endpoint(entry["dest"])
    for decision, stage in product(chain.split(">"), stages):
        verdict, uuid, enforced = decision.split("|")[:3]
        yield SessionLine(
            time=datetime.fromtimestamp(float(entry["time"]), UTC),
            gateway=gateway,
            process=process,
            verdict=PolicyVerdict(verdict),
            source=ip_address(source),
            source_port=source_port,
            destination=ip_address(destination),
            port=port,
            enforced=enforced == "true",
            level=level,
            sni_hostname=entry.get("sni") or _extract_host_name(entry.get("host") or ""),
            rule_uuid=UUID(uuid) if uuid else None,
            session=str(entry.get("session")),
            stage=stage,
            request_bytes=int(entry.get("received") or 0),
            response_bytes=int(entry.get("sent") or 0),
            upstream=entry.get("upstream") or "",
            reason=reason,
            url=f"https://{entry.get('host') or ''}{entry['path'] or ''}" if "path" in entry else "",
        )


def make_flow_record(packet: Packet, account: str) -> FlowRecord:
    """Return the flow-log record of a new or refused flow."""
    action, interface, _ = packet.prefix.strip().split("|")
    now = datetime.now(UTC)
    return FlowRecord(
        account=account,
        interface=interface,
        source=packet.source,
        destination=packet.destination,
        source_port=packet.source_port or 0,
        port=packet.port or 0,
        protocol=PROTOCOL_NUMBERS[packet.protocol] if packet.protocol in PROTOCOL_NUMBERS else int(packet.protocol),
        packets=1,
        size=packet.size,
        start=now,
        end=now,
        action=FlowAction(action),
    )


def identify_filter(packet: Packet) -> str:
    """Return the part of the VPC that refused a packet: security group, network ACL, source check."""
    return packet.prefix.strip().split("|")[2].partition(":")[0]


def parse_query_record(line: str, vpc: str, account: str, region: str) -> QueryRecord | None:
    """Return the query-log record of one line of the resolver's output; None if the line is no query."""
    found = _RESOLVER.match(line.strip())
    if not found:
        return None
    source, port, transport, query_type, rule, action, name = found.groups()
    return QueryRecord(
        account_id=account,
        region=region,
        vpc_id=vpc,
        query_timestamp=datetime.now(UTC),
        query_name=name,
        query_type=TYPES.get(int(query_type), query_type),
        query_class="IN",
        srcaddr=ip_address(source),
        srcport=port,
        transport=transport.upper(),
        firewall_rule_action=None if action == "NONE" else FirewallAction(action),
        firewall_rule=None if action == "NONE" else rule,
    )


def parse_response_line(line: str) -> tuple[str, str, DnsResponse] | None:
    """Return address and port, transport, and content of a response that the resolver reported; None if the line is no response."""
    found = _RESPONSE.match(line.strip())
    response = parse_response(bytes.fromhex(found[4])) if found else None
    return None if found is None or response is None else (f"{found[1]} {found[2]}", found[3].upper(), response)


def decide_from_event(event: Mapping[str, Any], stack: str) -> DecisionRecord:
    """Return the decision of an endpoint's policy or of the metadata service."""
    return DecisionRecord(
        time=datetime.fromtimestamp(float(event["time"]), UTC),
        stack=stack,
        source=ip_address(event["source"]),
        server_name=str(event["name"]),
        address=ip_address(event["address"]) if event.get("address") else None,
        port=event.get("port"),
        rule_uuid=None,
        rule=str(event["rule"]),
        verdict=PolicyVerdict(event["verdict"]),
        enforced=True,
    )


def _extract_host_name(host: str) -> str:
    """Return the name in a Host header without the port; empty if the client sent none."""
    name = re.sub(r":\d+$", "", host)
    return "" if name == UNNAMED else name


def _parse_endpoint(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
