"""Resources of other programs that a program changes: route tables, subnets, groups and interfaces given by a literal id.

An id that no resource of the program has is another program's, and that program may be an agent's. A change to it cannot be
judged from here: the subnet may be an agent's, the group may be an agent's. So a program with an agent host makes none.
Resources that the program reads (`.get()`) are its own in this sense: their properties are in the graph and are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policypack.finding import Fault
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts
from policypack.known_doors import BALANCERS, IMAGES, TO_VPN_GATEWAY, key_of, values
from policypack.known_types import (
    CLASSIC_BALANCERS,
    DEFAULT_GROUP,
    DEFAULT_ROUTE_TABLE,
    DNS_CONFIG,
    DNS_GROUP,
    DNS_RULE,
    EGRESS_RULE,
    ENDPOINT_TABLE_ASSOCIATION,
    GROUP_ATTACHMENT,
    GROUP_RULE,
    INGRESS_RULE,
    INSTANCES,
    INTERFACE,
    INTERFACE_ATTACHMENT,
    INTERFACE_PERMISSION,
    LATTICE_TARGET_GROUPS,
    MAIN_TABLE_ASSOCIATION,
    NAMESPACE,
    PROFILE_ASSOCIATION,
    RESOLVER_CONFIG,
    RESOLVER_ENDPOINT,
    ROUTE,
    ROUTE_SERVER_PROPAGATION,
    SECURITY_GROUPS,
    SUBNETS,
    TABLE_ASSOCIATION,
    TABLES,
    TARGET_GROUPS,
    TRAFFIC_MIRROR,
    TRANSIT_GATEWAYS,
    VPC_ENDPOINT,
    VPCS,
    VPN_GATEWAY,
    VPN_PROPAGATION,
    ZONE,
    ZONE_ASSOCIATION,
    ZONE_AUTHORIZATION,
)
from policypack.plain import UNKNOWN


@dataclass(frozen=True, slots=True)
class Handle:
    """A property that changes what it refers to.

    `path` names the property (`[]` for list items), `targets` are (types, outputs) by which such a resource is referred to,
    `words` what is done to the literal that follows them.
    """

    path: str
    targets: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    words: str


_TABLE: Final = ((TABLES, ("id", "defaultRouteTableId")), (VPCS, ("mainRouteTableId", "defaultRouteTableId")))
_VPC: Final = ((VPCS, ("id",)),)
_GROUP: Final = ((SECURITY_GROUPS, ("id", "name")), (VPCS, ("defaultSecurityGroupId",)))
_INTERFACE: Final = (((INTERFACE,), ("id",)), (INSTANCES, ("primaryNetworkInterfaceId",)))

FOREIGN_ROUTING: Final[Mapping[str, tuple[Handle, ...]]] = {
    TABLE_ASSOCIATION: (Handle("subnetId", ((SUBNETS, ("id",)),), "decides the routes of subnet"),),
    ROUTE: (Handle("routeTableId", _TABLE, "adds a route to table"),),
    MAIN_TABLE_ASSOCIATION: (Handle("vpcId", _VPC, "decides the main route table of VPC"),),
    DEFAULT_ROUTE_TABLE: (Handle("defaultRouteTableId", _TABLE[1:], "takes over the default route table"),),
    VPN_PROPAGATION: (Handle("routeTableId", _TABLE, "propagates the routes of a VPN gateway into table"),),
    ROUTE_SERVER_PROPAGATION: (Handle("routeTableId", _TABLE, "propagates the routes of a route server into table"),),
    ENDPOINT_TABLE_ASSOCIATION: (Handle("routeTableId", _TABLE, "adds the route of an endpoint to table"),),
    VPC_ENDPOINT: (Handle("routeTableIds[]", _TABLE, "adds its route to table"),),
}
"""Changes to routes."""

FOREIGN_GROUPS: Final[Mapping[str, tuple[Handle, ...]]] = {
    GROUP_RULE: (Handle("securityGroupId", _GROUP, "adds a rule to security group"),),
    INGRESS_RULE: (Handle("securityGroupId", _GROUP, "adds a rule to security group"),),
    EGRESS_RULE: (Handle("securityGroupId", _GROUP, "adds a rule to security group"),),
    DEFAULT_GROUP: (Handle("vpcId", _VPC, "takes over the default security group of VPC"),),
    GROUP_ATTACHMENT: (Handle("networkInterfaceId", _INTERFACE, "changes the security groups of interface"),),
}
"""Changes to what may open a connection."""

FOREIGN_INTERFACES: Final[Mapping[str, tuple[Handle, ...]]] = {
    INTERFACE_ATTACHMENT: (
        Handle("instanceId", ((INSTANCES, ("id",)),), "attaches an interface to instance"),
        Handle("networkInterfaceId", (((INTERFACE,), ("id",)),), "attaches interface"),
    ),
    TRAFFIC_MIRROR: (Handle("networkInterfaceId", _INTERFACE, "copies every packet of interface"),),
    INTERFACE_PERMISSION: (Handle("networkInterfaceId", _INTERFACE, "lets another account attach interface"),),
}
"""Changes to what a host is connected to, and copies of its packets."""

_TARGET_GROUP: Final = (Handle("targetGroupArn", ((TARGET_GROUPS, ("arn", "id")),), "adds a target to target group"),)
FOREIGN_BALANCERS: Final[Mapping[str, tuple[Handle, ...]]] = {
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _TARGET_GROUP,
    "aws:alb/targetGroupAttachment:TargetGroupAttachment": _TARGET_GROUP,
    "aws:vpclattice/targetGroupAttachment:TargetGroupAttachment": (
        Handle("targetGroupIdentifier", ((LATTICE_TARGET_GROUPS, ("id", "arn")),), "adds a target to target group"),
    ),
    "aws:elb/attachment:Attachment": (Handle("elb", ((CLASSIC_BALANCERS, ("id", "name")),), "adds a target to load balancer"),),
}
"""Connections from balancers of other programs, whose listeners and security groups cannot be seen."""

_VPN_GATEWAY: Final = (((VPN_GATEWAY, *TRANSIT_GATEWAYS), ("id",)),)
_BALANCER: Final = ((BALANCERS, ("arn", "id")), (INSTANCES, ("arn", "id")))
FOREIGN_DOORS: Final[Mapping[str, tuple[Handle, ...]]] = {
    **{kind: (Handle(key, _VPN_GATEWAY, f"{words} gateway"),) for kind, (key, words) in TO_VPN_GATEWAY.items()},
    "aws:apigateway/vpcLink:VpcLink": (Handle("targetArn", _BALANCER, "API Gateway hands requests from the internet to"),),
    "aws:apigatewayv2/vpcLink:VpcLink": (
        Handle("subnetIds[]", ((SUBNETS, ("id",)),), "API Gateway hands requests from the internet to subnet"),
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": (
        Handle("vpcOriginEndpointConfig.arn", _BALANCER, "CloudFront hands requests from the internet to"),
    ),
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (
        Handle("imageId", ((IMAGES, ("id",)),), "another account may start, and read, image"),
    ),
    "aws:ec2/localGatewayRouteTableVpcAssociation:LocalGatewayRouteTableVpcAssociation": (
        Handle("vpcId", _VPC, "the local gateway of an Outpost joins an on-premises network to VPC"),
    ),
    "aws:odb/networkPeeringConnection:NetworkPeeringConnection": (
        Handle("peerNetworkId", _VPC, "a peering joins a database network to VPC"),
    ),
}
"""Ways in to networks of other programs."""

FOREIGN_NAMES: Final[Mapping[str, tuple[Handle, ...]]] = {
    DNS_RULE: (Handle("firewallRuleGroupId", (((DNS_GROUP,), ("id", "arn")),), "adds a rule to the DNS firewall's rule group"),),
    DNS_CONFIG: (Handle("resourceId", _VPC, "decides what happens when the DNS firewall fails in VPC"),),
}
"""Changes to which names resolve."""

FOREIGN_ANSWERERS: Final[Mapping[str, tuple[Handle, ...]]] = {
    ZONE: (Handle("vpcs[].vpcId", _VPC, "answers names of VPC"),),
    ZONE_ASSOCIATION: (Handle("vpcId", _VPC, "answers names of VPC"),),
    ZONE_AUTHORIZATION: (Handle("vpcId", _VPC, "lets a zone of another account answer names of VPC"),),
    NAMESPACE: (Handle("vpc", _VPC, "answers names of VPC"),),
    PROFILE_ASSOCIATION: (Handle("resourceId", _VPC, "applies a Route 53 profile to VPC"),),
    RESOLVER_CONFIG: (Handle("resourceId", _VPC, "decides who answers reverse names of VPC"),),
    RESOLVER_ENDPOINT: (Handle("ipAddresses[].subnetId", ((SUBNETS, ("id",)),), "is a resolver endpoint in subnet"),),
}
"""Changes to who answers for names."""


def find_foreign(graph: Graph, handles: Mapping[str, tuple[Handle, ...]]) -> Iterator[Fault]:
    """Yield a fault at each change to a resource of another program, when the program has an agent host."""
    if not find_hosts(graph):
        return
    for one in graph.of(*handles):
        for handle in handles[one.type]:
            for value in values(one, handle.path):
                literal = _foreign_literal(graph, one, key_of(handle.path), value, handle)
                if literal:
                    yield Fault(one.urn, f"{handle.words} {literal}, which no resource of this program has as its id")


def _foreign_literal(graph: Graph, holder: Resource, key: str, value: Any, handle: Handle) -> str:
    """Return the id when it is of nothing in the program, "" otherwise."""
    if value is UNKNOWN or value in (None, ""):
        return ""
    is_own = any(is_of_program(graph, holder, key, value, types, attributes) for types, attributes in handle.targets)
    return "" if is_own or _is_output_of_dependency(graph, holder, key, value) else str(value)


def is_of_program(graph: Graph, holder: Resource, key: str, value: Any, types: tuple[str, ...], attributes: tuple[str, ...]) -> bool:
    """Return whether a known id is, or may be, that of a resource of the program.

    Args:
        graph: The stack.
        holder: The resource that states the id.
        key: The property that contains it.
        value: The id; not UNKNOWN.
        types: Types that such an id belongs to.
        attributes: Outputs by which they are referred to.
    """
    direct = holder.property_dependencies.get(key, ())
    found = graph.refer(holder, key, value, types, attributes).found
    return any(_has_it(one, attributes, value) or (one.urn in direct and _may_have_it(one, attributes)) for one in found)


def _has_it(resource: Resource, attributes: tuple[str, ...], value: Any) -> bool:
    return any(value in (resource.output(attribute), resource.get(attribute)) for attribute in attributes)


def _may_have_it(resource: Resource, attributes: tuple[str, ...]) -> bool:
    """Return whether a known id may be this resource's, because its provider does not return the id at all.

    An explicit unknown is no such silence: a literal next to a reference in one list has the list's dependencies, and is
    none of them.
    """
    return all(resource.outputs.get(attribute) in (None, "") for attribute in attributes)


def _is_output_of_dependency(graph: Graph, holder: Resource, key: str, value: Any) -> bool:
    """Return whether a value is an output of a resource that the property is made from (a cluster's own security group)."""
    sources = (graph.at(urn) for urn in holder.property_dependencies.get(key, ()))
    return any(_contains({name: one.outputs[name] for name in one.outputs.keys() - one.props.keys()}, value) for one in sources if one)


def _contains(held: Any, value: Any) -> bool:
    if isinstance(held, Mapping):
        return any(_contains(item, value) for item in held.values())
    return any(_contains(item, value) for item in held) if isinstance(held, list) else bool(held == value)
