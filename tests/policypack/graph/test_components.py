"""A component's type and values are chosen by the program, so they prove nothing about what is deployed."""

from __future__ import annotations

from policypack.graph.resources import Graph, Provider, Resource

FLOW_LOG = "aws:ec2/flowLog:FlowLog"
BY = Provider("urn:provider", "pulumi:providers:aws")
MADE = Resource("urn:made", FLOW_LOG, "made", props={"vpcId": "vpc-1"}, outputs={"arn": "arn:1"}, provider=BY)
PRETENDED = Resource("urn:pretended", FLOW_LOG, "pretended", props={"vpcId": "vpc-2"}, outputs={"arn": "arn:2"}, is_component=True)


def test_a_component_is_no_resource_of_its_type_and_has_no_values() -> None:
    graph = Graph([MADE, PRETENDED])
    assert [one.name for one in graph.find_by_type(FLOW_LOG)] == ["made"]
    pretended = graph.find_by_urn("urn:pretended")
    assert pretended is not None
    assert (pretended.props, pretended.outputs) == ({}, {})


def test_without_any_provider_nothing_is_known_to_be_a_component() -> None:
    """An engine that names no providers must not empty the whole stack."""
    assert Graph([PRETENDED]).find_by_type(FLOW_LOG) == [PRETENDED]


def test_the_stack_is_found_although_it_has_no_provider() -> None:
    stack = Resource("urn:stack", "pulumi:pulumi:Stack", "stack", is_component=True)
    assert Graph([MADE, stack]).find_by_type("pulumi:pulumi:Stack") == [stack]
