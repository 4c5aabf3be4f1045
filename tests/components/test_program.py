"""What the program registers, as a graph: the architecture holds for every shipped stack, before any engine judges it."""

from __future__ import annotations

import pytest

from tests.support.deploy import REPOSITORY, Deployed, deploy, stack_config

STACKS = ("coding-monitor", "coding-enforce", "locked-down-monitor", "locked-down-enforce")  # dev asks a Controller: test_ownership


@pytest.fixture(scope="module", params=STACKS)
def registered(request: pytest.FixtureRequest) -> Deployed:
    done = deploy(request.param, stack_config(request.param))
    assert done.error is None
    return done


def test_the_program_reads_as_the_data_flow() -> None:
    assert len((REPOSITORY / "__main__.py").read_text().splitlines()) <= 47


def test_exactly_one_host_private_and_with_imdsv2(registered: Deployed) -> None:
    (host,) = registered.of_type("aws:ec2/instance:Instance")
    assert host["associatePublicIpAddress"] is False
    assert host["metadataOptions"]["httpTokens"] == "required"
    assert host["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert host["rootBlockDevice"]["encrypted"] is True
    assert "keyName" not in host


def test_only_the_gateway_table_leads_to_the_internet(registered: Deployed) -> None:
    (route,) = registered.of_type("aws:ec2/route:Route")
    assert route["routeTableId"].endswith("-gateway-rt-id")
    assert not [table for table in registered.of_type("aws:ec2/routeTable:RouteTable") if table.get("routes")]
    assert registered.of_type("aws:ec2/natGateway:NatGateway") == []


def test_no_subnet_assigns_public_addresses(registered: Deployed) -> None:
    subnets = registered.of_type("aws:ec2/subnet:Subnet")
    assert len(subnets) == 3
    assert all(subnet["mapPublicIpOnLaunch"] is False for subnet in subnets)


def test_every_endpoint_demands_this_account(registered: Deployed) -> None:
    endpoints = registered.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert len(endpoints) == 9
    assert all("aws:ResourceAccount" in endpoint["policy"] and "aws:PrincipalAccount" in endpoint["policy"] for endpoint in endpoints)


def test_a_broken_configuration_registers_nothing() -> None:
    done = deploy("coding-monitor", stack_config("coding-monitor", vpcCidr="8.8.8.0/24", agentInstanceType="huge", moed="x"))
    assert done.error is not None
    assert all(key in done.error for key in ("vpcCidr", "agentInstanceType", "moed"))
    assert all("pulumi:pulumi:Stack" in urn for urn in done.resources)
