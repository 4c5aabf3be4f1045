"""Attempts made from the agent host, each joined with what was logged of it and with who got its nonce.

Rules kept here:
- a line of a log belongs to an attempt by the attempt's own port, else by the names and addresses it used, unless the port is another's
  (the gateway gives a flow another port when two would be the same to its proxy);
- a lookup counts as the attempt's when the host asked; what the gateway looks up for itself decides nothing;
- lines come late on a busy machine: it is waited, within bounds, until every connection that somebody answered has its line.
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

from containment.lab.world.addresses import ATTACKER_NETWORK, NEIGHBOUR_NETWORK
from containment.lab.world.control import World
from containment.lab.world.receipts import new_nonce
from containment.model.decision_log import DecisionRecord
from containment.model.flow import Effect, Verdict
from containment.model.scenario import Scenario

AIMS = frozenset({"attacker", "neighbour", "external-resolver", "same-vpc-neighbour", "gateway"})
"""Who must not get a nonce."""
_AT_ONCE = min(ATTACKER_NETWORK.num_addresses, NEIGHBOUR_NETWORK.num_addresses) - 2
_RECORDS = TypeAdapter(list[DecisionRecord])
_SETTLE, _SETTLE_MOST = 0.7, 20.0
"""For how long no log line may come once every connection has its own, and how long all of that is waited for."""


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: who got the nonce, who decided, and how it ended for its maker."""

    id: str
    arrived: tuple[str, ...]
    decision: DecisionRecord | None
    ended: str

    @property
    def effect(self) -> Effect:
        """Whether the nonce reached somebody it must not reach."""
        return Effect.DELIVERED if AIMS & set(self.arrived) else Effect.BLOCKED


@dataclass(frozen=True)
class Traces:
    """What an attempt can be known by in logs: names, addresses, its own TCP ports (`answered`: by somebody), and those of `others`.

    `asked` are the names that it asked the VPC's resolver for: a lookup of another one with the same name is not its own.
    """

    names: frozenset[str]
    asked: frozenset[str]
    places: frozenset[str]
    ports: frozenset[int]
    answered: frozenset[int]
    others: frozenset[int]

    @classmethod
    def of(cls, told: dict[str, Any], every: Iterable[dict[str, Any]]) -> Traces:
        """Return the traces of an attempt as its maker told them, together with `every` attempt of the same run."""
        places = frozenset(mark for mark in told["marks"] if _is_address(mark))
        names, asked = (frozenset(mark.lower().rstrip(".") for mark in told[key]) for key in ("marks", "asked"))
        others = frozenset(port for each in every for port in each["ports"]) - frozenset(told["ports"])
        return cls(names, asked, places, frozenset(told["ports"]), frozenset(told["answered"]), others)

    def left(self, record: DecisionRecord) -> bool:
        """Tell whether a line is about this attempt.

        A port of its own settles it, and so does another's. Else a line that has a name must have a right one, and one that has an address,
        too, unless the attempt knew none.
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


def attempt_all(world: World, scenarios: Sequence[Scenario], patience: float = 6.0, timeout: float = 300.0) -> dict[str, Outcome]:
    """Make every attempt from the agent host and return what became of each; `patience` is how many seconds one waits for an answer.

    All at once, as long as each can have an address of the attacker's to itself.
    """
    if len(scenarios) > _AT_ONCE:
        first = attempt_all(world, scenarios[:_AT_ONCE], patience, timeout)
        return first | attempt_all(world, scenarios[_AT_ONCE:], patience, timeout)
    status = world.ask("status")
    before = world.ask("decisions")["count"]
    nonces = {each.id: new_nonce() for each in scenarios}
    tasks = [_task(each, index, nonces[each.id], status) | {"timeout": patience} for index, each in enumerate(scenarios, 1)]
    command = world.command([sys.executable, "-m", "containment.lab.world.attacks"])
    done = subprocess.run(command, input=json.dumps(tasks), capture_output=True, text=True, timeout=timeout, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"the attempts could not be made: {done.stderr.strip()[-800:]}")
    told = {each["id"]: each for each in json.loads(done.stdout)}
    traces = {key: Traces.of(each, told.values()) for key, each in told.items()}
    decisions = _settled(world, before, traces.values(), status)
    receipts: list[dict[str, Any]] = world.ask("receipts")
    credentials = set(world.ask("status")["credential_nonces"].values())
    return {
        key: Outcome(
            key,
            tuple(dict.fromkeys(_arrived(nonces[key], receipts) + (["attacker"] if credentials & set(each["took"]) else []))),
            deciding(traces[key], decisions),
            each["ended"],
        )
        for key, each in told.items()
    }


def _settled(world: World, before: int, traces: Iterable[Traces], status: dict[str, Any]) -> list[DecisionRecord]:
    """Return the lines since `before`, once every connection has its own and no more come; at most after `_SETTLE_MOST` seconds."""
    logged = [each for each in traces if each.answered and not _inside(each, status)] if "dcf" in status["layers"] else []
    count, since, over = -1, time.monotonic(), time.monotonic() + _SETTLE_MOST
    lines: list[DecisionRecord] = []
    while time.monotonic() < over:
        told = world.ask("decisions", after=before)
        if told["count"] != count:
            count, since = told["count"], time.monotonic()
            lines = [each for each in _RECORDS.validate_python(told["records"]) if not _is_gateways(each, status)]
        missing = any(not any(one.left(line) and not is_lookup(line) for line in lines) for one in logged)
        if not missing and time.monotonic() > since + _SETTLE:
            break
        time.sleep(0.1)
    return lines


def _inside(traces: Traces, status: dict[str, Any]) -> bool:
    """Whether an attempt stayed in the VPC, where no gateway sees it."""
    networks = [IPv4Network(each) for each in status["networks"]]
    return any(ip_address(place) in network for place in traces.places for network in networks)


def _is_gateways(record: DecisionRecord, status: dict[str, Any]) -> bool:
    return is_lookup(record) and str(record.source) == status["gateway"]


def _task(scenario: Scenario, index: int, nonce: str, status: dict[str, Any]) -> dict[str, Any]:
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


def _arrived(nonce: str, receipts: Iterable[dict[str, Any]]) -> list[str]:
    return [each["holder"] for each in receipts if each["nonce"].startswith(nonce)]


def deciding(traces: Traces, decisions: Sequence[DecisionRecord]) -> DecisionRecord | None:
    """Return who decided: the first refusal that belongs to the attempt, else its flow; a permitted lookup when there is no other."""
    found = [each for each in decisions if traces.left(each)]
    refused = sorted((each for each in found if each.verdict is Verdict.DENY), key=is_lookup, reverse=True)  # the name is asked first
    flows = [each for each in found if not is_lookup(each)]
    return next(iter(refused or flows or found), None)


def _is_address(mark: str) -> bool:
    try:
        ip_address(mark)
    except ValueError:
        return False
    return True


def is_lookup(record: DecisionRecord) -> bool:
    """Whether a line is the resolver's."""
    return (record.rule or "").startswith(("vpc-resolver", "dns-firewall"))
