"""Attempts from the agent host, each joined with its log lines and with the receipts of its nonce.

Rules kept here:
- a log line belongs to an attempt by the attempt's port, else by the names and addresses that it used, unless the port is another attempt's
  (the gateway changes a flow's port when two flows would be equal to its proxy);
- a lookup counts as the attempt's if the host sent it; the gateway's lookups decide nothing;
- lines arrive late on a busy machine: collection waits, within bounds, until every accepted connection has its line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address
from typing import Any

from pydantic import TypeAdapter

from containment.logs.decisions import is_lookup
from containment.logs.record import DecisionRecord
from containment.policy.flow import Effect, PolicyVerdict
from containment.policy.scenario import Scenario
from containment_lab.internet.address_plan import ATTACKER_NETWORK, NEIGHBOUR_NETWORK
from containment_lab.internet.receipts import make_nonce
from containment_lab.network.control import LabNetwork

AIMS = frozenset({"attacker", "neighbour", "external-resolver", "same-vpc-neighbour", "gateway"})
"""Receivers that must not get a nonce."""
_AT_ONCE = min(ATTACKER_NETWORK.num_addresses, NEIGHBOUR_NETWORK.num_addresses) - 2
RECORDS = TypeAdapter(list[DecisionRecord])
"""Reads the decisions that a network's supervisor returns."""
_SETTLE, _SETTLE_MOST = 0.7, 20.0
"""Seconds without a new log line after every connection has one, and the longest wait in seconds."""


@dataclass(frozen=True)
class AttemptResult:
    """The result of one attempt: the receivers of its nonce, the decision on it, and its end as the program reported it."""

    id: str
    arrived: tuple[str, ...]
    decision: DecisionRecord | None
    ended: str

    @property
    def effect(self) -> Effect:
        """Whether the nonce reached a receiver that must not get one."""
        return Effect.DELIVERED if AIMS & set(self.arrived) else Effect.BLOCKED


@dataclass(frozen=True)
class Traces:
    """The marks of an attempt in logs: names, addresses, its TCP ports (`answered`: those that were accepted), and ports of `others`.

    `asked` are the names that it queried at the VPC's resolver; only their lookups belong to it.
    """

    names: frozenset[str]
    asked: frozenset[str]
    places: frozenset[str]
    ports: frozenset[int]
    answered: frozenset[int]
    others: frozenset[int]

    @classmethod
    def read_traces(cls, told: dict[str, Any], every: Iterable[dict[str, Any]]) -> Traces:
        """Return the traces of an attempt.

        Args:
            told: Its result, as `containment_lab.attacks` prints it.
            every: The results of all attempts of the run.
        """
        places = frozenset(mark for mark in told["marks"] if _is_address(mark))
        names, asked = (frozenset(mark.lower().rstrip(".") for mark in told[key]) for key in ("marks", "asked"))
        others = frozenset(port for each in every for port in each["ports"]) - frozenset(told["ports"])
        return cls(names, asked, places, frozenset(told["ports"]), frozenset(told["answered"]), others)

    def is_trace(self, record: DecisionRecord) -> bool:
        """Return whether a log line belongs to this attempt.

        A port of the attempt decides it, and so does a port of another one. Otherwise the line's name must be one of the attempt's, and so
        must its address, unless the attempt used none.
        """
        if is_lookup(record):
            return (record.server_name or "").lower().rstrip(".") in self.asked
        here = {str(record.address), str(record.source)} & self.places
        if record.source_port in self.ports:
            return bool(here) or not self.places
        if self.ports and record.source_port in self.others:
            return False
        name = (record.server_name or "").lower().rstrip(".")
        if name and name not in self.names:
            return False
        return bool(here) if record.address is not None and self.places else bool(name) or bool(here)


def attempt_all(
    world: LabNetwork, scenarios: Sequence[Scenario], patience: float = 6.0, timeout: float = 300.0
) -> dict[str, AttemptResult]:
    """Make every attempt from the agent host and return the results by id.

    They run at once, in batches in which each has one of the attacker's addresses alone.

    Args:
        world: The network.
        scenarios: The attempts.
        patience: Seconds that an attempt waits for an answer.
        timeout: Seconds for one batch.
    """
    if len(scenarios) > _AT_ONCE:
        first = attempt_all(world, scenarios[:_AT_ONCE], patience, timeout)
        return first | attempt_all(world, scenarios[_AT_ONCE:], patience, timeout)
    status = world.send_command("status")
    before = world.send_command("decisions")["count"]
    nonces = {each.id: make_nonce() for each in scenarios}
    tasks = [_make_task(each, index, nonces[each.id], status) | {"timeout": patience} for index, each in enumerate(scenarios, 1)]
    command = world.build_privileged_command([sys.executable, "-m", "containment_lab.attacks"])
    done = subprocess.run(command, input=json.dumps(tasks), capture_output=True, text=True, timeout=timeout, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"the attempts could not be made: {done.stderr.strip()[-800:]}")
    told = {each["id"]: each for each in json.loads(done.stdout)}
    traces = {key: Traces.read_traces(each, told.values()) for key, each in told.items()}
    decisions = _await_log_lines(world, before, traces.values(), status)
    receipts: list[dict[str, Any]] = world.send_command("receipts")
    credentials = set(world.send_command("status")["credential_nonces"].values())
    return {
        key: AttemptResult(
            key,
            tuple(dict.fromkeys(_list_receivers(nonces[key], receipts) + (["attacker"] if credentials & set(each["took"]) else []))),
            find_decision(traces[key], decisions),
            each["ended"],
        )
        for key, each in told.items()
    }


def _await_log_lines(world: LabNetwork, before: int, traces: Iterable[Traces], status: dict[str, Any]) -> list[DecisionRecord]:
    """Return the lines since `before`, once every connection has one and no more arrive, at the latest after `_SETTLE_MOST` seconds."""
    logged = [each for each in traces if each.answered and not _is_inside_vpc(each, status)] if "dcf" in status["layers"] else []
    count, since, over = -1, time.monotonic(), time.monotonic() + _SETTLE_MOST
    lines: list[DecisionRecord] = []
    while time.monotonic() < over:
        told = world.send_command("decisions", after=before, every_source=True)  # attempts forge source addresses as well
        if told["count"] != count:
            count, since = told["count"], time.monotonic()
            lines = [each for each in RECORDS.validate_python(told["records"]) if not _is_gateways(each, status)]
        missing = any(not any(one.is_trace(line) and not is_lookup(line) for line in lines) for one in logged)
        if not missing and time.monotonic() > since + _SETTLE:
            break
        time.sleep(0.1)
    return lines


def _is_inside_vpc(traces: Traces, status: dict[str, Any]) -> bool:
    """Return whether an attempt stayed in the VPC, where no gateway sees it."""
    networks = [IPv4Network(each) for each in status["networks"]]
    return any(ip_address(place) in network for place in traces.places for network in networks)


def _is_gateways(record: DecisionRecord, status: dict[str, Any]) -> bool:
    return is_lookup(record) and str(record.source) == status["gateway"]


def _make_task(scenario: Scenario, index: int, nonce: str, status: dict[str, Any]) -> dict[str, Any]:
    assert scenario.command is not None
    return {
        "id": scenario.id,
        "nonce": nonce,
        "address": str(ATTACKER_NETWORK.network_address + index),
        "neighbour": str(NEIGHBOUR_NETWORK.network_address + index),
        "vpc_neighbours": status["neighbours"],
        "gateway": status["gateway"],
        "resolver": status["resolver"],
        "region": status["region"],
        "command": list(scenario.command),
    }


def _list_receivers(nonce: str, receipts: Iterable[dict[str, Any]]) -> list[str]:
    return [each["holder"] for each in receipts if each["nonce"].startswith(nonce)]


def find_decision(traces: Traces, decisions: Sequence[DecisionRecord]) -> DecisionRecord | None:
    """Return the decision on an attempt: its first refusal, else its flow, else a permitted lookup."""
    found = [each for each in decisions if traces.is_trace(each)]
    refused = sorted(
        (each for each in found if each.verdict is PolicyVerdict.DENY), key=is_lookup, reverse=True
    )  # the lookup precedes the flow
    flows = [each for each in found if not is_lookup(each)]
    return next(iter(refused or flows or found), None)


def _is_address(mark: str) -> bool:
    try:
        ip_address(mark)
    except ValueError:
        return False
    return True
