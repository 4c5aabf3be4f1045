"""Which log line is an attempt's: by its own port, else by what it asked for; never a lookup that the gateway made for itself."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

from containment.logs.record import DecisionRecord
from containment.policy.flow import PolicyVerdict
from containment_lab.validation.attempts import Traces, find_decision

HOST = "10.43.10.10"
ATTACKER = "203.0.113.7"


def line(rule: str, verdict: str = "PERMIT", **more: Any) -> DecisionRecord:
    told: dict[str, Any] = {"server_name": None, "address": None, "port": 443, "source": HOST, **more}
    for key in ("source", "address"):
        told[key] = ip_address(told[key]) if told[key] else None
    return DecisionRecord(
        time=datetime.now(UTC), stack="dev", rule_uuid=None, rule=rule, verdict=PolicyVerdict(verdict), enforced=True, **told
    )


def traces(
    *marks: str, ports: tuple[int, ...] = (), others: tuple[int, ...] = (40001, 40002), asked: tuple[str, ...] | None = None
) -> Traces:
    names = marks if asked is None else asked
    told = {"marks": list(marks), "asked": list(names), "ports": list(ports), "answered": list(ports)}
    return Traces.read_traces(told, [{"ports": list(others)}])


def rule_for(attempt: Traces, *lines: DecisionRecord) -> str | None:
    decision = find_decision(attempt, lines)
    return decision.rule if decision else None


def test_two_flows_to_one_place_are_distinguished_by_their_source_port() -> None:
    lines = [
        line("allow", server_name="github.com", address=ATTACKER, source_port=40001),
        line("deny", "DENY", server_name="api.openai.com", address=ATTACKER, source_port=40002),
    ]
    assert rule_for(traces(ATTACKER, "github.com", ports=(40001,)), *lines) == "allow"
    assert rule_for(traces(ATTACKER, "api.openai.com", ports=(40002,)), *lines) == "deny"
    assert rule_for(traces(ATTACKER, "github.com", ports=(40003,)), *lines) is None


def test_a_flow_that_got_another_port_on_its_way_is_known_by_what_it_requested() -> None:
    lines = [line("deny", "DENY", server_name="paste.rs", address=ATTACKER, source_port=30594)]
    assert rule_for(traces(ATTACKER, "paste.rs", ports=(40001,)), *lines) == "deny"
    assert rule_for(traces(ATTACKER, "github.com", ports=(40001,)), *lines) is None


def test_a_port_is_nothing_without_the_place() -> None:
    assert rule_for(traces(ATTACKER, ports=(40001,)), line("allow", address="203.0.113.8", source_port=40001)) is None


def test_a_flow_with_a_line_is_not_decided_by_the_lookup_before_it() -> None:
    asked = line("vpc-resolver", server_name="github.com", port=53)
    assert rule_for(traces(ATTACKER, "github.com", ports=(40001,)), asked) == "vpc-resolver"
    flow = line("allow", server_name="github.com", address=ATTACKER, source_port=40001)
    assert rule_for(traces(ATTACKER, "github.com", ports=(40001,)), asked, flow) == "allow"


def test_a_refused_lookup_comes_before_the_flow_it_was_for() -> None:
    lines = [
        line("default-deny", "DENY", address=ATTACKER, source_port=40001),
        line("dns-firewall:block", "DENY", server_name="evil.example", port=53),
    ]
    assert rule_for(traces(ATTACKER, "evil.example", ports=(40001,)), *lines) == "dns-firewall:block"


def test_a_lookup_is_not_that_of_an_attempt_that_only_claims_the_name() -> None:
    lookup = line("dns-firewall:block", "DENY", server_name="github.com", port=53)
    flow = line("default-deny", "DENY", server_name="github.com", address=ATTACKER, source_port=40001)
    assert rule_for(traces(ATTACKER, "github.com", ports=(40001,), asked=()), lookup, flow) == "default-deny"
    assert rule_for(traces(ATTACKER, "github.com", ports=(40001,)), lookup, flow) == "dns-firewall:block"


@pytest.mark.parametrize(
    ("told", "mine"),
    [
        ({"server_name": "github.com"}, True),
        ({"server_name": "GitHub.com."}, True),
        ({"server_name": "example.com"}, False),
        ({"server_name": "github.com", "address": "203.0.113.9"}, False),
        ({"address": ATTACKER}, True),
        ({"address": ATTACKER, "server_name": "example.com"}, False),
    ],
)
def test_without_ports_every_name_and_address_that_a_line_has_must_be_the_attempts(told: dict[str, Any], mine: bool) -> None:
    assert traces("github.com", ATTACKER).is_trace(line("any", **told)) is mine
