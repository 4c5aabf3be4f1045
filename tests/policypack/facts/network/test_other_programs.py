"""A program with an agent host changes no table, subnet, group or interface that it does not have."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.facts.network.other_programs import (
    FOREIGN_ANSWERERS,
    FOREIGN_BALANCERS,
    FOREIGN_DOORS,
    FOREIGN_GROUPS,
    FOREIGN_INTERFACES,
    FOREIGN_NAMES,
    FOREIGN_RIGHTS,
    FOREIGN_ROUTING,
    ForeignReference,
)
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.type_table import nested
from tests.policypack.stacks import Ref, Stack, compliant

KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
RULES = {
    "agent-subnet-has-no-nat-route": FOREIGN_ROUTING,
    "agent-host-takes-no-ingress": FOREIGN_GROUPS,
    "agent-host-has-no-way-in": {**FOREIGN_INTERFACES, **FOREIGN_BALANCERS, **FOREIGN_DOORS},
    "agent-role-is-minimal": FOREIGN_RIGHTS,
    "dns-firewall-is-closed": FOREIGN_NAMES,
    "dns-stays-with-the-resolver": FOREIGN_ANSWERERS,
}
ROWS = [(rule, kind, handle) for rule, table in RULES.items() for kind, handles in table.items() for handle in handles]


def stated(handle: ForeignReference, value: Any) -> dict[str, Any]:
    return nested(handle.path, value)


@KNOWN
@pytest.mark.parametrize(("rule", "kind", "handle"), ROWS)
def test_a_literal_id_of_nothing_in_the_program_is_refused(rule: str, kind: str, handle: ForeignReference, known: bool) -> None:
    stack = compliant()
    stack.add(kind, "change", stated(handle, "id-0123456789abcdef0"))
    assert stack.refused(known) == {(rule, "change")}


@KNOWN
@pytest.mark.parametrize(("rule", "kind", "handle"), ROWS)
def test_without_an_agent_host_it_is_no_concern(rule: str, kind: str, handle: ForeignReference, known: bool) -> None:
    stack = Stack()
    stack.add(kind, "change", stated(handle, "id-0123456789abcdef0"))
    assert not {found for found in stack.refused(known) if found[0] == rule}


def test_the_message_names_the_id() -> None:
    stack = compliant()
    stack.add(kt.ROUTE, "change", {"routeTableId": "rtb-0a", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"})
    (finding,) = stack.findings(known=True)
    assert finding.what == "adds a route to table rtb-0a, which no resource of this program has as its id"


def test_a_literal_next_to_a_reference_is_none_of_the_programs_own_tables() -> None:
    stack = compliant()
    endpoint = {"vpcId": Ref("vpc"), "serviceName": "com.amazonaws.us-east-1.s3", "routeTableIds": [Ref("agent-table"), "rtb-0a"]}
    stack.add(kt.VPC_ENDPOINT, "s3", endpoint)
    assert stack.refused(known=False) == stack.refused(known=True) == {("agent-subnet-has-no-nat-route", "s3")}


@KNOWN
def test_ids_of_the_programs_own_resources_pass(known: bool) -> None:
    stack = compliant()
    stack.add(kt.VPC, "other", {"cidrBlock": "10.77.0.0/16"})
    stack.add(kt.SECURITY_GROUP, "group", {"vpcId": Ref("other"), "ingress": []})
    stack.add(kt.GROUP_RULE, "rule", {"type": "ingress", "securityGroupId": Ref("group"), "protocol": "tcp"})
    stack.add(kt.INGRESS_RULE, "of-default", {"securityGroupId": Ref("other", "defaultSecurityGroupId"), "ipProtocol": "tcp"})
    stack.add(kt.ROUTE_TABLE, "open", {"vpcId": Ref("other")})
    stack.add(kt.ROUTE, "out", {"routeTableId": Ref("open"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})
    stack.add(
        kt.ROUTE, "main", {"routeTableId": Ref("other", "mainRouteTableId"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
    )
    stack.add(kt.DEFAULT_ROUTE_TABLE, "default", {"defaultRouteTableId": Ref("other", "defaultRouteTableId"), "routes": []})
    stack.add(kt.MAIN_TABLE_ASSOCIATION, "main-of", {"vpcId": Ref("other"), "routeTableId": Ref("open")})
    assert stack.refused(known) == set()


@KNOWN
def test_a_group_that_another_resource_made_passes(known: bool) -> None:
    stack = compliant()
    stack.add("aws:eks/cluster:Cluster", "cluster", {})
    stack.add(kt.GROUP_RULE, "rule", {"type": "ingress", "securityGroupId": Ref("cluster", "clusterSecurityGroupId"), "protocol": "tcp"})
    assert {found for found in stack.refused(known) if found[1] == "rule"} == set()


@KNOWN
@pytest.mark.parametrize("others", [["sg-0a"], [UNKNOWN], [Ref("group"), "sg-0a"]], ids=["literal", "untraced", "next to its own"])
def test_a_host_in_a_group_that_cannot_be_seen_is_refused(others: list[Any], known: bool) -> None:
    stack = compliant()
    stack.add(kt.SECURITY_GROUP, "group", {"vpcId": Ref("vpc"), "ingress": [], "egress": []})
    stack.props["agent"].update(vpcSecurityGroupIds=others)
    assert stack.refused(known) == {("agent-host-takes-no-ingress", "agent")}


def test_an_id_that_is_not_known_yet_is_judged_when_it_is() -> None:
    stack = compliant()
    stack.add(kt.INGRESS_RULE, "rule", {"securityGroupId": UNKNOWN, "ipProtocol": "tcp"})
    assert stack.refused(known=False) == set()
