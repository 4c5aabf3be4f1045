"""What preflight asks rights and room for is what the program registers, for every shipped stack."""

from __future__ import annotations

from collections import Counter

import pytest

from containment.loaders.stack_file import read_stack
from containment.preflight.access import ACTIONS, count_quotas, find_actions, find_types
from containment.preflight.facts import Quota
from tests.containment.preflight.conftest import SpecOf
from tests.support.deploy import REPOSITORY, deploy, stack_config

STACKS = ("coding-monitor", "locked-down-enforce", "regulated-data-enforce")
ACCOUNT = "123456789012"


@pytest.fixture(scope="module", params=STACKS)
def registered(request: pytest.FixtureRequest) -> tuple[str, Counter[str]]:
    done = deploy(request.param, stack_config(request.param))
    assert done.error is None
    return request.param, Counter(urn.split("::")[-2].split("$")[-1] for urn in done.resources)


def test_rights_are_checked_for_every_type_that_is_registered(registered: tuple[str, Counter[str]]) -> None:
    stack, found = registered
    spec = read_stack(stack, folder=REPOSITORY)
    made = {each for each in found if each.startswith("aws:")}
    assert made <= find_types(spec), "a component makes something that preflight asks no rights for: add it to needs.ACTIONS"
    asked = {action for each in find_actions(spec, ACCOUNT).values() for action in each}
    assert all(set(ACTIONS[each]) <= asked for each in made)


def test_quotas_count_what_is_registered(registered: tuple[str, Counter[str]]) -> None:
    stack, found = registered
    needed = count_quotas(read_stack(stack, folder=REPOSITORY))
    assert needed[Quota.VPCS] == found["aws:ec2/vpc:Vpc"]
    assert needed[Quota.INTERNET_GATEWAYS] == found["aws:ec2/internetGateway:InternetGateway"]
    endpoints = needed[Quota.INTERFACE_ENDPOINTS] + needed[Quota.GATEWAY_ENDPOINTS]
    assert endpoints == found["aws:ec2/vpcEndpoint:VpcEndpoint"]
    groups = found["aws:ec2/securityGroup:SecurityGroup"] + found["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"]
    assert needed[Quota.SECURITY_GROUPS] == groups + 1, "and the gateway's, which the Controller makes"


@pytest.mark.parametrize(
    ("config", "without"),
    [
        ({"enableVpcFlowLogs": False}, "ec2:CreateFlowLogs"),
        ({"enableNetworkAcls": False}, "ec2:CreateNetworkAcl"),
        ({"enableDnsFirewall": False}, "route53resolver:CreateFirewallRule"),
        ({"enableDnsQueryLogs": False}, "route53resolver:CreateResolverQueryLogConfig"),
        ({"enablePermissionsBoundary": False}, "iam:CreatePolicy"),
        ({"createSsmVpcEndpoints": False, "createS3GatewayEndpoint": False}, "ec2:CreateVpcEndpoint"),
        ({"enableVpcFlowLogs": False, "enableDnsQueryLogs": False}, "logs:CreateLogGroup"),
        ({}, "kms:CreateKey"),
    ],
)
def test_no_right_is_checked_for_what_is_switched_off(spec_of: SpecOf, config: dict[str, bool], without: str) -> None:
    asked = {action for each in find_actions(spec_of(**config), ACCOUNT).values() for action in each}
    assert without not in asked
    if config:
        assert without in {action for each in find_actions(spec_of(), ACCOUNT).values() for action in each}


def test_rights_are_checked_for_the_names_of_this_stack(spec_of: SpecOf) -> None:
    asked = find_actions(spec_of(), ACCOUNT)
    assert asked[f"arn:aws:iam::{ACCOUNT}:role/vca-openclaw-made-up-host"]
    assert all(action.startswith(("ec2:", "route53resolver:", "sts:")) for action in asked["*"])
