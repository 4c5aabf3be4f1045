"""What was read is judged by the same rules; what was not read is never a pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from containment.exit_code import Exit
from containment.preflight.access import LiveSystems
from containment.preflight.facts import UnreadFact
from containment.preflight.finding import Status
from containment.queries.account.check import check_account
from containment.queries.account.joined_stack import find_scope, find_undeclared, join
from containment.queries.account.reading import Reading
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph, Resource
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import Ref, Stack, compliant


def state() -> list[Resource]:
    return compliant().resources(known=True)


def refused(graph: Graph) -> set[tuple[str, str]]:
    return {(one.id, one.where.rsplit("::", 1)[-1]) for one in check_stack(graph.resources)}


def denied(_service: str) -> Any:
    class Denying:
        def can_paginate(self, _call: str) -> bool:
            return False

        def __getattr__(self, name: str) -> Callable[..., Any]:
            def call(**_arguments: Any) -> Any:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, name)

            return call

    return Denying()


def place(clients: Any) -> LiveSystems:
    return LiveSystems("a test", clients, UnreadFact("no Controller is configured"), {}, frozenset())


def test_what_cannot_be_read_makes_the_answer_inconclusive_and_passes_no_rule() -> None:
    answer = check_account("dev", state(), place(denied), "us-east-1")
    assert answer.exit is Exit.INCONCLUSIVE
    assert {case.status for case in answer.cases} == {Status.INCONCLUSIVE}
    assert "NOT PROVED" in answer.headline
    assert any("AccessDenied" in case.text for case in answer.cases)
    assert any("no Controller is configured" in case.text for case in answer.cases)


def test_without_credentials_the_account_is_not_read() -> None:
    answer = check_account("dev", state(), place(UnreadFact("no AWS credentials were found")), "us-east-1")
    assert answer.exit is Exit.INCONCLUSIVE
    assert any(case.text == "no AWS credentials were found" for case in answer.cases)


def test_a_violation_of_the_state_stays_one_when_nothing_can_be_read() -> None:
    stack = compliant()
    stack.props["agent"]["associatePublicIpAddress"] = True
    answer = check_account("dev", stack.resources(True), place(denied), "us-east-1")
    assert answer.exit is Exit.NO


def test_a_state_without_a_host_is_nothing_to_check() -> None:
    assert check_account("dev", [], place(denied), "us-east-1").exit is Exit.NOTHING


@pytest.mark.parametrize(
    ("is_lab", "code", "skipped"), [(True, "NotImplemented", True), (False, "NotImplemented", False), (True, "AccessDenied", False)]
)
def test_only_a_call_that_the_simulator_does_not_have_is_skipped(is_lab: bool, code: str, skipped: bool) -> None:
    reading = Reading(is_lab=is_lab)

    def read() -> None:
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "DescribeThings")

    reading.attempt("things", read)
    assert [one.is_skipped for one in reading.unread] == [skipped]


def test_a_connection_that_fails_leaves_one_part_unread() -> None:
    reading = Reading(is_lab=True)

    def read() -> None:
        raise EndpointConnectionError(endpoint_url="https://example.invalid")

    reading.attempt("things", read)
    reading.attempt("others", lambda: reading.add(kt.VPC, "vpc-1", {}))
    assert [(one.what, one.is_skipped) for one in reading.unread] == [("things", False)]
    assert [one.name for one in reading.resources] == ["vpc-1"]


def test_a_mistake_in_a_reader_is_not_hidden() -> None:
    def read() -> None:
        raise KeyError("VpcId")

    with pytest.raises(KeyError):
        Reading().attempt("things", read)


def test_the_scope_is_what_the_state_knows_by_id() -> None:
    scope = find_scope(Graph(state()), "us-east-1")
    assert (scope.vpcs, scope.subnets, scope.hosts) == (("vpc-id",), ("agents-id",), ("agent-id",))


def test_live_facts_are_judged_at_the_states_own_resource() -> None:
    reading = Reading()
    reading.add(kt.SUBNET, "agents-id", {"vpcId": "vpc-id", "assignIpv6AddressOnCreation": True})
    joined = join(state(), reading)
    assert joined.added == ()
    assert refused(joined.graph) == {("agent-host-has-no-public-ip", "agents")}


def test_an_addition_is_judged_and_reported() -> None:
    reading = Reading()
    reading.add(kt.EIP, "eipalloc-1", {"instance": "agent-id", "publicIp": "192.0.2.1"})
    joined = join(state(), reading)
    assert refused(joined.graph) == {("agent-host-has-no-public-ip", "eipalloc-1")}
    assert [one.name for one, _ in find_undeclared(joined, reading)] == ["eipalloc-1"]


def test_what_is_gone_from_the_account_no_longer_counts() -> None:
    stack = compliant()
    reading = Reading()
    reading.add(kt.TABLE_ASSOCIATION, "gateway-association-id", {"subnetId": "gateways-id", "routeTableId": "gateway-table-id"})
    reading.add(kt.MAIN_TABLE_ASSOCIATION, "rtbassoc-main", {"vpcId": "vpc-id", "routeTableId": "rtb-main"})
    reading.add(kt.ROUTE_TABLE, "rtb-main", {"vpcId": "vpc-id", "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}]})
    reading.mark_complete(kt.TABLE_ASSOCIATION)
    joined = join(stack.resources(True), reading)
    assert [one.name for one in joined.gone] == ["agent-association"]
    assert refused(joined.graph) == {("agent-subnet-has-no-nat-route", "rtb-main")}
    assert list(find_undeclared(joined, reading)) == []  # a VPC comes with its main table


def test_a_part_that_was_not_read_completely_takes_nothing_away() -> None:
    assert join(state(), Reading()).gone == ()


def test_a_default_table_that_the_program_took_over_is_the_same_table() -> None:
    stack = compliant()
    stack.add(kt.DEFAULT_ROUTE_TABLE, "main", {"defaultRouteTableId": Ref("vpc", "defaultRouteTableId")})
    reading = Reading()
    reading.add(kt.ROUTE_TABLE, "main-id", {"vpcId": "vpc-id", "routes": []})
    assert join(stack.resources(True), reading).added == ()


def test_what_the_controller_made_is_no_stranger() -> None:
    reading = Reading()
    reading.add(kt.SECURITY_GROUP, "sg-gateway", {"vpcId": "vpc-id"})
    reading.add(kt.SECURITY_GROUP, "sg-other", {"vpcId": "vpc-id"})
    reading.of_controller.add("sg-gateway")
    joined = join(state(), reading)
    assert [one.name for one, _ in find_undeclared(joined, reading)] == ["sg-other"]


def test_in_a_vpc_of_another_program_only_the_rules_judge() -> None:
    stack: Stack = compliant()
    resources = stack.resources(True)
    resources = [replace(one, is_read=True, props=one.outputs) if one.type == kt.VPC else one for one in resources]
    reading = Reading()
    reading.add(kt.SECURITY_GROUP, "sg-other", {"vpcId": "vpc-id"})
    joined = join(resources, reading)
    assert list(find_undeclared(joined, reading)) == []


def test_an_instance_that_the_states_scaling_group_started_is_no_stranger() -> None:
    stack = compliant()
    stack.add(kt.SCALING_GROUP, "group", {"name": "agents", "vpcZoneIdentifiers": [Ref("agents")]})
    reading = Reading()
    reading.add(kt.INSTANCE, "i-started", {"subnetId": "agents-id", "tags": {"aws:autoscaling:groupName": "agents"}})
    reading.add(kt.INSTANCE, "i-other", {"subnetId": "agents-id", "tags": {"aws:autoscaling:groupName": "others"}})
    reading.add(kt.INTERFACE, "eni-started", {"attachments": [{"instance": "i-started"}]})
    reading.add(kt.INTERFACE, "eni-other", {"attachments": [{"instance": "i-other"}]})
    joined = join(stack.resources(True), reading)
    assert [one.name for one, _ in find_undeclared(joined, reading)] == ["i-other", "eni-other"]
