"""Changes to resources of other programs: route tables, subnets, groups, interfaces and roles given by a literal id.

An id that no resource of the program has belongs to another program, possibly one with an agent. A change to it cannot be judged
here, because its subnet or group may be an agent's. So a program with an agent host may not make such changes. Resources that the
program reads (`.get()`) do not count as another program's: their properties are in the graph and are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policypack.facts.hosts import find_hosts
from policypack.facts.ingress_services import BALANCERS, IMAGES, TO_VPN_GATEWAY, get_key, get_values
from policypack.finding import Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource


@dataclass(frozen=True, slots=True)
class ForeignReference:
    """A property whose resource changes the resource it refers to.

    `path` names the property (`[]` for list items), `targets` are (types, outputs) by which such a resource is referred to, `words`
    describe the change, before the literal id.
    """

    path: str
    targets: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    words: str


_TABLE: Final = ((kt.TABLES, ("id", "defaultRouteTableId")), (kt.VPCS, ("mainRouteTableId", "defaultRouteTableId")))
_VPC: Final = ((kt.VPCS, ("id",)),)
_GROUP: Final = ((kt.SECURITY_GROUPS, ("id", "name")), (kt.VPCS, ("defaultSecurityGroupId",)))
_INTERFACE: Final = (((kt.INTERFACE,), ("id",)), (kt.INSTANCES, ("primaryNetworkInterfaceId",)))

FOREIGN_ROUTING: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    kt.TABLE_ASSOCIATION: (ForeignReference("subnetId", ((kt.SUBNETS, ("id",)),), "decides the routes of subnet"),),
    kt.ROUTE: (ForeignReference("routeTableId", _TABLE, "adds a route to table"),),
    kt.MAIN_TABLE_ASSOCIATION: (ForeignReference("vpcId", _VPC, "decides the main route table of VPC"),),
    kt.DEFAULT_ROUTE_TABLE: (ForeignReference("defaultRouteTableId", _TABLE[1:], "takes over the default route table"),),
    kt.VPN_PROPAGATION: (ForeignReference("routeTableId", _TABLE, "propagates the routes of a VPN gateway into table"),),
    kt.ROUTE_SERVER_PROPAGATION: (ForeignReference("routeTableId", _TABLE, "propagates the routes of a route server into table"),),
    kt.ENDPOINT_TABLE_ASSOCIATION: (ForeignReference("routeTableId", _TABLE, "adds the route of an endpoint to table"),),
    kt.VPC_ENDPOINT: (ForeignReference("routeTableIds[]", _TABLE, "adds its route to table"),),
}
"""Changes to routes of other programs."""

FOREIGN_GROUPS: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    kt.GROUP_RULE: (ForeignReference("securityGroupId", _GROUP, "adds a rule to security group"),),
    kt.INGRESS_RULE: (ForeignReference("securityGroupId", _GROUP, "adds a rule to security group"),),
    kt.EGRESS_RULE: (ForeignReference("securityGroupId", _GROUP, "adds a rule to security group"),),
    kt.DEFAULT_GROUP: (ForeignReference("vpcId", _VPC, "takes over the default security group of VPC"),),
    kt.GROUP_ATTACHMENT: (ForeignReference("networkInterfaceId", _INTERFACE, "changes the security groups of interface"),),
}
"""Changes to security groups."""

FOREIGN_INTERFACES: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    kt.INTERFACE_ATTACHMENT: (
        ForeignReference("instanceId", ((kt.INSTANCES, ("id",)),), "attaches an interface to instance"),
        ForeignReference("networkInterfaceId", (((kt.INTERFACE,), ("id",)),), "attaches interface"),
    ),
    kt.VOLUME_ATTACHMENT: (ForeignReference("instanceId", ((kt.INSTANCES, ("id",)),), "attaches a volume to instance"),),
    kt.TRAFFIC_MIRROR: (ForeignReference("networkInterfaceId", _INTERFACE, "copies every packet of interface"),),
    kt.INTERFACE_PERMISSION: (ForeignReference("networkInterfaceId", _INTERFACE, "lets another account attach interface"),),
}
"""Changes to interfaces and disks, and copies of packets."""

_TARGET_GROUP: Final = (ForeignReference("targetGroupArn", ((kt.TARGET_GROUPS, ("arn", "id")),), "adds a target to target group"),)
FOREIGN_BALANCERS: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _TARGET_GROUP,
    "aws:alb/targetGroupAttachment:TargetGroupAttachment": _TARGET_GROUP,
    "aws:vpclattice/targetGroupAttachment:TargetGroupAttachment": (
        ForeignReference("targetGroupIdentifier", ((kt.LATTICE_TARGET_GROUPS, ("id", "arn")),), "adds a target to target group"),
    ),
    "aws:elb/attachment:Attachment": (
        ForeignReference("elb", ((kt.CLASSIC_BALANCERS, ("id", "name")),), "adds a target to load balancer"),
    ),
}
"""Connections from load balancers of other programs, whose listeners and security groups are not available here."""

_VPN_GATEWAY: Final = (((kt.VPN_GATEWAY, *kt.TRANSIT_GATEWAYS), ("id",)),)
_BALANCER: Final = ((BALANCERS, ("arn", "id")), (kt.INSTANCES, ("arn", "id")))
FOREIGN_DOORS: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    **{kind: (ForeignReference(key, _VPN_GATEWAY, f"{words} gateway"),) for kind, (key, words) in TO_VPN_GATEWAY.items()},
    "aws:apigateway/vpcLink:VpcLink": (ForeignReference("targetArn", _BALANCER, "API Gateway hands requests from the internet to"),),
    "aws:apigatewayv2/vpcLink:VpcLink": (
        ForeignReference("subnetIds[]", ((kt.SUBNETS, ("id",)),), "API Gateway hands requests from the internet to subnet"),
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": (
        ForeignReference("vpcOriginEndpointConfig.arn", _BALANCER, "CloudFront hands requests from the internet to"),
    ),
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (
        ForeignReference("imageId", ((IMAGES, ("id",)),), "another account may start, and read, image"),
    ),
    "aws:ec2/localGatewayRouteTableVpcAssociation:LocalGatewayRouteTableVpcAssociation": (
        ForeignReference("vpcId", _VPC, "the local gateway of an Outpost joins an on-premises network to VPC"),
    ),
    "aws:odb/networkPeeringConnection:NetworkPeeringConnection": (
        ForeignReference("peerNetworkId", _VPC, "a peering joins a database network to VPC"),
    ),
}
"""Ingress services into networks of other programs."""

_ROLE: Final = (((kt.ROLE,), ("name", "id", "arn")),)
FOREIGN_RIGHTS: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    kt.ROLE_POLICY: (ForeignReference("role", _ROLE, "adds a policy to role"),),
    kt.ROLE_ATTACHMENT: (ForeignReference("role", _ROLE, "attaches a policy to role"),),
    kt.ROLE_ATTACHMENTS: (ForeignReference("roleName", _ROLE, "decides the managed policies of role"),),
    kt.ROLE_POLICIES: (ForeignReference("roleName", _ROLE, "decides the inline policies of role"),),
    kt.POLICY_ATTACHMENT: (ForeignReference("roles[]", _ROLE, "attaches a policy to role"),),
}
"""Changes to the rights of roles of other programs, which may be those of agent hosts."""

FOREIGN_NAMES: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    kt.DNS_RULE: (
        ForeignReference("firewallRuleGroupId", (((kt.DNS_GROUP,), ("id", "arn")),), "adds a rule to the DNS firewall's rule group"),
    ),
    kt.DNS_CONFIG: (ForeignReference("resourceId", _VPC, "decides what happens when the DNS firewall fails in VPC"),),
}
"""Changes to the DNS Firewall."""

FOREIGN_ANSWERERS: Final[Mapping[str, tuple[ForeignReference, ...]]] = {
    kt.ZONE: (ForeignReference("vpcs[].vpcId", _VPC, "answers names of VPC"),),
    kt.ZONE_ASSOCIATION: (ForeignReference("vpcId", _VPC, "answers names of VPC"),),
    kt.ZONE_AUTHORIZATION: (ForeignReference("vpcId", _VPC, "lets a zone of another account answer names of VPC"),),
    kt.NAMESPACE: (ForeignReference("vpc", _VPC, "answers names of VPC"),),
    kt.PROFILE_ASSOCIATION: (ForeignReference("resourceId", _VPC, "applies a Route 53 profile to VPC"),),
    kt.RESOLVER_CONFIG: (ForeignReference("resourceId", _VPC, "decides which resolver answers reverse names of VPC"),),
    kt.RESOLVER_ENDPOINT: (ForeignReference("ipAddresses[].subnetId", ((kt.SUBNETS, ("id",)),), "is a resolver endpoint in subnet"),),
}
"""Changes to the answers for DNS names."""


def find_foreign(graph: Graph, handles: Mapping[str, tuple[ForeignReference, ...]]) -> Iterator[Violation]:
    """Yield a fault at each change to a resource of another program, if the program has an agent host."""
    if not find_hosts(graph):
        return
    for one in graph.find_by_type(*handles):
        for handle in handles[one.type]:
            for value in get_values(one, handle.path):
                literal = _find_foreign_literal(graph, one, get_key(handle.path), value, handle)
                if literal:
                    yield Violation(one.urn, f"{handle.words} {literal}, which no resource of this program has as its id")


def _find_foreign_literal(graph: Graph, holder: Resource, key: str, value: Any, handle: ForeignReference) -> str:
    """Return the literal id if no resource of the program has it, "" otherwise."""
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
    found = graph.resolve(holder, key, value, types, attributes).found
    return any(_has_value(one, attributes, value) or (one.urn in direct and _has_unreturned_id(one, attributes)) for one in found)


def _has_value(resource: Resource, attributes: tuple[str, ...], value: Any) -> bool:
    return any(value in (resource.get_output(attribute), resource.get(attribute)) for attribute in attributes)


def _has_unreturned_id(resource: Resource, attributes: tuple[str, ...]) -> bool:
    """Return whether a known id may be this resource's, because its provider does not return the id at all.

    An explicit unknown output does not count: a literal next to a reference in one list has the list's dependencies, and is none of
    them.
    """
    return all(resource.outputs.get(attribute) in (None, "") for attribute in attributes)


def _is_output_of_dependency(graph: Graph, holder: Resource, key: str, value: Any) -> bool:
    """Return whether a value is an output of a resource that the property depends on (a cluster's own security group)."""
    sources = (graph.find_by_urn(urn) for urn in holder.property_dependencies.get(key, ()))
    return any(
        _has_nested_value({name: one.outputs[name] for name in one.outputs.keys() - one.props.keys()}, value) for one in sources if one
    )


def _has_nested_value(held: Any, value: Any) -> bool:
    if isinstance(held, Mapping):
        return any(_has_nested_value(item, value) for item in held.values())
    return any(_has_nested_value(item, value) for item in held) if isinstance(held, list) else bool(held == value)
