"""The VPC endpoints that agent hosts can use, and the policies that apply to them.

An endpoint of a VPC that no host is in is of no concern. One policy applies: the endpoint's own, or that of a resource apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from policypack.graph import Graph, Resource
from policypack.home import leads_to_vpc
from policypack.known_types import ENDPOINT_POLICY, VPC_ENDPOINT
from policypack.plain import UNKNOWN

INTERFACE_KIND: Final = "interface"
APPLIANCE_KIND: Final = "gatewayloadbalancer"
WITH_POLICY: Final = ("gateway", INTERFACE_KIND)
"""Kinds of endpoints that take a policy; the others lead to appliances and to services that people share."""

AWS_SERVICE: Final = ("com.amazonaws.", "cn.com.amazonaws.", "aws.")
OF_SOMEBODY: Final = "com.amazonaws.vpce."
"""Services that customers offer each other are named so."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A policy and the resource that states it."""

    holder: Resource
    value: Any


def endpoints_of(graph: Graph) -> list[Resource]:
    """Return the endpoints in, or perhaps in, a VPC of some host."""
    return [one for one in graph.of(VPC_ENDPOINT) if leads_to_vpc(graph, one, "vpcId", one.get("vpcId"))]


def kind_of(endpoint: Resource) -> Any:
    """Return an endpoint's kind in lower case; it is a gateway when nothing is said."""
    kind = endpoint.get("vpcEndpointType")
    return kind if kind is UNKNOWN else str(kind or "gateway").lower()


def is_aws_service(endpoint: Resource) -> bool:
    """Tell whether an endpoint leads to a service of AWS itself; a name not known yet may be one."""
    name = endpoint.get("serviceName")
    return name is UNKNOWN or (str(name).startswith(AWS_SERVICE) and not str(name).startswith(OF_SOMEBODY))


def foreign_policies(graph: Graph) -> list[Stated]:
    """Return the policies that a program states for endpoints that are not in it."""
    return [
        Stated(one, one.get("policy"))
        for one in graph.of(ENDPOINT_POLICY)
        if not graph.refer(one, "vpcEndpointId", one.get("vpcEndpointId"), (VPC_ENDPOINT,)).found
    ]


def policies_of(graph: Graph, endpoint: Resource) -> list[Stated]:
    """Return the policies that a program states for an endpoint."""
    own = endpoint.get("policy")
    found = [] if own in (None, "") else [Stated(endpoint, own)]
    apart = (
        Stated(one, one.get("policy"))
        for one in graph.of(ENDPOINT_POLICY)
        if graph.refer(one, "vpcEndpointId", one.get("vpcEndpointId"), (VPC_ENDPOINT,)).may_be(endpoint)
    )
    return [*found, *apart]
