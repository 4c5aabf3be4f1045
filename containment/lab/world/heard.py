"""What a world's parts say, written down: the gateway's, the VPC's and the resolver's logs, and the decisions they tell.

Lines come from nftables (`nflog`), from Envoy's and the resolver's output, and from AWS's own services. A rule's name is looked up in the
table that is in force when its line comes.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containment.lab.world import decisions, logs
from containment.lab.world.nflog import Packet
from containment.lab.world.target import Target
from containment.model.decision_log import DecisionRecord

_KEPT = 20000


@dataclass(frozen=True)
class Known:
    """What lines are joined with: rule names by uuid, account, whether there is a flow log, the gateway's name, the agent's address."""

    rules: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    flow_logged: bool = False
    gateway: str = "gateway"
    agent: str = "0.0.0.0"  # noqa: S104 - not known yet


class Heard:
    """Everything heard of one world since it was made; the last `_KEPT` decisions are at hand, all are in the folder's files."""

    def __init__(self, folder: Path, target: Target) -> None:
        self._folder, self._target = folder, target
        self._files: dict[str, Any] = {}
        self._sessions = 0
        self.known = Known()
        self.records: deque[DecisionRecord] = deque(maxlen=_KEPT)
        self.count = 0
        self.hits: dict[str, int] = {}

    def judged(self, packet: Packet) -> None:
        """Hear a packet that the gateway's filter decided."""
        self._sessions += 1
        self._gateway_line(logs.l4_line(packet, self.known.gateway, self._sessions))

    def access(self, line: str, pid: int) -> None:
        """Hear a line of Envoy's access log."""
        with contextlib.suppress(json.JSONDecodeError):
            entry = json.loads(line)
            stopped = not entry.get("chain") or str(entry["chain"]).endswith("|stop")
            if ("listener" in entry) == stopped:
                for told in logs.l7_lines(entry, self.known.gateway, pid):
                    self._gateway_line(told)

    def flow(self, packet: Packet) -> None:
        """Hear a new flow in the VPC, or one that the VPC itself refused."""
        if self.known.flow_logged:
            self._write("vpc-flow.log", logs.flow_line(packet, self.known.account))
        if packet.prefix.startswith("REJECT"):
            self._record(decisions.of_flow(packet, self._target.stack))

    def query(self, line: str) -> None:
        """Hear a line of the resolver's."""
        if record := logs.query_record(line, self._target.vpc, self.known.account, self._target.region):
            self._write("resolver-query.log", json.dumps(record))
            self._record(decisions.of_query(record, self._target.stack))

    def event(self, event: dict[str, object]) -> None:
        """Hear what an endpoint's policy or the metadata service decided."""
        self._record(decisions.of_event(event, self._target.stack, self.known.agent))

    def _gateway_line(self, line: str) -> None:
        self._write("gateway.log", line)
        if record := decisions.read_line(line, self._target.stack, self.known.rules):
            self._record(record)

    def _record(self, record: DecisionRecord) -> None:
        self.records.append(record)
        self.count += 1
        if record.bytes_in is None and record.rule:
            self.hits[record.rule] = self.hits.get(record.rule, 0) + 1
        self._write("decisions.jsonl", record.model_dump_json())

    def _write(self, name: str, line: str) -> None:
        if name not in self._files:
            self._files[name] = (self._folder / name).open("a", buffering=1)
        self._files[name].write(line + "\n")
