"""Readable decisions: the gateway's, resolver's and VPC's log lines joined with the rule table that was deployed.

A uuid that no deployed rule has stays a uuid, with no name; the default action has neither. What the VPC itself refuses (security group,
network ACL, source check) is named by that, because no DCF rule saw it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from containment.lab.world.nflog import Packet
from containment.model.decision_log import DecisionRecord
from containment.model.flow import Verdict

DEFAULT_ACTION = "default-action"
_L4 = re.compile(
    r"(\S+) \S+ AviatrixGwMicrosegPacket: POLICY=(\S*) SRC_IP=(\S+) DST_IP=(\S+) PROTO=(\S+)(?: SRC_PORT=(\d+) DST_PORT=(\d+))?"
    r".* ACT=(PERMIT|DENY) ENFORCED=(true|false).* SESSION_BYTE_CNT=(\d+)"
)
_L7 = re.compile(r"(\S+) \S+ traffic_server\[\d+\]: (\{.*\})$")


def read_line(line: str, stack: str, rules: Mapping[str, str]) -> DecisionRecord | None:
    """Return the decision that a gateway's line tells; None for a line of another kind, or the end of a flow whose start was told."""
    if found := _L4.match(line):
        stamp, uuid, source, destination, _, source_port, port, verdict, enforced, _size = found.groups()
        return DecisionRecord(
            time=datetime.fromisoformat(stamp),
            stack=stack,
            source=ip_address(source),
            server_name=None,
            address=ip_address(destination),
            port=int(port) if port else None,
            rule_uuid=UUID(uuid) if uuid else None,
            rule=rules.get(uuid) if uuid else DEFAULT_ACTION,
            verdict=Verdict(verdict),
            enforced=enforced == "true",
            source_port=int(source_port) if source_port else None,
        )
    if found := _L7.match(line):
        told = json.loads(found.group(2))
        uuid = told["decided_by"]
        ended = told["session_stage"] == "end"
        return DecisionRecord(
            time=datetime.fromisoformat(found.group(1)),
            stack=stack,
            source=ip_address(told["src"]),
            server_name=told["sni_hostname"] or None,
            address=ip_address(told["dest"]),
            port=int(told["dest_port"]),
            rule_uuid=UUID(uuid) if uuid else None,
            rule=rules.get(uuid) if uuid else DEFAULT_ACTION,
            verdict=Verdict.PERMIT if told["action"] == "Permit" else Verdict.DENY,
            enforced=bool(told["enforced"]),
            source_port=int(told["src_port"]),
            bytes_out=int(told["request_bytes"]) if ended else None,
            bytes_in=int(told["response_bytes"]) if ended else None,
        )
    return None


def of_flow(packet: Packet, stack: str) -> DecisionRecord:
    """Return the decision of the VPC itself on a packet: what it refused, and which part of it did."""
    action, _, why = packet.prefix.strip().split("|")
    return DecisionRecord(
        time=datetime.now(UTC),
        stack=stack,
        source=packet.source,
        server_name=None,
        address=packet.destination,
        port=packet.port,
        rule_uuid=None,
        rule=why.partition(":")[0] if action == "REJECT" else None,
        verdict=Verdict.DENY if action == "REJECT" else Verdict.PERMIT,
        enforced=True,
        source_port=packet.source_port,
    )


def of_query(record: Mapping[str, Any], stack: str) -> DecisionRecord:
    """Return the resolver's decision on a query: ALERT is a block that is only watched."""
    action = record.get("firewall_rule_action")
    return DecisionRecord(
        time=datetime.fromisoformat(record["query_timestamp"]),
        stack=stack,
        source=ip_address(record["srcaddr"]),
        server_name=str(record["query_name"]).rstrip(".") or ".",
        address=None,
        port=53,
        rule_uuid=None,
        rule=f"dns-firewall:{record['firewall_rule']}" if action else "vpc-resolver",
        verdict=Verdict.DENY if action in ("BLOCK", "ALERT") else Verdict.PERMIT,
        enforced=action != "ALERT",
    )


def of_event(event: Mapping[str, Any], stack: str, source: str) -> DecisionRecord:
    """Return the decision of an endpoint's policy or of the metadata service."""
    return DecisionRecord(
        time=datetime.fromtimestamp(float(event["time"]), UTC),
        stack=stack,
        source=ip_address(source),
        server_name=str(event["name"]),
        address=ip_address(event["address"]) if event.get("address") else None,
        port=event.get("port"),
        rule_uuid=None,
        rule=str(event["rule"]),
        verdict=Verdict(event["verdict"]),
        enforced=True,
    )


def readable(record: DecisionRecord) -> str:
    """Return one line for a person: time, source, name or address, rule, verdict, whether it was applied, bytes."""
    where = record.server_name or str(record.address)
    port = f":{record.port}" if record.port is not None else ""
    verdict = record.verdict.value if record.enforced or record.verdict is Verdict.PERMIT else "WOULD-DENY"
    size = "" if record.bytes_out is None else f" {record.bytes_out}+{record.bytes_in} bytes"
    rule = record.rule or (str(record.rule_uuid) if record.rule_uuid else "-")
    return f"{record.time:%H:%M:%S.%f}"[:-3] + f" {record.source} -> {where}{port} {verdict} by {rule}{size}"
