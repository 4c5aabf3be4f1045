"""Ways in to a host, or to its network, that need no public address: which resource types are one, and what says where it leads.

A path names the property, `[]` for the items of a list. What it names is a host (an instance, an interface, a scaling group,
an address), a subnet, a VPC, a load balancer in such a VPC, or the image a host starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from policypack.graph import Resource
from policypack.known_types import ECS_SERVICE, ECS_TASK_SET, SCALING_GROUP, SPOT_FLEET
from policypack.plain import field, items


class Leads(StrEnum):
    """What a door leads to."""

    HOST = "host"
    SUBNET = "subnet"
    VPC = "VPC"
    BALANCER = "load balancer"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Door:
    """One property by which a resource leads to a host or its network; `words` say what it is."""

    path: str
    leads: Leads
    words: str


_BALANCER: Final = "a load balancer hands connections to"
_VPN: Final = "a client VPN leads to"
_TARGET: Final = (Door("targetId", Leads.HOST, _BALANCER),)

DOORS: Final[dict[str, tuple[Door, ...]]] = {
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _TARGET,
    "aws:alb/targetGroupAttachment:TargetGroupAttachment": _TARGET,
    "aws:elb/attachment:Attachment": (Door("instance", Leads.HOST, _BALANCER),),
    "aws:elb/loadBalancer:LoadBalancer": (Door("instances[]", Leads.HOST, _BALANCER),),
    "aws:autoscaling/attachment:Attachment": (Door("autoscalingGroupName", Leads.HOST, _BALANCER),),
    "aws:autoscaling/trafficSourceAttachment:TrafficSourceAttachment": (Door("autoscalingGroupName", Leads.HOST, _BALANCER),),
    "aws:globalaccelerator/endpointGroup:EndpointGroup": (
        Door("endpointConfigurations[].endpointId", Leads.HOST, "Global Accelerator's addresses lead to"),
    ),
    "aws:globalaccelerator/customRoutingEndpointGroup:CustomRoutingEndpointGroup": (
        Door("endpointConfigurations[].endpointId", Leads.SUBNET, "Global Accelerator's ports lead to every host in"),
    ),
    "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint": (
        Door("subnetId", Leads.SUBNET, "EC2 Instance Connect opens SSH from"),
    ),
    "aws:ec2clientvpn/endpoint:Endpoint": (Door("vpcId", Leads.VPC, _VPN),),
    "aws:ec2clientvpn/networkAssociation:NetworkAssociation": (Door("subnetId", Leads.SUBNET, _VPN),),
    "aws:ec2clientvpn/route:Route": (Door("targetVpcSubnetId", Leads.SUBNET, _VPN),),
    "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation": (
        Door("vpcIdentifier", Leads.VPC, "a service network of VPC Lattice joins"),
    ),
    "aws:vpclattice/targetGroupAttachment:TargetGroupAttachment": (
        Door("target.id", Leads.HOST, "a service of VPC Lattice hands requests to"),
    ),
    "aws:vpclattice/resourceGateway:ResourceGateway": (
        Door("vpcId", Leads.VPC, "a resource gateway of VPC Lattice opens"),
        Door("subnetIds[]", Leads.SUBNET, "a resource gateway of VPC Lattice stands in"),
    ),
    "aws:verifiedaccess/endpoint:Endpoint": (
        Door("networkInterfaceOptions.networkInterfaceId", Leads.HOST, "Verified Access lets people in to"),
        Door("loadBalancerOptions.subnetIds[]", Leads.SUBNET, "Verified Access lets people in to"),
        Door("cidrOptions.subnetIds[]", Leads.SUBNET, "Verified Access lets people in to"),
        Door("rdsOptions.subnetIds[]", Leads.SUBNET, "Verified Access lets people in to"),
    ),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": (Door("subnetIds[]", Leads.SUBNET, "a transit gateway is attached to"),),
    "aws:networkmanager/vpcAttachment:VpcAttachment": (Door("subnetArns[]", Leads.SUBNET, "a core network is attached to"),),
    "aws:odb/networkPeeringConnection:NetworkPeeringConnection": (
        Door("peerNetworkId", Leads.VPC, "a peering joins a database network to"),
    ),
    "aws:ec2/localGatewayRouteTableVpcAssociation:LocalGatewayRouteTableVpcAssociation": (
        Door("vpcId", Leads.VPC, "the local gateway of an Outpost joins an on-premises network to"),
    ),
    "aws:ec2/trafficMirrorSession:TrafficMirrorSession": (
        Door("networkInterfaceId", Leads.HOST, "a traffic mirror copies every packet, ahead of the gateway, of"),
    ),
    "aws:ec2/networkInterfacePermission:NetworkInterfacePermission": (
        Door("networkInterfaceId", Leads.HOST, "another account may attach to its own machine the interface of"),
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": (
        Door("vpcOriginEndpointConfig.arn", Leads.HOST, "CloudFront hands requests from the internet to"),
        Door("vpcOriginEndpointConfig.arn", Leads.BALANCER, "CloudFront hands requests from the internet to"),
    ),
    "aws:apigateway/vpcLink:VpcLink": (Door("targetArn", Leads.BALANCER, "API Gateway hands requests from the internet to"),),
    "aws:apigatewayv2/vpcLink:VpcLink": (Door("subnetIds[]", Leads.SUBNET, "API Gateway hands requests from the internet to"),),
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (Door("imageId", Leads.IMAGE, "another account may start, and read, the image of"),),
}
"""Types that are a way in wherever they lead to a host, its subnet or its VPC."""

OF_HOSTS_ONLY: Final = ("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "aws:networkmanager/vpcAttachment:VpcAttachment")
"""Types that count in a host's own subnet only: in the gateway's subnet of the same VPC they are the gateway's business."""

IMAGES: Final = ("aws:ec2/ami:Ami", "aws:ec2/amiCopy:AmiCopy", "aws:ec2/amiFromInstance:AmiFromInstance")
SHARED: Final = "aws:ram/resourceAssociation:ResourceAssociation"
"""One resource of a share: other accounts use it, and a subnet of a share is one that they start machines in."""
CLIENT_VPN_AUTHORIZATION: Final = "aws:ec2clientvpn/authorizationRule:AuthorizationRule"
ENDPOINT_SERVICE: Final = "aws:ec2/vpcEndpointService:VpcEndpointService"
BALANCERS: Final = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
VPN_ATTACHMENT: Final = "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment"
TO_VPN_GATEWAY: Final = {
    "aws:ec2/vpnConnection:VpnConnection": ("vpnGatewayId", "a VPN connection ends at"),
    "aws:directconnect/gatewayAssociation:GatewayAssociation": ("associatedGatewayId", "Direct Connect ends at"),
    "aws:directconnect/gatewayAssociationProposal:GatewayAssociationProposal": ("associatedGatewayId", "Direct Connect may end at"),
    "aws:directconnect/privateVirtualInterface:PrivateVirtualInterface": ("vpnGatewayId", "Direct Connect ends at"),
    "aws:directconnect/hostedPrivateVirtualInterfaceAccepter:HostedPrivateVirtualInterfaceAccepter": (
        "vpnGatewayId",
        "a Direct Connect line of another account ends at",
    ),
}
"""Types that bring another network to a VPN gateway, and with it to the VPC that the gateway is attached to."""

BALANCED: Final = {
    SCALING_GROUP: ("targetGroupArns", "loadBalancers", "trafficSources"),
    SPOT_FLEET: ("targetGroupArns", "loadBalancers"),
    ECS_SERVICE: ("loadBalancers", "vpcLatticeConfigurations"),
    ECS_TASK_SET: ("loadBalancers",),
}
"""Properties by which compute itself asks a load balancer for connections."""


def values(resource: Resource, path: str) -> Iterator[Any]:
    """Yield what stands at a path of a resource's inputs."""
    found: list[Any] = [dict(resource.props)]
    for part in path.split("."):
        name = part.removesuffix("[]")
        found = [field(one, name) for one in found]
        found = [item for one in found for item in items(one)] if part.endswith("[]") else [item for item in found if item is not None]
    yield from found


def key_of(path: str) -> str:
    """Return the property under which a path stands, for tracing references."""
    return path.split(".", 1)[0].removesuffix("[]")
