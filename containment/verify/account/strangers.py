"""What is in the agents' VPC and in no state: the program owns that network, so an addition is somebody else's.

Rules judge what an addition does; this reports that it is there, whatever it does. Left out is what AWS and the Controller make by
themselves: the main table and default group of a VPC, endpoints' interfaces, the gateways' own instance, interfaces and groups. In
a VPC that the program does not own, other programs' resources are at home, and only the rules judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.verify.account.join import Joined
from containment.verify.account.names import ZONE
from containment.verify.account.network import EGRESS_GATEWAY, NAT_GATEWAY, PEERING, TRANSIT_ATTACHMENT
from containment.verify.account.reading import Reading
from policypack import known_types as kt
from policypack.graph import Resource
from policypack.plain import field, items

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
"""Types of what does not appear by itself, in words."""


_STARTED_BY: Final = {
    "aws:autoscaling:groupName": (kt.SCALING_GROUP, ("name", "id")),
    "aws:ec2:fleet-id": (kt.FLEET, ("id",)),
    "aws:ec2spot:fleet-request-id": (kt.SPOT_FLEET, ("id",)),
    "eks:nodegroup-name": (kt.NODE_GROUP, ("nodeGroupName",)),
}
"""The tag of an instance that names what started it, and the type and outputs that this is in a state."""


def strangers(joined: Joined, reading: Reading) -> Iterator[tuple[Resource, str]]:
    """Yield each addition to the agents' network with a sentence about it."""
    owned = any(not one.is_read for one in joined.graph.of(*kt.VPCS) if one not in joined.added)
    mains = {one.get("routeTableId") for one in joined.added if one.type == kt.MAIN_TABLE_ASSOCIATION}
    for one in joined.added if owned else ():
        words = STRANGE.get(one.type)
        if words and one.name not in reading.of_controller and one.name not in mains and not _is_of_the_state(one, joined):
            yield one, f"{words} that is in no state of this stack: {_described(one)}"


def _is_of_the_state(resource: Resource, joined: Joined) -> bool:
    """Return whether compute of the state started an instance, or an interface is on such an instance.

    AWS sets the tags: nobody can set one that begins with `aws:` (EC2 User Guide, "Tag restrictions"); EKS tags its nodes itself.
    """
    if resource.type == kt.INTERFACE:
        holders = {field(block, "instance") for block in items(resource.get("attachments"))}
        return any(one.name in holders and _is_of_the_state(one, joined) for one in joined.added if one.type == kt.INSTANCE)
    tags = resource.get("tags")
    if resource.type != kt.INSTANCE or not isinstance(tags, dict):
        return False
    return any(
        tags[tag] in (one.output(key), one.get(key))
        for tag, (type_, keys) in _STARTED_BY.items()
        if tags.get(tag)
        for one in joined.graph.of(type_)
        for key in keys
    )


def _described(resource: Resource) -> str:
    shown = [str(value) for key in ("name", "cidrBlock", "serviceName", "publicIp", "description") if (value := resource.get(key))]
    return f"{resource.name}{f' ({shown[0]})' if shown and shown[0] != resource.name else ''}"
