"""Undeclared resources: those in the agents' VPC that are in no state. The program owns that network, so another party added them.

Rules judge the effect of an addition; this module reports its presence, whatever the effect. Left out is what AWS and the Controller
create themselves: a VPC's main route table and default security group, interfaces of endpoints, and the gateways' instances, interfaces
and groups. In a VPC that the program does not own, resources of other programs are expected, and only the rules apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.queries.account.joined_stack import JoinedStack
from containment.queries.account.names import ZONE
from containment.queries.account.network import EGRESS_GATEWAY, NAT_GATEWAY, PEERING, TRANSIT_ATTACHMENT
from containment.queries.account.reading import Reading
from policypack.graph import known_types as kt
from policypack.graph.plain_data import get_field, get_items
from policypack.graph.resources import Resource

STRANGE: Final = {
    kt.INSTANCE: "an instance among the agents",
    kt.INTERFACE: "a network interface",
    kt.EIP: "a public address",
    kt.SUBNET: "a subnet",
    kt.ROUTE_TABLE: "a route table",
    kt.SECURITY_GROUP: "a security group",
    kt.VPC_ENDPOINT: "a VPC endpoint",
    NAT_GATEWAY: "a NAT gateway",
    kt.INTERNET_GATEWAY: "an internet gateway",
    EGRESS_GATEWAY: "an egress-only internet gateway",
    PEERING: "a VPC peering connection",
    TRANSIT_ATTACHMENT: "a transit gateway attachment",
    kt.VPN_GATEWAY: "a VPN gateway",
    ZONE: "a private zone",
    kt.DNS_ASSOCIATION: "a DNS Firewall association",
    kt.FORWARD_ASSOCIATION: "a resolver rule",
    kt.DHCP_ASSOCIATION: "a set of DHCP options",
    kt.ROLE_POLICY: "a policy of the host's role",
}
"""Types that AWS and the Controller do not create themselves, and their description in a report."""


_STARTED_BY: Final = {
    "aws:autoscaling:groupName": (kt.SCALING_GROUP, ("name", "id")),
    "aws:ec2:fleet-id": (kt.FLEET, ("id",)),
    "aws:ec2spot:fleet-request-id": (kt.SPOT_FLEET, ("id",)),
    "eks:nodegroup-name": (kt.NODE_GROUP, ("nodeGroupName",)),
}
"""Tag of an instance that names the resource that started it -> type of that resource, and the properties with its name."""


def find_undeclared(joined: JoinedStack, reading: Reading) -> Iterator[tuple[Resource, str]]:
    """Yield each undeclared resource in the agents' network with a sentence about it."""
    owned = any(not one.is_read for one in joined.graph.find_by_type(*kt.VPCS) if one not in joined.added)
    mains = {one.get("routeTableId") for one in joined.added if one.type == kt.MAIN_TABLE_ASSOCIATION}
    for one in joined.added if owned else ():
        words = STRANGE.get(one.type)
        if words and one.name not in reading.of_controller and one.name not in mains and not _is_of_the_state(one, joined):
            yield one, f"{words} that is in no state of this stack: {_describe(one)}"


def _is_of_the_state(resource: Resource, joined: JoinedStack) -> bool:
    """Return whether compute of the state started an instance, or whether an interface is on such an instance.

    The tags are reliable: only AWS can set one that begins with `aws:` (EC2 User Guide, "Tag restrictions"), and EKS tags its nodes.
    """
    if resource.type == kt.INTERFACE:
        holders = {get_field(block, "instance") for block in get_items(resource.get("attachments"))}
        return any(one.name in holders and _is_of_the_state(one, joined) for one in joined.added if one.type == kt.INSTANCE)
    tags = resource.get("tags")
    if resource.type != kt.INSTANCE or not isinstance(tags, dict):
        return False
    return any(
        tags[tag] in (one.get_output(key), one.get(key))
        for tag, (type_, keys) in _STARTED_BY.items()
        if tags.get(tag)
        for one in joined.graph.find_by_type(type_)
        for key in keys
    )


def _describe(resource: Resource) -> str:
    shown = [str(value) for key in ("name", "cidrBlock", "serviceName", "publicIp", "description") if (value := resource.get(key))]
    return f"{resource.name}{f' ({shown[0]})' if shown and shown[0] != resource.name else ''}"
