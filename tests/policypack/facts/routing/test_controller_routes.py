"""The Controller's own routes are distinguished from other routes by the stack's own facts; a doubtful one is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.resources import Graph
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import Ref, Stack, compliant

NAT = "agent-subnet-has-no-nat-route"
DEFAULT = {"cidrBlock": "0.0.0.0/0", "networkInterfaceId": "eni-gateway"}


def refused(stack: Stack, answers: dict[str, dict[str, Any]], read: str = "") -> set[tuple[str, str]]:
    resources = [replace(one, outputs={**one.outputs, **answers.get(one.name, {})}) for one in stack.resources(True)]
    resources = [replace(one, props=one.outputs, is_read=True) if one.name == read else one for one in resources]
    return {(one.id, one.where.rsplit("::", 1)[-1]) for one in check_stack(Graph(resources).resources)}


def two_tables() -> Stack:
    stack = compliant()
    second = stack.add(kt.SUBNET, "others", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.11.0/24"})
    table = stack.add(kt.ROUTE_TABLE, "other-table", {"vpcId": Ref("vpc")})
    stack.add(kt.TABLE_ASSOCIATION, "other-association", {"subnetId": second, "routeTableId": table})
    return stack


@pytest.mark.parametrize("destination", ["0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
def test_the_controllers_routes_pass(destination: str) -> None:
    assert refused(compliant(), {"agent-table": {"routes": [{**DEFAULT, "cidrBlock": destination}]}}) == set()


def test_a_table_that_was_read_may_have_the_controllers_route() -> None:
    assert refused(compliant(), {"agent-table": {"routes": [DEFAULT]}}, read="agent-table") == set()


@pytest.mark.parametrize("destination", ["52.0.0.0/8", "0.0.0.0/1", "8.8.8.8/32"])
def test_a_route_that_the_controller_does_not_write_is_refused(destination: str) -> None:
    assert refused(compliant(), {"agent-table": {"routes": [{**DEFAULT, "cidrBlock": destination}]}}) == {(NAT, "agent-table")}


def test_a_route_that_the_program_sets_to_such_an_interface_is_refused() -> None:
    stack = compliant()
    stack.props["agent-table"]["routes"] = [DEFAULT]
    assert refused(stack, {}) == {(NAT, "agent-table")}


def test_without_a_gateway_nobody_else_writes_the_route() -> None:
    stack = compliant()
    stack.drop("spoke")
    assert (NAT, "agent-table") in refused(stack, {"agent-table": {"routes": [DEFAULT]}})


def test_more_interfaces_than_gateways_are_refused_all() -> None:
    other = {**DEFAULT, "networkInterfaceId": "eni-other"}
    found = refused(two_tables(), {"agent-table": {"routes": [DEFAULT]}, "other-table": {"routes": [other]}})
    assert found == {(NAT, "agent-table")}
    assert refused(two_tables(), {"agent-table": {"routes": [DEFAULT]}, "other-table": {"routes": [DEFAULT]}}) == set()


def test_the_gateways_own_address_names_its_interface() -> None:
    address = {"networkInterface": "eni-gateway", "publicIp": "gateway-address-publicIp"}
    spoke = {"eip": "gateway-address-publicIp"}
    assert refused(compliant(), {"agent-table": {"routes": [DEFAULT]}, "gateway-address": address, "spoke": spoke}) == set()
    other = {**DEFAULT, "networkInterfaceId": "eni-other"}
    assert refused(compliant(), {"agent-table": {"routes": [other]}, "gateway-address": address, "spoke": spoke}) == {(NAT, "agent-table")}


def test_an_interface_of_the_stack_is_no_gateway() -> None:
    stack = compliant()
    stack.add(kt.INTERFACE, "card", {"subnetId": Ref("gateways")})
    assert refused(stack, {"agent-table": {"routes": [{**DEFAULT, "networkInterfaceId": "card-id"}]}}) == {(NAT, "agent-table")}
