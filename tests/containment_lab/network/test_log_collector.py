"""Only what the agent's own addresses sent is listed as the agent's: for run, watch, verify and the hits of a report alike."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from containment.loaders.presets import load_library
from containment.logs.aws import QueryRecord
from containment.observe.observation import Scope, observe
from containment_lab.linux.nflog import Packet
from containment_lab.network.deployed_host import Target
from containment_lab.network.log_collector import LogCollector
from containment_lab.vpc.dns_response import parse_response

AGENT, SECOND, GATEWAY = IPv4Address("10.43.10.4"), IPv4Address("10.43.10.9"), IPv4Address("10.43.20.5")
SIX = IPv6Address("fd00::4")
RULE = "00000000-0000-0000-0000-00000000000a"


@pytest.fixture
def heard(tmp_path: Path) -> LogCollector:
    made = LogCollector(tmp_path, Target("dev", "i-1", "vpc-1", "us-east-1"))
    made.known = replace(made.known, rules={RULE: "allow"}, agent=frozenset({AGENT, SECOND, SIX}))
    return made


def lookup(heard: LogCollector, source: object, name: str = "github.com") -> None:
    heard.record_query_line(f"Q {source} 40001 udp 1 permitted ALLOW {name}.")


def by_address(heard: LogCollector, source: IPv4Address | IPv6Address) -> None:
    heard.record_gateway_packet(Packet(f"PERMIT|{RULE}|true ", source, IPv4Address("203.0.113.7"), "tcp", 40001, 443, b"", 60))


def by_name(heard: LogCollector, source: object) -> None:
    entry = {"src": f"{source}:40001", "dest": "203.0.113.7:443", "time": "1795598959.5", "session": 1, "when": "TcpConnectionStart"}
    heard.record_access_line(json.dumps({**entry, "chain": f"PERMIT|{RULE}|true|pass", "sni": "github.com"}), 7)


def refused_by_vpc(heard: LogCollector, source: IPv4Address | IPv6Address) -> None:
    heard.record_vpc_flow(Packet("REJECT|eni-1|security-group ", source, IPv4Address("203.0.113.7"), "tcp", 40001, 22, b"", 60))


def at_an_endpoint(heard: LogCollector, source: object) -> None:
    heard.record_service_event(
        {"source": str(source), "time": 1.0, "name": "ssm", "verdict": "PERMIT", "rule": "endpoint-policy:ssm", "port": 443}
    )


def respond(heard: LogCollector, name: str, *addresses: str, port: int = 40001) -> None:
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split(".")) + b"\0"
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + IPv4Address(one).packed for one in addresses)
    packet = struct.pack("!HHHHHH", 7, 0x8180, 1, len(addresses), 0, 0) + labels + struct.pack("!HH", 1, 1) + records
    heard.record_query_line(f"R {AGENT} {port} udp {packet.hex()}")


def read_queries(folder: Path) -> list[QueryRecord]:
    path = folder / "resolver-query.log"
    found = [QueryRecord.parse(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [one for one in found if one is not None]


def test_the_query_log_has_the_answers_of_the_response(heard: LogCollector, tmp_path: Path) -> None:
    lookup(heard, AGENT)
    assert read_queries(tmp_path) == [], "the line of a query is written with its answers"
    assert len(heard.list_decisions()) == 1, "the decision is recorded at once"
    respond(heard, "GitHub.com", "203.0.113.7", "203.0.113.8")
    (found,) = read_queries(tmp_path)
    assert (found.query_name, found.query_type, found.rcode) == ("github.com.", "A", "NOERROR")
    assert [(one.type, one.rdata, one.class_) for one in found.answers] == [("A", "203.0.113.7", "IN"), ("A", "203.0.113.8", "IN")]


def test_a_query_without_a_response_is_logged_once_without_answers(tmp_path: Path) -> None:
    calls: list[Callable[[], None]] = []
    heard = LogCollector(tmp_path, Target("dev", "i-1", "vpc-1", "us-east-1"), lambda _, call: calls.append(call))
    lookup(heard, AGENT, "lost.example.com")
    lookup(heard, AGENT, "found.example.com")
    respond(heard, "found.example.com", "203.0.113.7")
    respond(heard, "never.asked.example.com", "203.0.113.9")
    respond(heard, "lost.example.com", "203.0.113.9", port=40002)
    for call in calls:
        call()
    heard.flush_queries()
    assert [(one.query_name, len(one.answers)) for one in read_queries(tmp_path)] == [("found.example.com.", 1), ("lost.example.com.", 0)]


def test_a_blocked_query_is_logged_at_once(heard: LogCollector, tmp_path: Path) -> None:
    heard.record_query_line(f"Q {AGENT} 40001 udp 1 listed BLOCK attacker.example.")
    assert [(one.query_name, one.answers) for one in read_queries(tmp_path)] == [("attacker.example.", ())]


@pytest.mark.parametrize(("answer", "disagreements"), [("203.0.113.7", []), ("203.0.113.8", [("github.com", "203.0.113.7")])])
def test_name_and_address_are_compared_on_the_labs_own_logs(
    heard: LogCollector, tmp_path: Path, answer: str, disagreements: list[tuple[str, str]]
) -> None:
    lookup(heard, AGENT)
    respond(heard, "github.com", answer)
    by_name(heard, AGENT)
    paths = [str(tmp_path / name) for name in ("resolver-query.log", "gateway.log")]
    found = observe(paths, Scope(library=load_library(), rules={RULE: "allow"})).evidence
    assert [(one.name, one.address) for one in found.disagreements] == disagreements
    assert not [one for one in found.not_tested if one.question == "SNI and address"]


@pytest.mark.parametrize("cut", [0, 11, 20, 40, -1])
def test_a_response_that_is_cut_or_endless_is_none(cut: int) -> None:
    labels = b"\x06github\x03com\0"
    packet = struct.pack("!HHHHHH", 7, 0x8180, 1, 1, 0, 0) + labels + struct.pack("!HH", 1, 1)
    whole = packet + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + b"\x01\x02\x03\x04"
    assert parse_response(whole) is not None
    assert parse_response(whole[:cut]) is None
    assert parse_response(packet[:12] + b"\xc0\x0c" + packet[14:]) is None


KINDS = (lookup, by_address, by_name, refused_by_vpc, at_an_endpoint)


@pytest.mark.parametrize("send", KINDS, ids=lambda each: each.__name__)
def test_what_another_machine_sends_is_not_the_agents(heard: LogCollector, send: object) -> None:
    assert callable(send)
    send(heard, GATEWAY)
    assert heard.list_decisions() == []
    assert heard.hits == {}
    assert [each.source for each in heard.list_decisions(every_source=True)] == [GATEWAY]


@pytest.mark.parametrize("source", [AGENT, SECOND])
@pytest.mark.parametrize("send", KINDS, ids=lambda each: each.__name__)
def test_what_any_address_of_the_agent_sends_is_the_agents(heard: LogCollector, send: object, source: IPv4Address) -> None:
    assert callable(send)
    send(heard, source)
    assert [each.source for each in heard.list_decisions()] == [source]
    assert sum(heard.hits.values()) == 1


def test_an_idle_agent_has_no_decisions_however_often_the_gateway_resolves_names(heard: LogCollector) -> None:
    for run in range(20):
        before = heard.count
        lookup(heard, GATEWAY, f"a{run}.github.com")
        assert heard.list_decisions(before) == []
        assert len(heard.list_decisions(before, every_source=True)) == 1


def test_a_position_counts_every_source(heard: LogCollector) -> None:
    lookup(heard, GATEWAY)
    lookup(heard, AGENT, "a.example")
    before = heard.count
    lookup(heard, GATEWAY)
    lookup(heard, SIX, "b.example")
    assert [each.server_name for each in heard.list_decisions(before)] == ["b.example"]
    assert [each.server_name for each in heard.list_decisions()] == ["a.example", "b.example"]


def test_logs_contain_what_every_machine_sent(heard: LogCollector, tmp_path: Path) -> None:
    def lines() -> Iterator[str]:
        yield from (tmp_path / "resolver-query.log").read_text().splitlines()

    lookup(heard, GATEWAY)
    lookup(heard, AGENT)
    heard.flush_queries()
    assert [json.loads(line)["srcaddr"] for line in lines()] == [str(GATEWAY), str(AGENT)]
