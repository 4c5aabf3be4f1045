"""The credential gateway's borders, packet by packet, its rights, and its user data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from components.aws.access_lists import Line, build_entries
from components.aws.credential_gateway import build_gateway_egress, build_gateway_entries
from components.aws.endpoint_policies import build_secrets_policy
from components.aws.host import build_egress_rules
from components.aws.host_policies import build_gateway_denial, build_gateway_policy
from containment.gateway_service.configuration import read_configuration
from containment.gateway_service.user_data import CONFIG, build_gateway_user_data, build_units
from containment.host.cloud_config import parse_written_files
from containment.host.first_boot import LIMIT
from tests.components.conftest import spec_of
from tests.support.configs import IMAGE, ROUTE

SPEC = spec_of(credentialRoutes=[ROUTE], credentialGatewayImageId=IMAGE, availabilityZoneCount=2)
PLAIN = spec_of(availabilityZoneCount=2)
assert SPEC.credential_gateway is not None
GATEWAY = SPEC.credential_gateway
ADDRESS = str(GATEWAY.address)


def passes(table: Sequence[Line], protocol: str, peer: str, port: int) -> bool:
    """Decide a packet as AWS does: the first line that matches, else deny."""
    for action, covered, network, (low, high) in table:
        if covered in ("all", protocol) and IPv4Address(peer) in network and (covered in ("all", "icmp") or low <= port <= high):
            return action == "allow"
    return False


@pytest.mark.parametrize(
    ("direction", "protocol", "peer", "port", "expected"),
    [
        (0, "tcp", "10.42.10.7", 8443, True),
        (0, "tcp", "10.42.11.7", 8443, True),
        (0, "tcp", "10.42.10.7", 22, False),
        (0, "tcp", "10.42.10.7", 443, False),
        (0, "udp", "10.42.10.7", 8443, False),
        (0, "tcp", "10.42.0.9", 8443, False),
        (0, "tcp", "10.42.40.9", 8443, False),
        (0, "tcp", "140.82.112.3", 22, False),
        (0, "tcp", "140.82.112.3", 40000, True),
        (1, "tcp", "10.42.20.7", 443, True),
        (1, "udp", "10.42.0.2", 53, True),
        (1, "tcp", "10.42.10.7", 40000, True),
        (1, "tcp", "10.42.10.7", 443, False),
        (1, "tcp", "10.42.40.9", 443, False),
        (1, "tcp", "140.82.112.3", 443, True),
        (1, "tcp", "140.82.112.3", 22, False),
        (1, "udp", "8.8.8.8", 53, False),
        (1, "tcp", "8.8.8.8", 53, False),
    ],
)
def test_the_gateways_subnet_takes_calls_and_leaves_by_https(direction: int, protocol: str, peer: str, port: int, expected: bool) -> None:
    assert passes(build_gateway_entries(SPEC, GATEWAY)[direction], protocol, peer, port) is expected


def test_agents_gain_one_port_of_one_address_and_nothing_else() -> None:
    before, after = build_entries(PLAIN)["agent"], build_entries(SPEC)["agent"]
    peers = [ADDRESS, "10.42.30.11", "10.42.30.9", "10.42.40.4", "10.42.20.7", "10.42.0.2", "140.82.112.3"]
    gained = {
        (place, protocol, peer, port)
        for place in (0, 1)
        for protocol in ("tcp", "udp")
        for peer in peers
        for port in (22, 53, 443, 8443, 40000)
        if passes(after[place], protocol, peer, port) and not passes(before[place], protocol, peer, port)
    }
    answers = {(0, "tcp", ADDRESS, 8443), (0, "tcp", ADDRESS, 40000)}  # from the gateway's port to any port of a client
    assert gained == {(1, "tcp", ADDRESS, 8443), *answers}
    new = [rule for rule in build_egress_rules(SPEC) if rule not in build_egress_rules(PLAIN)]
    assert [(rule["protocol"], rule["from_port"], rule["to_port"], rule["cidr_blocks"]) for rule in new] == [
        ("tcp", 8443, 8443, [f"{ADDRESS}/32"])
    ]


def test_without_routes_the_borders_are_as_before() -> None:
    assert build_entries(PLAIN).keys() == build_entries(SPEC).keys()
    assert not any(
        IPv4Address(ADDRESS) in line[2] and line[0] == "allow" and line[2].prefixlen > 16 for line in build_entries(PLAIN)["agent"][1]
    )


def test_the_security_group_leaves_by_https_and_to_the_resolver_alone() -> None:
    rules = build_gateway_egress(SPEC, GATEWAY)
    assert {(rule["protocol"], rule["from_port"]) for rule in rules} == {("tcp", 443), ("tcp", 53), ("udp", 53)}
    assert {cidr for rule in rules if rule["from_port"] == 53 for cidr in rule["cidr_blocks"]} == {"10.42.0.2/32"}


def test_the_role_reads_exactly_the_routes_secrets_from_its_own_address() -> None:
    [read] = json.loads(build_gateway_policy(GATEWAY.routes.secrets))["Statement"]
    assert (read["Action"], read["Resource"]) == (["secretsmanager:GetSecretValue"], [ROUTE["secret"]])
    assert {one["Effect"] for one in json.loads(build_gateway_denial("vpc-1"))["Statement"]} == {"Deny"}
    [endpoint] = json.loads(build_secrets_policy("123456789012", "", GATEWAY.routes.secrets))["Statement"]
    assert (endpoint["Action"], endpoint["Resource"]) == ("secretsmanager:GetSecretValue", [ROUTE["secret"]])
    assert set(endpoint["Condition"]["StringEquals"]) == {"aws:PrincipalAccount", "aws:ResourceAccount"}


def test_user_data_has_the_whole_configuration_and_no_key(tmp_path: Path) -> None:
    text = build_gateway_user_data(SPEC)
    files = {file.path: file for file in parse_written_files(text)}
    (tmp_path / "gateway.json").write_bytes(files[CONFIG].content)
    found, table = read_configuration(tmp_path / "gateway.json")
    assert (found.agent_class, found.region, table.secrets) == ("coding", "us-east-1", (ROUTE["secret"],))
    assert set(files) == {CONFIG, *(f"/etc/systemd/system/{name}" for name in build_units(GATEWAY.port))}
    assert len(text) < LIMIT


def test_ten_providers_fit_into_user_data() -> None:
    hosts = ["integrate.api.nvidia.com", "inference-api.nvidia.com", *(f"r{number}.openai.azure.com" for number in range(8))]
    spec = spec_of(
        approvedModelGatewayDomains=hosts,
        credentialRoutes=[{**ROUTE, "host": host} for host in hosts],
        credentialGatewayImageId=IMAGE,
    )
    assert len(build_gateway_user_data(spec)) < LIMIT
