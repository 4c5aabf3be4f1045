"""Decisions from log records: the gateway's, the VPC's and the resolver's records joined with the deployed rule table.

A uuid without a deployed rule is kept, with no rule name; the default action has no uuid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from containment.logs.aws import FirewallAction, FlowAction, FlowRecord, QueryRecord
from containment.logs.gateway import PacketLine, SessionLine, Stage, parse_gateway_line
from containment.logs.record import DecisionRecord
from containment.policy.flow import PolicyVerdict

DEFAULT_ACTION: Final = "default-action"
VPC_RESOLVER: Final = "vpc-resolver"
DNS_FIREWALL: Final = "dns-firewall"
_DNS_PORT = 53


def read_gateway_line(line: str, stack: str, rules: Mapping[str, str]) -> DecisionRecord | None:
    """Return the decision of a gateway's line.

    Args:
        line: One line of the gateway's log.
        stack: The stack that the gateway belongs to.
        rules: Names of the deployed rules by uuid.

    Returns:
        The decision; None for a line of another kind.

    Raises:
        LogFormatError: A field is missing or wrong.
    """
    record = parse_gateway_line(line)
    return decide_from_gateway(record, stack, rules) if record else None


def decide_from_gateway(record: PacketLine | SessionLine, stack: str, rules: Mapping[str, str]) -> DecisionRecord:
    """Return the decision of a gateway's record; bytes are counted when a session has ended."""
    session = record if isinstance(record, SessionLine) else None
    ended = session is not None and session.stage is Stage.END
    return DecisionRecord(
        time=record.time,
        stack=stack,
        source=record.source,
        server_name=(session.sni_hostname or None) if session else None,
        address=record.destination,
        port=record.port,
        rule_uuid=record.rule_uuid,
        rule=rules.get(str(record.rule_uuid)) if record.rule_uuid else DEFAULT_ACTION,
        verdict=record.verdict,
        enforced=record.enforced,
        source_port=record.source_port,
        bytes_out=session.request_bytes if session and ended else None,
        bytes_in=session.response_bytes if session and ended else None,
    )


def decide_from_flow(record: FlowRecord, stack: str, filtered_by: str = "vpc") -> DecisionRecord:
    """Return the decision of the VPC on a flow; `filtered_by` names the filter that refused it, where known."""
    refused = record.action is FlowAction.REJECT
    return DecisionRecord(
        time=record.start,
        stack=stack,
        source=record.source,
        server_name=None,
        address=record.destination,
        port=record.port or None,
        rule_uuid=None,
        rule=filtered_by if refused else None,
        verdict=PolicyVerdict.DENY if refused else PolicyVerdict.PERMIT,
        enforced=True,
        source_port=record.source_port or None,
    )


def decide_from_query(record: QueryRecord, stack: str) -> DecisionRecord:
    """Return the resolver's decision on a query: ALERT is a block that is only watched."""
    action = record.firewall_rule_action
    return DecisionRecord(
        time=record.query_timestamp,
        stack=stack,
        source=record.srcaddr,
        server_name=record.query_name.rstrip(".") or ".",
        address=None,
        port=_DNS_PORT,
        rule_uuid=None,
        rule=f"{DNS_FIREWALL}:{record.firewall_rule}" if action else VPC_RESOLVER,
        verdict=PolicyVerdict.DENY if action in (FirewallAction.BLOCK, FirewallAction.ALERT) else PolicyVerdict.PERMIT,
        enforced=action is not FirewallAction.ALERT,
    )


def is_lookup(record: DecisionRecord) -> bool:
    """Return whether a decision is the resolver's."""
    return (record.rule or "").startswith((VPC_RESOLVER, DNS_FIREWALL))
