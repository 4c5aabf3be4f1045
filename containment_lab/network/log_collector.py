"""Log collection of one network: gateway, VPC and resolver logs, and the decision records read from them.

Lines come from nftables (`nflog`), from the output of Envoy and the resolver, and from the simulated AWS services. A rule's name is looked
up in the table in force when the line arrives. The gateway and other machines also send packets: each decision is attributed to the agent,
or not, here and only here, by its source address.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from containment.logs.aws import FirewallAction, FlowAction, QueryRecord
from containment.logs.decisions import decide_from_flow, decide_from_query, read_gateway_line
from containment.logs.gateway import PacketLine, SessionLine
from containment.logs.record import DecisionRecord
from containment_lab.gateway import logs
from containment_lab.linux.nflog import Packet
from containment_lab.network.deployed_host import Target
from containment_lab.network.log_delivery import LogDelivery, LogGroups
from containment_lab.vpc.dns_response import TYPES, DnsResponse

_KEPT = 20000
_PATIENCE = 3.0
"""Seconds in which a response is awaited; the resolver itself gives up after two."""


class _QueryKey(NamedTuple):
    """What a query and its response have in common: the client's address and port, transport, name, type."""

    source: str
    transport: str
    name: str
    qtype: str


@dataclass(frozen=True)
class LogContext:
    """Facts that log lines are joined with: rule names by uuid, account, flow log, log groups, gateway name, agent addresses."""

    rules: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    flow_logged: bool = False
    groups: LogGroups = field(default_factory=LogGroups)
    gateway: str = "gateway"
    agent: frozenset[IPv4Address | IPv6Address] = frozenset()


class LogCollector:
    """The logs of one network since its start; the last `_KEPT` decisions are in memory, all of them in the folder's files."""

    def __init__(
        self,
        folder: Path,
        target: Target,
        delivery: LogDelivery | None = None,
        later: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        """Collect into the files of a folder.

        Args:
            folder: The network's folder.
            target: The host of the network.
            delivery: Sends lines to the deployed log groups. Without it, they are in the folder only.
            later: Calls a function after some seconds. Without it, queries without a response are written by `flush_queries`.
        """
        self._folder, self._target, self._delivery, self._later = folder, target, delivery, later
        self.is_collecting = True
        """Whether the gateway's lines reach its log; tests of a broken log path stop them. Decisions are counted all the same."""
        self._asked: dict[_QueryKey, list[QueryRecord]] = {}
        self._files: dict[str, Any] = {}
        self._sessions = 0
        self.known = LogContext()
        self._records: deque[tuple[bool, DecisionRecord]] = deque(maxlen=_KEPT)
        self.count = 0
        self.hits: dict[str, int] = {}
        """Decisions on the agent's packets, counted by rule."""

    def record_gateway_packet(self, packet: Packet) -> None:
        """Record a packet that the gateway's filter decided."""
        self._sessions += 1
        self._add_gateway_record(logs.make_packet_line(packet, self.known.gateway, self._sessions))

    def record_access_line(self, line: str, pid: int) -> None:
        """Record a line of Envoy's access log."""
        with contextlib.suppress(json.JSONDecodeError):
            entry = json.loads(line)
            stopped = not entry.get("chain") or str(entry["chain"]).endswith("|stop")
            if ("listener" in entry) == stopped:
                for record in logs.make_session_lines(entry, self.known.gateway, pid):
                    self._add_gateway_record(record)

    def record_vpc_flow(self, packet: Packet) -> None:
        """Record a new flow in the VPC, or one that the VPC refused."""
        record = logs.make_flow_record(packet, self.known.account)
        if self.known.flow_logged:
            self._write("vpc-flow.log", record.format())
            self._deliver(self.known.groups.flows, record.format())
        if record.action is FlowAction.REJECT:
            self._add_decision(decide_from_flow(record, self._target.stack, logs.identify_filter(packet)))

    def record_query_line(self, line: str) -> None:
        """Record a line of the resolver's output: a decision at once, and the log line with the answers once there is a response.

        A query that the firewall blocks has no answers, and its line is written at once.
        """
        if found := logs.parse_response_line(line):
            self._record_response(*found)
        elif record := logs.parse_query_record(line, self._target.vpc, self.known.account, self._target.region):
            if record.firewall_rule_action is FirewallAction.BLOCK:
                self._write_query(record)
            else:
                self._await_response(record)
            self._add_decision(decide_from_query(record, self._target.stack))

    def flush_queries(self) -> None:
        """Write the queries that have no response yet, without answers."""
        for records in self._asked.values():
            for record in records:
                self._write_query(record)
        self._asked.clear()

    def _write_query(self, record: QueryRecord) -> None:
        self._write("resolver-query.log", record.format())
        self._deliver(self.known.groups.queries, record.format())

    def _await_response(self, record: QueryRecord) -> None:
        key = _QueryKey(f"{record.srcaddr} {record.srcport}", record.transport, record.query_name.lower().rstrip("."), record.query_type)
        self._asked.setdefault(key, []).append(record)
        if self._later is not None:
            self._later(_PATIENCE, partial(self._give_up, key, record))

    def _record_response(self, source: str, transport: str, response: DnsResponse) -> None:
        """Write the line of the first query that a response answers; a response without a query is not the resolver's and is ignored."""
        key = _QueryKey(source, transport, response.name.rstrip("."), TYPES.get(response.qtype, str(response.qtype)))
        if waiting := self._asked.get(key):
            record = waiting.pop(0).model_copy(update={"answers": response.answers, "rcode": response.rcode})
            self._write_query(record)
            if not waiting:
                del self._asked[key]

    def _give_up(self, key: _QueryKey, record: QueryRecord) -> None:
        """Write a query without answers if its response has not come."""
        waiting = self._asked.get(key, [])
        if any(one is record for one in waiting):
            self._write_query(record)
            waiting[:] = [one for one in waiting if one is not record]
            if not waiting:
                del self._asked[key]

    def record_service_event(self, event: dict[str, object]) -> None:
        """Record a decision of an endpoint's policy or of the metadata service."""
        self._add_decision(logs.decide_from_event(event, self._target.stack))

    def list_decisions(self, after: int = 0, *, every_source: bool = False) -> list[DecisionRecord]:
        """Return the decisions on the agent's packets, from a position on.

        Args:
            after: Number of decisions to skip (of every source, as in `count`).
            every_source: Include packets of the gateway and other machines, and those with a forged source address.
        """
        skip = max(0, after - (self.count - len(self._records)))
        return [record for by_agent, record in islice(self._records, skip, None) if by_agent or every_source]

    def _add_gateway_record(self, record: PacketLine | SessionLine) -> None:
        """Write a line and read the decision back from it, like a reader that has only the log."""
        line = record.format()
        if self.is_collecting:
            self._write("gateway.log", line)
        if decision := read_gateway_line(line, self._target.stack, self.known.rules):
            self._add_decision(decision)

    def _add_decision(self, record: DecisionRecord) -> None:
        by_agent = record.source in self.known.agent
        self._records.append((by_agent, record))
        self.count += 1
        if by_agent and record.bytes_in is None and record.rule:
            self.hits[record.rule] = self.hits.get(record.rule, 0) + 1
        self._write("decisions.jsonl", record.model_dump_json())

    def _deliver(self, groups: tuple[str, ...], line: str) -> None:
        for group in groups if self._delivery else ():
            assert self._delivery is not None
            self._delivery.add_line(group, line)

    def _write(self, name: str, line: str) -> None:
        if name not in self._files:
            self._files[name] = (self._folder / name).open("a", buffering=1)
        self._files[name].write(line + "\n")
