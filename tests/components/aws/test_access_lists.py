"""What crosses a subnet's border, decided packet by packet from the lines: neighbours are apart, answers come back, IPv6 is closed."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

import pytest

from components.aws.access_lists import Line, build_entries, convert_entries
from components.aws.host import build_egress_rules
from tests.components.conftest import spec_of


def passes(table: Sequence[Line], protocol: str, peer: str, port: int) -> bool:
    """Decide a packet as AWS does: the first line that matches, else deny."""
    for action, covered, network, (low, high) in table:
        if covered in ("all", protocol) and IPv4Address(peer) in network and (covered in ("all", "icmp") or low <= port <= high):
            return action == "allow"
    return False


SPEC = spec_of(haGateway=True, availabilityZoneCount=2)
AGENT, ENDPOINT, GATEWAY = (build_entries(SPEC)[role] for role in ("agent", "endpoint", "gateway"))


@pytest.mark.parametrize(
    ("protocol", "peer", "port", "expected"),
    [
        ("udp", "10.42.0.2", 53, True),
        ("tcp", "10.42.0.2", 53, True),
        ("tcp", "10.42.0.2", 443, False),
        ("tcp", "10.42.20.7", 443, True),
        ("tcp", "10.42.21.7", 443, True),
        ("tcp", "10.42.20.7", 22, False),
        ("udp", "10.42.20.7", 443, False),
        ("tcp", "10.42.0.17", 443, False),
        ("tcp", "10.42.1.17", 443, False),
        ("tcp", "10.42.11.4", 443, False),
        ("icmp", "10.42.10.9", 0, False),
        ("tcp", "10.42.200.1", 5432, False),
        ("tcp", "140.82.112.3", 443, True),
        ("udp", "8.8.8.8", 53, True),
        ("tcp", "10.50.0.1", 443, True),
    ],
)
def test_an_agent_reaches_resolver_endpoints_and_what_the_gateway_judges(protocol: str, peer: str, port: int, expected: bool) -> None:
    assert passes(AGENT[1], protocol, peer, port) is expected


@pytest.mark.parametrize(
    ("protocol", "peer", "port", "expected"),
    [
        ("udp", "10.42.0.2", 40000, True),
        ("tcp", "10.42.20.7", 40000, True),
        ("tcp", "140.82.112.3", 40000, True),
        ("tcp", "140.82.112.3", 22, False),
        ("tcp", "10.42.0.17", 40000, False),
        ("tcp", "10.42.200.1", 22, False),
        ("tcp", "10.42.11.4", 40000, False),
    ],
)
def test_answers_reach_an_agent_and_neighbours_do_not(protocol: str, peer: str, port: int, expected: bool) -> None:
    assert passes(AGENT[0], protocol, peer, port) is expected


def test_endpoints_answer_agents_and_start_nothing() -> None:
    assert passes(ENDPOINT[0], "tcp", "10.42.10.5", 443)
    assert not passes(ENDPOINT[0], "tcp", "10.42.0.17", 443)
    assert not passes(ENDPOINT[0], "tcp", "10.42.10.5", 22)
    assert passes(ENDPOINT[1], "tcp", "10.42.10.5", 40000)
    assert not passes(ENDPOINT[1], "tcp", "140.82.112.3", 443)
    assert not passes(ENDPOINT[1], "tcp", "10.42.10.5", 443)


def test_the_gateway_carries_agents_traffic_and_meets_no_endpoint() -> None:
    assert passes(GATEWAY[0], "udp", "10.42.10.5", 53), "what an agent tries reaches the gateway, which denies it by name"
    assert passes(GATEWAY[0], "tcp", "140.82.112.3", 40000)
    assert passes(GATEWAY[0], "udp", "203.0.113.9", 4500)
    assert not passes(GATEWAY[0], "tcp", "140.82.112.3", 22)
    assert not passes(GATEWAY[0], "tcp", "10.42.20.7", 443)
    assert not passes(GATEWAY[1], "tcp", "10.42.20.7", 443)
    assert passes(GATEWAY[1], "tcp", "10.42.10.5", 40000)


def test_lines_fit_awss_limit_and_contain_no_ipv6() -> None:
    for role, tables in build_entries(spec_of(haGateway=True, availabilityZoneCount=3)).items():
        for table in tables:
            given = convert_entries(table)
            assert len(given) <= 20, f"{role}: AWS takes 20 a direction"
            assert [each["rule_no"] for each in given] == sorted({each["rule_no"] for each in given})
            assert not any("ipv6_cidr_block" in each for each in given)


def test_the_hosts_security_group_leaves_neighbours_out_too() -> None:
    allowed = [
        (block["protocol"], block["to_port"], IPv4Network(cidr)) for block in build_egress_rules(SPEC) for cidr in block["cidr_blocks"]
    ]
    assert sum(len(block["cidr_blocks"]) for block in build_egress_rules(SPEC)) <= 60, "AWS takes 60 rules a direction"

    def reaches(peer: str) -> set[tuple[str, int]]:
        return {(protocol, port) for protocol, port, network in allowed if IPv4Address(peer) in network}

    assert reaches("140.82.112.3") == {("-1", 0)}
    assert reaches("10.50.0.1") == {("-1", 0)}, "another network of the company is the gateway's to judge"
    assert reaches("10.42.0.2") == {("udp", 53), ("tcp", 53)}
    assert reaches("10.42.20.7") == {("tcp", 443)}
    assert reaches("10.42.0.17") == reaches("10.42.10.9") == reaches("10.42.200.1") == set()
