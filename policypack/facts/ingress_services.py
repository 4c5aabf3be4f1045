"""Services that give ingress to a host or its network without a public address, as data: types, and the properties that name the target.

A path names the property, `[]` the items of a list. The target is a host (an instance, an interface, a scaling group, an address), a
subnet, a VPC, a load balancer in such a VPC, or the image that a host starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from policypack.graph.known_types import ECS_SERVICE, ECS_TASK_SET, SCALING_GROUP, SPOT_FLEET
from policypack.graph.plain_data import get_field, get_items
from policypack.graph.resources import Resource


class TargetKind(StrEnum):
    """The kind of target of an ingress service."""

    HOST = "host"
    SUBNET = "subnet"
    VPC = "VPC"
    BALANCER = "load balancer"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class IngressPath:
    """A property by which a resource leads to a host or its network; `words` describe it, before the target's name."""

    path: str
    leads: TargetKind
    words: str


_BALANCER: Final = "a load balancer hands connections to"
_VPN: Final = "a client VPN leads to"
_TARGET: Final = (IngressPath("targetId", TargetKind.HOST, _BALANCER),)

DOORS: Final[dict[str, tuple[IngressPath, ...]]] = {
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _TARGET,
    "aws:alb/targetGroupAttachment:TargetGroupAttachment": _TARGET,
    "aws:elb/attachment:Attachment": (IngressPath("instance", TargetKind.HOST, _BALANCER),),
    "aws:elb/loadBalancer:LoadBalancer": (IngressPath("instances[]", TargetKind.HOST, _BALANCER),),
    "aws:autoscaling/attachment:Attachment": (IngressPath("autoscalingGroupName", TargetKind.HOST, _BALANCER),),
    "aws:autoscaling/trafficSourceAttachment:TrafficSourceAttachment": (IngressPath("autoscalingGroupName", TargetKind.HOST, _BALANCER),),
    "aws:globalaccelerator/endpointGroup:EndpointGroup": (
        IngressPath("endpointConfigurations[].endpointId", TargetKind.HOST, "Global Accelerator's addresses lead to"),
    ),
    "aws:globalaccelerator/customRoutingEndpointGroup:CustomRoutingEndpointGroup": (
        IngressPath("endpointConfigurations[].endpointId", TargetKind.SUBNET, "Global Accelerator's ports lead to every host in"),
    ),
    "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint": (
        IngressPath("subnetId", TargetKind.SUBNET, "EC2 Instance Connect opens SSH from"),
    ),
    "aws:ec2clientvpn/endpoint:Endpoint": (IngressPath("vpcId", TargetKind.VPC, _VPN),),
    "aws:ec2clientvpn/networkAssociation:NetworkAssociation": (IngressPath("subnetId", TargetKind.SUBNET, _VPN),),
    "aws:ec2clientvpn/route:Route": (IngressPath("targetVpcSubnetId", TargetKind.SUBNET, _VPN),),
    "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation": (
        IngressPath("vpcIdentifier", TargetKind.VPC, "a service network of VPC Lattice joins"),
    ),
    "aws:vpclattice/targetGroupAttachment:TargetGroupAttachment": (
        IngressPath("target.id", TargetKind.HOST, "a service of VPC Lattice hands requests to"),
    ),
    "aws:vpclattice/resourceGateway:ResourceGateway": (
        IngressPath("vpcId", TargetKind.VPC, "a resource gateway of VPC Lattice opens"),
        IngressPath("subnetIds[]", TargetKind.SUBNET, "a resource gateway of VPC Lattice is in"),
    ),
    "aws:verifiedaccess/endpoint:Endpoint": (
        IngressPath("networkInterfaceOptions.networkInterfaceId", TargetKind.HOST, "Verified Access lets people in to"),
        IngressPath("loadBalancerOptions.subnetIds[]", TargetKind.SUBNET, "Verified Access lets people in to"),
        IngressPath("cidrOptions.subnetIds[]", TargetKind.SUBNET, "Verified Access lets people in to"),
        IngressPath("rdsOptions.subnetIds[]", TargetKind.SUBNET, "Verified Access lets people in to"),
    ),
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": (
        IngressPath("subnetIds[]", TargetKind.SUBNET, "a transit gateway is attached to"),
    ),
    "aws:networkmanager/vpcAttachment:VpcAttachment": (IngressPath("subnetArns[]", TargetKind.SUBNET, "a core network is attached to"),),
    "aws:odb/networkPeeringConnection:NetworkPeeringConnection": (
        IngressPath("peerNetworkId", TargetKind.VPC, "a peering joins a database network to"),
    ),
    "aws:ec2/localGatewayRouteTableVpcAssociation:LocalGatewayRouteTableVpcAssociation": (
        IngressPath("vpcId", TargetKind.VPC, "the local gateway of an Outpost joins an on-premises network to"),
    ),
    "aws:ec2/trafficMirrorSession:TrafficMirrorSession": (
        IngressPath("networkInterfaceId", TargetKind.HOST, "a traffic mirror copies every packet, ahead of the gateway, of"),
    ),
    "aws:ec2/networkInterfacePermission:NetworkInterfacePermission": (
        IngressPath("networkInterfaceId", TargetKind.HOST, "another account may attach to its own machine the interface of"),
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": (
        IngressPath("vpcOriginEndpointConfig.arn", TargetKind.HOST, "CloudFront hands requests from the internet to"),
        IngressPath("vpcOriginEndpointConfig.arn", TargetKind.BALANCER, "CloudFront hands requests from the internet to"),
    ),
    "aws:apigateway/vpcLink:VpcLink": (IngressPath("targetArn", TargetKind.BALANCER, "API Gateway hands requests from the internet to"),),
    "aws:apigatewayv2/vpcLink:VpcLink": (IngressPath("subnetIds[]", TargetKind.SUBNET, "API Gateway hands requests from the internet to"),),
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (
        IngressPath("imageId", TargetKind.IMAGE, "another account may start, and read, the image of"),
    ),
}
"""Types that give ingress if they lead to a host, its subnet or its VPC."""

OF_HOSTS_ONLY: Final = ("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "aws:networkmanager/vpcAttachment:VpcAttachment")
"""Types that count in a host's own subnet only; in the gateway's subnet of the same VPC they serve the gateway."""

IMAGES: Final = ("aws:ec2/ami:Ami", "aws:ec2/amiCopy:AmiCopy", "aws:ec2/amiFromInstance:AmiFromInstance")
SHARED: Final = "aws:ram/resourceAssociation:ResourceAssociation"
"""A resource of a share: other accounts use it, and start machines in a shared subnet."""
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
"""Types that connect another network to a VPN gateway, and so to the VPC that the gateway is attached to."""

BALANCED: Final = {
    SCALING_GROUP: ("targetGroupArns", "loadBalancers", "trafficSources"),
    SPOT_FLEET: ("targetGroupArns", "loadBalancers"),
    ECS_SERVICE: ("loadBalancers", "vpcLatticeConfigurations"),
    ECS_TASK_SET: ("loadBalancers",),
}
"""Properties by which compute registers itself as a target of a load balancer."""


def get_values(resource: Resource, path: str) -> Iterator[Any]:
    """Yield the values at a path of a resource's inputs."""
    found: list[Any] = [dict(resource.props)]
    for part in path.split("."):
        name = part.removesuffix("[]")
        found = [get_field(one, name) for one in found]
        found = [item for one in found for item in get_items(one)] if part.endswith("[]") else [item for item in found if item is not None]
    yield from found


def get_key(path: str) -> str:
    """Return the top-level property of a path, by which references are traced."""
    return path.split(".", 1)[0].removesuffix("[]")
