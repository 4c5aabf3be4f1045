"""A stored stack is judged as the pack inside an engine judges it: reads by what was read, the stack itself included."""

from __future__ import annotations

from typing import Any

from policypack.graph import known_types as kt
from policypack.graph.resources import Graph
from policypack.standalone_checks import check_stack
from policypack.stored_resources import count_deployed, load_resources
from policypack.waiver_rule import find_root
from policypack.waivers import STACK

STATE = "urn:pulumi:dev::test"
ROOT = f"{STATE}::{STACK}::test-dev"


def entry(
    kind: str, name: str, *, inputs: dict[str, Any] | None = None, outputs: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    return {"urn": f"{STATE}::{kind}::{name}", "type": kind, "custom": True, "inputs": inputs or {}, "outputs": outputs or {}, **more}


def document(*resources: dict[str, Any]) -> dict[str, Any]:
    root = {"urn": ROOT, "type": STACK, "custom": False}
    return {"version": 3, "deployment": {"resources": [root, *resources]}}


def with_a_host(*resources: dict[str, Any], **host: Any) -> dict[str, Any]:
    inputs = {
        "subnetId": "subnet-1",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "tags": {"Role": "openclaw-agent-harness"},
        **host,
    }
    vpc = entry(kt.VPC, "vpc", inputs={"cidrBlock": "10.0.0.0/16"}, id="vpc-1")
    instance = entry(kt.INSTANCE, "agent", inputs=inputs, outputs=inputs, id="i-1")
    return document(vpc, *resources, instance)


def refused(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one.id, one.where.rsplit("::", 1)[-1]) for one in check_stack(load_resources(document))}


def test_a_resource_that_was_read_has_what_was_read_for_properties() -> None:
    read = entry(kt.SUBNET, "agents", outputs={"vpcId": "vpc-1", "mapPublicIpOnLaunch": True}, external=True, id="subnet-1")
    found = next(one for one in load_resources(document(read)) if one.name == "agents")
    assert found.is_read
    assert found.props == {"vpcId": "vpc-1", "mapPublicIpOnLaunch": True, "id": "subnet-1"}


def test_a_read_that_has_no_outputs_yet_keeps_its_inputs() -> None:
    found = load_resources(document(entry(kt.SUBNET, "agents", inputs={"vpcId": "vpc-1"}, external=True)))[-1]
    assert found.props == {"vpcId": "vpc-1"}


def test_a_public_subnet_that_was_read_is_refused() -> None:
    read = entry(kt.SUBNET, "agents", outputs={"vpcId": "vpc-1", "mapPublicIpOnLaunch": True}, external=True, id="subnet-1")
    assert ("agent-host-has-no-public-ip", "agents") in refused(with_a_host(read))


def test_an_open_group_that_was_read_is_refused() -> None:
    ingress = [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}]
    subnet = entry(kt.SUBNET, "agents", outputs={"vpcId": "vpc-1"}, external=True, id="subnet-1")
    group = entry(kt.SECURITY_GROUP, "open", outputs={"ingress": ingress}, external=True, id="sg-1")
    assert ("agent-host-takes-no-ingress", "open") in refused(with_a_host(subnet, group, vpcSecurityGroupIds=["sg-1"]))


def test_a_route_to_an_internet_gateway_in_a_table_that_was_read_is_refused() -> None:
    subnet = entry(kt.SUBNET, "agents", outputs={"vpcId": "vpc-1"}, external=True, id="subnet-1")
    routes = [{"cidrBlock": "10.0.0.0/16", "gatewayId": "local"}, {"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]
    table = entry(kt.ROUTE_TABLE, "table", outputs={"vpcId": "vpc-1", "routes": routes}, external=True, id="rtb-1")
    used = entry(kt.TABLE_ASSOCIATION, "used", inputs={"subnetId": "subnet-1", "routeTableId": "rtb-1"}, id="rtbassoc-1")
    assert ("agent-subnet-has-no-nat-route", "table") in refused(with_a_host(subnet, table, used))


def test_a_web_group_that_was_read_counts_by_its_names() -> None:
    selector = {"matchExpressions": [{"snifilter": "api.openai.com"}]}
    group = entry(kt.WEB_GROUP, "shadow", outputs={"name": "shadow", "selector": selector, "uuid": "u-1"}, external=True, id="u-1")
    assert load_resources(document(group))[-1].get("selector") == selector


def test_the_stack_itself_is_there_and_is_not_counted() -> None:
    provider = {"urn": f"{STATE}::pulumi:providers:aws::default", "type": "pulumi:providers:aws", "custom": True, "id": "p"}
    resources = load_resources(with_a_host(provider))
    assert find_root(Graph(resources)) == ROOT
    assert count_deployed(resources) == 2
    assert count_deployed(load_resources(document())) == 0
