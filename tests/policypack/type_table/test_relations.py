"""Providers, gateways and keys are judged by the rest of the program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.graph.known_types import RULESET, SMART_GROUP, SPOKE_GATEWAY, SUBNET, VPC
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Provider, Resource
from policypack.rules.compute_and_routing_are_known import check_stack
from tests.policypack.stacks import ANYWHERE, Ref, compliant
from tests.policypack.type_table.programs import OTHER, OWN, endpoint, found_in, host, made

AWS = "pulumi:providers:aws"
AVIATRIX = "pulumi:providers:aviatrix"
ATTACHMENT = "aviatrix:index/spokeTransitAttachment:SpokeTransitAttachment"
HA = "aviatrix:index/spokeHaGateway:SpokeHaGateway"


@pytest.mark.parametrize(
    "props",
    [
        {},
        {"region": "eu-west-1", "defaultTags": '{"tags": {"Team": "research"}}'},
        {"skipCredentialsValidation": "true", "skipRequestingAccountId": "true", "s3UsePathStyle": "true"},
        {"endpoints": '[{"s3": "https://s3.us-east-1.amazonaws.com", "ec2": ""}]'},
        {"endpoints": '[{"ssm": "https://vpce-0a-1b.ssm.us-east-1.vpce.amazonaws.com"}]'},
        {"endpoints": '[{"sts": "https://sts-fips.us-east-1.amazonaws.com"}]'},
        {"endpoints": '[{"ec2": "https://ec2.us-east-1.api.aws"}]'},
        {"assumeRoles": f'[{{"roleArn": "arn:aws:iam::{OWN}:role/deploy"}}]'},
        {"allowedAccountIds": f'["{OWN}"]'},
        {"profile": "work"},
    ],
)
def test_an_ordinary_provider_passes(props: dict[str, Any]) -> None:
    assert found_in(endpoint(), made(AWS, props=props)) == {}


@pytest.mark.parametrize(
    "props",
    [
        {"endpoints": '[{"s3": "http://localhost:4566"}]'},
        {"endpoints": '[{"sts": "https://sts.example.com"}]'},
        {"endpoints": [{"ec2": "https://ec2.amazonaws.com.example.com"}]},
        {"endpoints": [{"ec2": "https://amazonaws.com.example.com/.amazonaws.com"}]},
        {"endpoints": [{"ec2": "https://abc.execute-api.us-east-1.amazonaws.com"}]},
        {"endpoints": [{"ec2": "http://ec2.us-east-1.amazonaws.com"}]},
        {"endpoints": [{"ec2": "https://any@127.0.0.1/ec2.us-east-1.amazonaws.com"}]},
        {"endpoints": [{"ec2": UNKNOWN}]},
        {"endpoints": UNKNOWN},
        {"insecure": "true"},
        {"insecure": UNKNOWN},
        {"pluginDownloadURL": "https://example.com"},
        {"assumeRoles": f'[{{"roleArn": "arn:aws:iam::{OTHER}:role/deploy"}}]'},
        {"assumeRoleWithWebIdentity": f'{{"roleArn": "arn:aws:iam::{OTHER}:role/deploy"}}'},
        {"allowedAccountIds": f'["{OTHER}"]'},
    ],
)
def test_a_provider_of_another_cloud_or_account_is_refused(props: dict[str, Any]) -> None:
    assert set(found_in(endpoint(), made(AWS, props=props))) == {"one"}


def test_a_role_of_an_account_that_nothing_proves_is_refused() -> None:
    other = made(AWS, props={"assumeRoles": f'[{{"roleArn": "arn:aws:iam::{OWN}:role/deploy"}}]'})
    assert "nothing proves" in found_in(other)["one"]
    assert found_in(other, agent=host(by=Provider(other.urn, AWS, other.props))) == {}


def test_a_provider_of_no_cloud_and_a_default_one_pass() -> None:
    kinds = [made(f"pulumi:providers:{one}", one) for one in ("random", "tls", "pulumi")]
    assert found_in(*kinds, made("pulumi:providers:docker", "default_4_5_6")) == {}


def test_all_aviatrix_resources_are_one_controllers() -> None:
    first, same, other = (
        made(AVIATRIX, name, {"controllerIp": address})
        for name, address in zip("abc", ("192.0.2.1", "192.0.2.1", "192.0.2.9"), strict=True)
    )
    assert found_in(first, same) == {}
    assert set(found_in(first, other)) == {"c"}


@pytest.mark.parametrize("known", [False, True])
def test_one_spoke_gateway_and_its_second_machine_pass(known: bool) -> None:
    stack = compliant()
    stack.add(HA, "second-machine", {"primaryGwName": "spoke", "gwName": "spoke-hagw"})
    stack.add(HA, "by-reference", {"primaryGwName": Ref("spoke", "gwName")})
    stack.add(VPC, "elsewhere", {"cidrBlock": "10.99.0.0/16"})
    stack.add(SPOKE_GATEWAY, "other-spoke", {"gwName": "other", "vpcId": Ref("elsewhere")})
    assert not {one for one in stack.refused(known) if one[0] == "compute-and-routing-are-known"}


@pytest.mark.parametrize("known", [False, True])
def test_a_second_gateway_of_the_agents_vpc_is_refused(known: bool) -> None:
    stack = compliant()
    stack.add(SPOKE_GATEWAY, "again", {"gwName": "again", "vpcId": Ref("vpc")})
    stack.add(HA, "of-another", {"primaryGwName": "somebody", "gwName": "somebody-hagw"})
    found = {name for rule, name in stack.refused(known) if rule == "compute-and-routing-are-known"}
    assert found == {"spoke", "again", "of-another"}


@pytest.mark.parametrize(
    ("inputs", "outputs", "is_refused"),
    [
        ({}, {}, False),
        ({}, {"routeTables": []}, False),
        ({}, {"routeTables": UNKNOWN}, False),
        ({"routeTables": []}, {}, False),
        ({"routeTables": ["rtb-1"]}, {}, True),
        ({"routeTables": UNKNOWN}, {}, True),
        ({"routeTables": [UNKNOWN]}, {}, True),
        ({}, {"routeTables": ["rtb-1"]}, True),
    ],
)
def test_a_gateway_serves_every_route_table_of_its_network(inputs: dict[str, Any], outputs: dict[str, Any], is_refused: bool) -> None:
    resources = []
    for one in compliant().resources(known=True):
        is_spoke = one.type == SPOKE_GATEWAY
        changed = replace(one, props={**one.props, **inputs}, outputs={**one.outputs, **inputs, **outputs}) if is_spoke else one
        resources.append(changed)
    found = [fault.what for fault in check_stack(Graph(resources))]
    assert any("routeTables" in what for what in found) is is_refused, found


def attached(*rules: dict[str, Any]) -> Any:
    """Return a compliant stack, attached to a transit, with more rules."""
    stack = compliant()
    stack.add(SMART_GROUP, "private", {"selector": {"matchExpressions": [{"cidr": "10.0.0.0/8"}]}})
    for one in rules:
        source = {"srcSmartGroups": [Ref("agent-workload")], "dstSmartGroups": [Ref("private")], "protocol": "ANY", "logging": True}
        stack.props["rules"]["policies"].append({**source, **one})
    stack.add(ATTACHMENT, "attachment", {"spokeGwName": "spoke", "transitGwName": "transit"})
    return stack


DENY = {"name": "east-west-deny", "priority": 100, "action": "DENY"}


@pytest.mark.parametrize("known", [False, True])
def test_an_attachment_passes_where_private_networks_are_denied(known: bool) -> None:
    assert not {one for one in attached(DENY).refused(known) if one[1] == "attachment"}


@pytest.mark.parametrize(
    "rules",
    [
        (),
        ({**DENY, "protocol": "TCP"},),
        ({**DENY, "portRanges": [{"lo": 443, "hi": 443}]},),
        (DENY, {**DENY, "name": "early", "priority": 60, "action": "PERMIT"}),
        ({**DENY, "action": "PERMIT"},),
    ],
    ids=["no deny", "TCP only", "one port", "a permit ahead", "a permit"],
)
def test_an_attachment_is_refused_where_they_are_not(rules: tuple[dict[str, Any], ...]) -> None:
    assert ("compute-and-routing-are-known", "attachment") in attached(*rules).refused(known=True)


def test_an_attachment_is_refused_without_a_default_deny() -> None:
    stack = attached(DENY)
    stack.props["rules"]["policies"].remove(stack.rule("default-deny"))
    assert ("compute-and-routing-are-known", "attachment") in stack.refused(known=True)
    assert ANYWHERE not in str(stack.props["rules"])


@pytest.mark.parametrize("key", ["userData", "userDataBase64", "tags", "ami"])
def test_no_property_of_a_host_is_made_from_a_private_key(key: str) -> None:
    secret = made("tls:index/privateKey:PrivateKey", "key")
    agent = Resource(
        "urn:host", "aws:ec2/instance:Instance", "host", {"tags": {"AgentStack": "s"}}, property_dependencies={key: (secret.urn,)}
    )
    assert "made from PrivateKey key" in found_in(secret, agent=agent)["urn:host"]
    assert found_in(secret) == {}


def test_the_rules_and_groups_alone_make_a_program_one_about_agents() -> None:
    function = made("aws:lambda/function:Function")
    assert check_stack(Graph([function])) == []
    assert check_stack(Graph([function, made(SUBNET, "subnet"), made("aws:ec2/instance:Instance", "any")])) == []
    for kind in (RULESET, SMART_GROUP):
        assert [fault.where for fault in check_stack(Graph([function, made(kind, "rules")]))] == [function.urn]
    tagged = made("aws-native:ec2:Instance", "native", {"tags": {"AgentStack": "s"}})
    assert [fault.where for fault in check_stack(Graph([tagged]))] == [tagged.urn]


def test_a_component_of_any_name_passes_and_a_custom_resource_of_its_name_does_not() -> None:
    component = Resource("urn:component", "aws:lambda/function:Function", "component", is_component=True)
    assert found_in(component) == {}
    assert set(found_in(made("my:own:Component"))) == {"one"}
