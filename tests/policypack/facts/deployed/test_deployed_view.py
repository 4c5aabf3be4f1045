"""What is deployed is judged beside what the program sets, and what a provider fills in by default is no false alarm."""

from __future__ import annotations

import importlib
import inspect
import json
from dataclasses import replace
from typing import Any

import pytest

from policypack.facts.deployed.deployed_view import build_deployed_view, find_violations
from policypack.facts.deployed.properties import JUDGED
from policypack.finding import Rule, Severity
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import Ref, Stack, compliant

IP, IMDS, INGRESS = "agent-host-has-no-public-ip", "agent-host-requires-imdsv2", "agent-host-takes-no-ingress"
NAT, LOGIN, DISK, ROLE = (
    "agent-subnet-has-no-nat-route",
    "agent-host-has-no-login",
    "agent-volumes-are-encrypted",
    "agent-role-is-minimal",
)
SSH = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
WIDE = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def stack_with_everything() -> Stack:
    stack = compliant()
    stack.add(kt.SECURITY_GROUP, "group", {"vpcId": Ref("vpc"), "ingress": []})
    stack.add(kt.ROLE, "role", {"name": "agent-role"})
    stack.add(kt.PROFILE, "profile", {"name": "agent-profile", "role": Ref("role", "name")})
    stack.add(kt.INTERFACE, "card", {"subnetId": Ref("agents"), "attachments": [{"instance": Ref("agent"), "deviceIndex": 1}]})
    stack.props["agent"] |= {"vpcSecurityGroupIds": [Ref("group")], "iamInstanceProfile": Ref("profile", "name")}
    return stack


def answered(stack: Stack, name: str, *, known: bool = True, **outputs: Any) -> Graph:
    resources = (replace(one, outputs={**one.outputs, **outputs}) if one.name == name else one for one in stack.resources(known))
    return Graph(resources)


def refused(graph: Graph) -> set[tuple[str, str]]:
    return {(one.id, one.where.rsplit("::", 1)[-1]) for one in check_stack(graph.resources)}


HOLES: list[tuple[str, str, Any, str]] = [
    ("agent", "associatePublicIpAddress", True, IP),
    ("agent", "ipv6Addresses", ["2001:db8::5"], IP),
    ("agent", "ipv6AddressCount", 1, IP),
    ("agent", "enablePrimaryIpv6", True, IP),
    ("agent", "metadataOptions", {"httpTokens": "optional", "httpPutResponseHopLimit": 1}, IMDS),
    ("agent", "metadataOptions", {"httpTokens": "required", "httpPutResponseHopLimit": 2}, IMDS),
    ("agent", "keyName", "operators", LOGIN),
    ("agent", "userData", "#cloud-config\nssh_authorized_keys:\n  - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE\n", LOGIN),
    ("agent", "userData", "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n", "user-data-holds-no-secret"),
    ("agent", "ebsBlockDevices", [{"deviceName": "/dev/sdf", "encrypted": False}], DISK),
    ("agents", "mapPublicIpOnLaunch", True, ""),
    ("agents", "assignIpv6AddressOnCreation", True, IP),
    ("agents", "ipv6Native", True, IP),
    ("card", "ipv6Addresses", ["2001:db8::6"], IP),
    ("card", "ipv6Prefixes", ["2001:db8:1::/80"], IP),
    ("group", "ingress", [SSH], INGRESS),
    ("group", "ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}], INGRESS),
    ("agent-table", "routes", [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}], NAT),
    ("agent-table", "routes", [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}], NAT),
    ("agent-table", "routes", [{"ipv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-1"}], NAT),
    ("agent-table", "routes", [{"cidrBlock": "52.0.0.0/8", "networkInterfaceId": "eni-1"}], NAT),
    ("agent-table", "routes", [{"cidrBlock": "10.0.0.0/8", "transitGatewayId": "tgw-1"}], "agent-subnet-joins-no-other-network"),
    ("agent-table", "propagatingVgws", ["vgw-1"], NAT),
    ("role", "inlinePolicies", [{"name": "more", "policy": WIDE}], ROLE),
    ("role", "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"], ROLE),
]


@pytest.mark.parametrize(("name", "key", "value", "rule"), HOLES, ids=lambda value: str(value)[:40])
def test_what_only_the_outputs_know_is_judged(name: str, key: str, value: Any, rule: str) -> None:
    stack = stack_with_everything()
    assert refused(stack.graph(True)) == set()
    found = refused(answered(stack, name, **{key: value}))
    assert found == ({(rule, name)} if rule else set())


def test_a_message_explains_that_the_program_does_not_set_it() -> None:
    graph = answered(stack_with_everything(), "group", ingress=[SSH])
    assert [one.what for one in check_stack(graph.resources)] == [
        "lets tcp 22 in to Instance agent: ingress is not empty (as deployed, not as the program sets it)"
    ]


def test_what_the_program_sets_and_what_is_deployed_are_both_reported() -> None:
    stack = stack_with_everything()
    stack.props["agent"]["ipv6AddressCount"] = 1
    found = [one.what for one in check_stack(answered(stack, "agent", ipv6AddressCount=2).resources)]
    assert [what.partition(" (")[0] for what in found] == [
        "requests an IPv6 address: ipv6AddressCount is 1",
        "requests an IPv6 address: ipv6AddressCount is 2",
    ]


QUIET: list[tuple[str, str, Any]] = [
    ("agent", "ipv6Addresses", []),
    ("agent", "ipv6AddressCount", 0),
    ("agent", "ipv6Addresses", UNKNOWN),
    ("agent", "keyName", ""),
    (
        "agent",
        "metadataOptions",
        {"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled", "httpProtocolIpv6": "disabled"},
    ),
    ("agent", "metadataOptions", [{"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"}]),
    ("agent", "rootBlockDevice", {"encrypted": False, "volumeId": "vol-1"}),
    ("agent", "userData", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("agent", "primaryNetworkInterface", {"networkInterfaceId": "eni-1"}),
    ("agent", "networkInterfaces", [{"networkInterfaceId": "eni-1"}]),
    ("group", "ingress", []),
    ("agent-table", "routes", [{"cidrBlock": "10.42.0.0/16", "gatewayId": "local"}]),
    ("agent-table", "routes", [{"cidrBlock": "0.0.0.0/0", "networkInterfaceId": "eni-gateway"}]),
    ("gateway-table", "routes", [{"cidrBlock": "0.0.0.0/0", "gatewayId": "internet-id"}]),
    ("gateway-address", "networkInterface", "eni-gateway"),
    ("rules", "policies", UNKNOWN),
]


@pytest.mark.parametrize(("name", "key", "value"), QUIET, ids=lambda value: str(value)[:40])
def test_what_providers_and_the_controller_fill_in_is_no_false_alarm(name: str, key: str, value: Any) -> None:
    assert refused(answered(stack_with_everything(), name, **{key: value})) == set()


def test_a_hosts_default_group_is_left_to_the_rule_about_silence() -> None:
    stack = compliant()
    stack.add(kt.SECURITY_GROUP, "group", {"vpcId": Ref("vpc"), "ingress": [SSH]})
    stack.props["output"] = {}  # something that refers to the VPC's default group, so that its id is known
    stack.types["output"], stack.depends["output"] = "aws:s3/bucket:Bucket", []
    stack.props["output"]["x"] = Ref("vpc", "defaultSecurityGroupId")
    assert refused(answered(stack, "agent", vpcSecurityGroupIds=["vpc-defaultSecurityGroupId"])) == set()
    assert refused(answered(stack, "agent", vpcSecurityGroupIds=["vpc-defaultSecurityGroupId", "group-id"])) == {(INGRESS, "group")}


def test_what_other_resources_put_there_is_reported_at_them_only() -> None:
    stack = stack_with_everything()
    stack.add(kt.ROUTE, "route", {"routeTableId": Ref("agent-table"), "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"})
    graph = answered(stack, "agent-table", routes=[{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}])
    assert refused(graph) == {(NAT, "route")}
    stack = stack_with_everything()
    stack.add(
        kt.INGRESS_RULE,
        "rule",
        {"securityGroupId": Ref("group"), "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "0.0.0.0/0"},
    )
    assert refused(answered(stack, "group", ingress=[SSH])) == {(INGRESS, "rule")}
    more = {**SSH, "cidrBlocks": ["0.0.0.0/0", "10.0.0.0/8"]}
    assert refused(answered(stack, "group", ingress=[more])) == {(INGRESS, "rule"), (INGRESS, "group")}


def test_a_policy_attached_apart_is_judged_once() -> None:
    stack = stack_with_everything()
    stack.add(kt.ROLE_POLICY, "apart", {"role": Ref("role", "name"), "name": "apart", "policy": WIDE})
    assert refused(answered(stack, "role", inlinePolicies=[{"name": "apart", "policy": WIDE}])) == {(ROLE, "apart")}


def test_an_address_on_the_host_is_found_by_its_interface() -> None:
    stack = stack_with_everything()
    assert (IP, "gateway-address") in refused(answered(stack, "gateway-address", instance="agent-id"))


def test_the_same_values_in_another_spelling_are_the_same_graph() -> None:
    stack = stack_with_everything()
    stack.add(kt.ROLE_POLICY, "apart", {"role": Ref("role", "name"), "policy": json.dumps({"Version": "1", "Statement": []})})
    graph = answered(stack, "apart", policy=json.dumps({"Statement": [], "Version": "1"}, indent=1))
    assert build_deployed_view(graph) is graph
    assert build_deployed_view(stack.graph(known=False)).resources


def test_a_rule_is_evaluated_once_when_nothing_differs() -> None:
    asked: list[Graph] = []
    counting = Rule("counting", Severity.LOW, "", "", "", check_stack=lambda graph: asked.append(graph) or [])  # type: ignore[func-returns-value]
    graph = stack_with_everything().graph(True)
    assert find_violations(counting, graph) == []
    assert asked == [graph]


def _class_of(token: str) -> Any:
    package, module, name = token.split(":")
    assert package == "aws"
    return getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)


@pytest.mark.parametrize("token", sorted(one for one in JUDGED if one.startswith("aws:")))
def test_every_judged_property_is_an_input_and_an_output_of_its_type(token: str) -> None:
    kind = _class_of(token)
    snake = {key: "".join(f"_{char.lower()}" if char.isupper() else char for char in key) for key in JUDGED[token]}
    inputs = set(inspect.signature(kind._internal_init).parameters)
    assert {key for key, name in snake.items() if name not in inputs} == set()
    assert {key for key, name in snake.items() if not hasattr(kind, name)} == set()
