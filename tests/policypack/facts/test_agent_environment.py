"""A program is a vended place only when it says so twice: a tag of this product on a host, and a spoke gateway."""

from __future__ import annotations

import pytest

from policypack.facts.agent_environment import find_environments, is_complete
from policypack.graph.known_types import INSTANCE, SUBNET, VPC
from tests.policypack.stacks import SPOKE, Ref, Stack

KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])


def program(tags: dict[str, str], *, spoke: bool = True) -> Stack:
    stack = Stack()
    vpc = stack.add(VPC, "vpc", {"cidrBlock": "10.42.0.0/16"})
    subnet = stack.add(SUBNET, "agents", {"vpcId": vpc, "cidrBlock": "10.42.10.0/24"})
    stack.add(INSTANCE, "agent", {"subnetId": subnet, "tags": tags})
    if spoke:
        stack.add(SPOKE, "spoke", {"gwName": "spoke", "vpcId": vpc})
    return stack


@KNOWN
@pytest.mark.parametrize("tag", ["AgentStack", "AgentClass"])
def test_a_tag_of_this_product_and_a_spoke_gateway_make_a_place(tag: str, known: bool) -> None:
    graph = program({tag: "coding"}).graph(known)
    (place,) = find_environments(graph)
    assert is_complete(graph)
    assert [host.resource.name for host in place.hosts] == ["agent"]
    assert [one.name for one in (*place.vpcs, *place.gateways)] == ["vpc", "spoke"]
    assert [one.name for one in place.anchors] == ["vpc"]


@pytest.mark.parametrize(
    "stack",
    [program({"Role": "openclaw-agent-harness"}), program({"AgentStack": "coding"}, spoke=False), program({}), Stack()],
    ids=["role only", "no gateway", "no tag", "nothing"],
)
@KNOWN
def test_anything_less_is_none(stack: Stack, known: bool) -> None:
    assert not is_complete(stack.graph(known))
    assert find_environments(stack.graph(known)) == ()


@KNOWN
def test_hosts_of_two_vpcs_are_two_places_with_their_own_gateways(known: bool) -> None:
    stack = program({"AgentStack": "coding"})
    vpc = stack.add(VPC, "vpc-2", {"cidrBlock": "10.43.0.0/16"})
    subnet = stack.add(SUBNET, "agents-2", {"vpcId": vpc, "cidrBlock": "10.43.10.0/24"})
    stack.add(INSTANCE, "agent-2", {"subnetId": subnet, "tags": {"AgentStack": "coding"}})
    stack.add(SPOKE, "spoke-2", {"gwName": "spoke-2", "vpcId": Ref("vpc-2")})
    found = [
        ([host.resource.name for host in one.hosts], [gateway.name for gateway in one.gateways])
        for one in find_environments(stack.graph(known))
    ]
    assert found == [(["agent"], ["spoke"]), (["agent-2"], ["spoke-2"])]


@KNOWN
def test_a_host_whose_vpc_is_elsewhere_is_a_place_reported_at_the_host(known: bool) -> None:
    stack = program({"AgentStack": "coding"})
    stack.props["agent"]["subnetId"] = "subnet-of-another-program"
    (place,) = find_environments(stack.graph(known))
    assert place.vpcs == ()
    assert [one.name for one in (*place.anchors, *place.gateways)] == ["agent", "spoke"]
