"""A credential gateway is recognized by proof: with any one fact changed the program is refused, and a tag proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from policypack.facts.credential_gateway import find_candidates, find_gateways
from policypack.facts.hosts import find_hosts
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.rules.credential_gateway_is_contained import check_stack
from policypack.standalone_checks import check_stack as check_every_rule
from tests.policypack.product import registrations
from tests.policypack.record import FORMS, resource_of
from tests.support.configs import IMAGE, ROUTE
from tests.support.deploy import stack_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STACKS = ("coding-enforce", "regulated-data-monitor")
INSTANCE, SUBNET, GROUP = "credential-gateway-instance", "credential-gateway-subnet", "credential-gateway-instance-sg"
ROLE, READ, MODELS = "credential-gateway-role", "credential-gateway-read", "policy-wg-approved-model-gateways"
_OPTIONS = {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}


@pytest.fixture(scope="module")
def programs() -> dict[str, dict[str, list[Resource]]]:
    config = {"credentialRoutes": [ROUTE], "credentialGatewayImageId": IMAGE}
    made = registrations((stack, stack_config(stack, **config)) for stack in STACKS)
    assert [one["error"] for one in made] == [None] * len(STACKS)
    return {stack: {form: [resource_of(each) for each in one[form]] for form in FORMS} for stack, one in zip(STACKS, made, strict=True)}


def change(resources: list[Resource], name: str, **props: Any) -> list[Resource]:
    """Return a program in which one resource has other properties; a function gets the value that is there."""
    [found] = [one for one in resources if one.name == name]
    new = {key: value(found.props.get(key)) if callable(value) else value for key, value in props.items()}
    kept = {key: value for key, value in {**found.props, **new}.items() if value is not None}
    outputs = {key: value for key, value in found.outputs.items() if key not in props} if found.outputs else found.outputs
    return [replace(one, props=kept, outputs=outputs) if one is found else one for one in resources]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = ROUTE["secret"], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


READS = "secretsmanager:GetSecretValue"
PORT = {"protocol": "tcp", "fromPort": 8443, "toPort": 8443}


def with_ingress(**rule: Any) -> Callable[[Any], Any]:
    return lambda before: [{**before[0], **rule}]


BROKEN: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "a public address": (INSTANCE, {"associatePublicIpAddress": True}, "public address"),
    "a public address by default": (INSTANCE, {"associatePublicIpAddress": None}, "public address"),
    "a public address that is not known": (INSTANCE, {"associatePublicIpAddress": UNKNOWN}, "public address"),
    "a subnet that assigns public addresses": (SUBNET, {"mapPublicIpOnLaunch": True}, "assigns public addresses"),
    "IMDSv1": (INSTANCE, {"metadataOptions": {**_OPTIONS, "httpTokens": "optional"}}, "IMDSv2"),
    "two hops": (INSTANCE, {"metadataOptions": {**_OPTIONS, "httpPutResponseHopLimit": 2}}, "IMDSv2"),
    "no metadata options": (INSTANCE, {"metadataOptions": None}, "IMDSv2"),
    "a disk in cleartext": (INSTANCE, {"rootBlockDevice": {"encrypted": False}}, "not encrypted"),
    "no word about its disk": (INSTANCE, {"rootBlockDevice": None}, "not encrypted"),
    "a second disk": (INSTANCE, {"ebsBlockDevices": [{"deviceName": "/dev/sdb"}]}, "second disk"),
    "a key pair": (INSTANCE, {"keyName": "admin"}, "key pair"),
    "no security group": (INSTANCE, {"vpcSecurityGroupIds": None}, "no security group"),
    "a security group of another program": (INSTANCE, {"vpcSecurityGroupIds": ["sg-0123456789abcdef0"]}, "not in this program"),
    "a subnet of another program": (INSTANCE, {"subnetId": "subnet-0123456789abcdef0"}, "in no subnet of this program"),
    "ingress from the VPC": (GROUP, {"ingress": with_ingress(cidrBlocks=["10.0.0.0/8"])}, "more than one TCP port"),
    "ingress from anywhere": (GROUP, {"ingress": with_ingress(cidrBlocks=["0.0.0.0/0"])}, "more than one TCP port"),
    "ingress on two ports": (GROUP, {"ingress": with_ingress(toPort=8444)}, "more than one TCP port"),
    "ingress on every protocol": (GROUP, {"ingress": with_ingress(protocol="-1")}, "more than one TCP port"),
    "ingress over IPv6": (GROUP, {"ingress": with_ingress(ipv6CidrBlocks=["::/0"])}, "more than one TCP port"),
    "ingress from a group": (GROUP, {"ingress": with_ingress(securityGroups=["sg-0123456789abcdef0"])}, "more than one TCP port"),
    "ingress from a prefix list": (GROUP, {"ingress": with_ingress(prefixListIds=["pl-0123456789abcdef0"])}, "more than one TCP port"),
    "ingress from itself": (GROUP, {"ingress": with_ingress(self=True)}, "more than one TCP port"),
    "ingress that is not known": (GROUP, {"ingress": with_ingress(cidrBlocks=UNKNOWN)}, "more than one TCP port"),
    "SSH": (GROUP, {"ingress": lambda before: [*before, {**before[0], "fromPort": 22, "toPort": 22}]}, "2 ports"),
    "no ingress": (GROUP, {"ingress": []}, "0 ports"),
    "every secret": (READ, {"policy": policy(allow(READS, "*"))}, "whole ARN"),
    "a pattern of secrets": (READ, {"policy": policy(allow(READS, ROUTE["secret"][:-6] + "*"))}, "whole ARN"),
    "one pattern beside an ARN": (READ, {"policy": policy(allow(READS, [ROUTE["secret"], ROUTE["secret"] + "*"]))}, "whole ARN"),
    "no resource": (READ, {"policy": policy(allow(READS, []))}, "whole ARN"),
    "all but one resource": (READ, {"policy": policy({"Effect": "Allow", "Action": READS, "NotResource": "x"})}, "whole ARN"),
    "writing secrets": (READ, {"policy": policy(allow([READS, "secretsmanager:PutSecretValue"]))}, "whole ARN"),
    "every right of the service": (READ, {"policy": policy(allow("secretsmanager:*"))}, "whole ARN"),
    "another service": (READ, {"policy": policy(allow(READS), allow("s3:PutObject", "*"))}, "whole ARN"),
    "a managed policy": (ROLE, {"managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}, "apart from its inline ones"),
    "another account's trust": (
        ROLE,
        {"assumeRolePolicy": policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})},
        "others than EC2",
    ),
    "a trust that cannot be read": (ROLE, {"assumeRolePolicy": "{"}, "others than EC2"),
}


@pytest.mark.parametrize("stack", STACKS)
def test_the_products_gateway_is_proved_and_every_rule_passes(programs: dict[str, dict[str, list[Resource]]], stack: str) -> None:
    for form, resources in programs[stack].items():
        graph = Graph(resources)
        assert [one.host.resource.name for one in find_gateways(graph)] == [INSTANCE], form
        assert [host.resource.name for host in find_hosts(graph)] == ["agent-instance"], form
        assert check_every_rule(resources) == [], form


@pytest.mark.parametrize("name", BROKEN)
def test_any_changed_fact_refuses_the_program(programs: dict[str, dict[str, list[Resource]]], name: str) -> None:
    resource, props, said = BROKEN[name]
    changed = change(programs["coding-enforce"]["known"], resource, **props)
    found = [fault for fault in check_stack(Graph(changed)) if fault.where.endswith(INSTANCE)]
    assert any(said in fault.what for fault in found), found


def test_an_agents_tag_makes_it_a_host_whatever_it_reads(programs: dict[str, dict[str, list[Resource]]]) -> None:
    tagged = change(programs["coding-enforce"]["known"], INSTANCE, tags={"Role": "openclaw-agent-harness"})
    assert find_candidates(Graph(tagged)) == ()
    assert INSTANCE in {host.resource.name for host in find_hosts(Graph(tagged))}
    assert {finding.id for finding in check_every_rule(tagged)} >= {"agent-host-takes-no-ingress", "agents-are-a-source-by-address"}


def test_a_gateways_name_proves_nothing(programs: dict[str, dict[str, list[Resource]]]) -> None:
    """Without the right to read secrets it is a host like any other, whatever its name and tags."""
    changed = change(programs["coding-enforce"]["known"], READ, policy=policy(allow("logs:PutLogEvents", "*")))
    assert INSTANCE in {host.resource.name for host in find_hosts(Graph(changed))}
    assert check_every_rule(changed)


def test_an_agent_in_the_gateways_subnet_refuses_the_program(programs: dict[str, dict[str, list[Resource]]]) -> None:
    resources = programs["coding-enforce"]["known"]
    [subnet] = [one for one in resources if one.name == SUBNET]
    moved = change(resources, "agent-instance", subnetId=subnet.outputs["id"])
    assert any("shares" in fault.what for fault in check_stack(Graph(moved)))


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ({"matchExpressions": [{"snifilter": "*.nvidia.com"}]}, "not exact"),
        ({"matchExpressions": [{"snifilter": "integrate.api.nvidia.com"}, {"snifilter": "*"}]}, "not exact"),
        ({"matchExpressions": [{"snifilter": "integrate.api.nvidia.com"}, {"snifilter": "openclaw.ai"}]}, "themselves"),
    ],
    ids=["a wildcard", "every name", "a name that agents reach"],
)
def test_what_the_gateway_reaches_is_judged(programs: dict[str, dict[str, list[Resource]]], selector: Any, said: str) -> None:
    changed = change(programs["coding-enforce"]["known"], MODELS, selector=selector)
    [core] = [one for one in changed if one.name == "policy-wg-openclaw-core"]
    assert '"openclaw.ai"' in json.dumps(core.props["selector"], default=str), "name another host that agents reach"
    faults = check_stack(Graph(changed))
    assert any(said in fault.what for fault in faults), faults


def test_an_agents_role_reads_no_secret_of_the_gateway(programs: dict[str, dict[str, list[Resource]]]) -> None:
    resources = programs["coding-enforce"]["known"]
    for resource, refused in (
        (ROUTE["secret"], True),
        (ROUTE["secret"][:-6] + "*", True),
        (ROUTE["secret"].replace("nvidia", "own"), False),
    ):
        changed = change(resources, "agent-identity-operate", policy=policy(allow(READS, resource)))
        assert any("keys of the credential gateway" in fault.what for fault in check_stack(Graph(changed))) is refused, resource
