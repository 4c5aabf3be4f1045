"""A `cidr` with other fields in one expression: its meaning is undocumented, so it proves no membership and no network."""

from __future__ import annotations

from typing import Any

import pytest

from containment.ternary import Ternary
from policypack.facts.compute import Host
from policypack.firewall.smart_group_membership import get_expressions, get_networks, is_selected
from policypack.graph.resources import Graph, Resource

HOST = Host(Resource("urn:agent", "aws:ec2/instance:Instance", "agent", props={"privateIp": "10.64.10.7"}), {}, ())


def group(**expression: Any) -> Resource:
    return Resource("urn:group", "aviatrix:index/smartGroup:SmartGroup", "group", props={"selector": {"matchExpressions": [expression]}})


@pytest.mark.parametrize("more", [{"type": "vm"}, {"tags": {"Team": "x"}}, {"fqdn": "a.example"}, {"name": "agent"}])
def test_a_mixture_selects_nothing_for_certain(more: dict[str, Any]) -> None:
    mixed = group(cidr="10.64.10.0/24", **more)
    assert get_networks(mixed) == []
    assert [is_selected(Graph([]), one, HOST) for one in get_expressions(mixed)] != [Ternary.YES]


@pytest.mark.parametrize("more", [{}, {"tags": {}}, {"type": ""}, {"name": None}])
def test_an_address_alone_selects_its_hosts(more: dict[str, Any]) -> None:
    alone = group(cidr="10.64.10.0/24", **more)
    assert [str(one) for one in get_networks(alone)] == ["10.64.10.0/24"]
    assert [is_selected(Graph([]), one, HOST) for one in get_expressions(alone)] == [Ternary.YES]
