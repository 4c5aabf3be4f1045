"""No inbound path to an agent host through AWS services that need no public address.

Load balancers, accelerators, Instance Connect, client VPN, PrivateLink, VPC Lattice, Verified Access, VPN and Direct Connect
carry outside packets to a host in a private subnet; traffic mirrors, interface permissions and shared images and subnets give
others the host's packets, its disk or its network. `facts.ingress_services` lists these services, and this rule finds their
targets. The rules about routes judge peerings and transit gateways, which need a route in the agents' table.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from containment.addresses.address_space import is_inside, parse_network
from containment.ternary import Ternary
from policypack.facts import ingress_services as services
from policypack.facts.agent_environment import is_complete
from policypack.facts.endpoints import APPLIANCE_KIND, find_endpoints, get_kind, is_aws_service
from policypack.facts.host_location import HostLocation, describe_subnet, describe_target, describe_vpc, find_location
from policypack.facts.network.other_programs import FOREIGN_BALANCERS, FOREIGN_DOORS, FOREIGN_INTERFACES, find_foreign
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import VPN_GATEWAY
from policypack.graph.plain_data import UNKNOWN, get_items, is_some
from policypack.graph.resources import Graph, Resource, Trace

_IDS = ("id", "primaryNetworkInterfaceId", "name", "arn", "privateIp")
_ARNS = ("arn", "id")


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every resource that opens an inbound path to a host or its network."""
    home = find_location(graph)
    if not home.hosts:
        return []
    ways = (_find_paths, _find_shared, _find_balanced, _find_authorized, _find_offered, _find_foreign_services, _find_lines)
    faults = [fault for way in ways for fault in way(graph, home)]
    foreign = (fault for changes in (FOREIGN_INTERFACES, FOREIGN_BALANCERS, FOREIGN_DOORS) for fault in find_foreign(graph, changes))
    return list(dict.fromkeys([*faults, *foreign]))


def _find_paths(graph: Graph, home: HostLocation) -> Iterator[Violation]:
    for one in graph.find_by_type(*services.DOORS):
        for door in services.DOORS[one.type]:
            for value in services.get_values(one, door.path):
                reached = _describe_reached(graph, home, one, services.get_key(door.path), value, door.leads)
                if reached:
                    yield Violation(one.urn, f"{door.words} {reached}")


def _find_shared(graph: Graph, _home: HostLocation) -> Iterator[Violation]:
    """Yield resources shared with other accounts: those start machines in a shared subnet, and a share can be widened elsewhere."""
    for one in graph.find_by_type(services.SHARED):
        what = one.get("resourceArn")
        shown = "a resource that is not known before the update" if what is UNKNOWN else what
        yield Violation(one.urn, f"shares {shown} with other accounts, which can use it like their own")


def _describe_reached(graph: Graph, home: HostLocation, holder: Resource, key: str, value: Any, leads: services.TargetKind) -> str:
    if leads is services.TargetKind.VPC:
        return describe_vpc(graph, holder, key, value)
    if leads is services.TargetKind.SUBNET:
        return describe_subnet(graph, holder, key, value, of_hosts=holder.type in services.OF_HOSTS_ONLY)
    if leads is services.TargetKind.BALANCER:
        return ", ".join(_find_reached_balancers(graph, holder, key, value))
    if leads is services.TargetKind.IMAGE:
        return _describe_image(graph, home, holder, key, value)
    targets = [one for host in home.hosts for one in (host.resource, *host.interfaces)]
    return describe_target(graph, holder, key, value, targets, _IDS) or _describe_address(home, value)


def _describe_address(home: HostLocation, value: Any) -> str:
    """Return a literal address with the hosts' subnet that contains it, as text; "" for any other value."""
    network = parse_network(value)
    subnets = ((subnet, parse_network(subnet.get("cidrBlock"))) for subnet in home.subnets)
    if network is None or network.num_addresses > 1:
        return ""
    return next((f"{value} in {subnet.label}" for subnet, cidr in subnets if cidr is not None and is_inside(network, [cidr])), "")


def _describe_image(graph: Graph, home: HostLocation, holder: Resource, key: str, value: Any) -> str:
    """Return the host or template that starts from an image, or the host that it was taken from, as text; "" for another image."""
    shared = graph.resolve(holder, key, value, services.IMAGES)
    for image in shared.found:
        taken = describe_target(graph, image, "sourceInstanceId", image.get("sourceInstanceId"), [host.resource for host in home.hosts])
        if taken:
            return taken
    for one in (one for host in home.hosts for one in (host.resource, *host.templates)):
        for name in ("ami", "imageId"):
            used = graph.follow(one, name, services.IMAGES)
            if any(image in shared.found for image in used.found) or (used.literal and used.literal == shared.literal):
                return one.label
    return ""


def _find_balanced(_graph: Graph, home: HostLocation) -> Iterator[Violation]:
    for host in home.hosts:
        for key in services.BALANCED.get(host.resource.type, ()):
            if is_some(host.resource.get(key)) is not Ternary.NO:
                yield Violation(host.resource.urn, f"takes connections from a load balancer: {key} is stated")


def _find_authorized(graph: Graph, home: HostLocation) -> Iterator[Violation]:
    """Yield client VPN authorizations for the hosts' networks, whatever program the VPN itself is in."""
    networks = [(vpc, parse_network(vpc.get("cidrBlock"))) for vpc in home.vpcs]
    for one in graph.find_by_type(services.CLIENT_VPN_AUTHORIZATION):
        target = parse_network(one.get("targetNetworkCidr"))
        for vpc, cidr in networks:
            if target and cidr and target != ip_network("0.0.0.0/0") and target.version == cidr.version and target.overlaps(cidr):
                yield Violation(one.urn, f"a client VPN is authorized for {target}, addresses of {vpc.label}")


def _find_offered(graph: Graph, home: HostLocation) -> Iterator[Violation]:
    """Yield services offered over PrivateLink from balancers in the hosts' VPCs."""
    for service in graph.find_by_type(services.ENDPOINT_SERVICE):
        for arn in get_items(service.get("networkLoadBalancerArns")):
            for reached in _find_reached_balancers(graph, service, "networkLoadBalancerArns", arn):
                yield Violation(service.urn, f"offers others a connection over PrivateLink, through {reached}")
            balancers = graph.resolve(service, "networkLoadBalancerArns", arn, services.BALANCERS, _ARNS)
            if balancers.trace is Trace.EXTERNAL and is_complete(graph):
                near = home.hosts[0].resource.label
                yield Violation(service.urn, f"offers others {arn}, not of this program, over PrivateLink, next to {near}")


def _find_reached_balancers(graph: Graph, holder: Resource, key: str, value: Any) -> Iterator[str]:
    """Yield the load balancers in the hosts' VPCs that a property refers to, as text."""
    for one in graph.resolve(holder, key, value, services.BALANCERS, _ARNS).found:
        reached = next((where for inner, subnet in _get_subnets(one) if (where := describe_subnet(graph, one, inner, subnet))), "")
        if reached:
            yield f"{one.label} in {reached}"


def _get_subnets(balancer: Resource) -> Iterator[tuple[str, Any]]:
    yield from (("subnets", value) for value in services.get_values(balancer, "subnets[]"))
    yield from (("subnetMappings", value) for value in services.get_values(balancer, "subnetMappings[].subnetId"))


def _find_foreign_services(graph: Graph, _home: HostLocation) -> Iterator[Violation]:
    """Yield endpoints that lead to services of other customers: an egress path to those customers."""
    for endpoint in find_endpoints(graph):
        stated = (endpoint.get("serviceName"), endpoint.get("resourceConfigurationArn"), endpoint.get("serviceNetworkArn"))
        if endpoint.get("serviceName") is UNKNOWN and is_complete(graph):
            yield Violation(endpoint.urn, "leads to a service that is not known before the update, and may belong to another customer")
            continue
        led = next((value for value in stated if value not in (None, "")), None)
        # Packets reach an appliance's endpoint through routes only, and those are judged.
        if led is not None and not is_aws_service(endpoint) and get_kind(endpoint) != APPLIANCE_KIND:
            yield Violation(endpoint.urn, f"leads to {led}, which is no service of AWS: another customer's network answers there")


def _find_lines(graph: Graph, _home: HostLocation) -> Iterator[Violation]:
    """Yield VPN connections and Direct Connect that end at a VPN gateway of the hosts' VPCs."""
    for one in graph.find_by_type(*services.TO_VPN_GATEWAY):
        key, words = services.TO_VPN_GATEWAY[one.type]
        for gateway in graph.follow(one, key, (VPN_GATEWAY,)).found:
            reached = describe_vpc(graph, gateway, "vpcId", gateway.get("vpcId")) or _describe_attachment(graph, gateway)
            if reached:
                yield Violation(one.urn, f"{words} {gateway.label}, which is attached to {reached}")


def _describe_attachment(graph: Graph, gateway: Resource) -> str:
    attached = graph.find_referrers(gateway, services.VPN_ATTACHMENT, "vpnGatewayId", (VPN_GATEWAY,))
    return describe_vpc(graph, attached[0], "vpcId", attached[0].get("vpcId")) if attached else ""


RULE = Rule(
    id="agent-host-has-no-way-in",
    severity=Severity.CRITICAL,
    info="Only the Aviatrix gateway and Session Manager lead to an agent host or its network.",
    why="anyone who can open a connection to an agent can steer it; a private address does not stop a service that carries packets to it",
    fix="keep load balancers, Global Accelerator, CloudFront and API Gateway origins, Instance Connect, client VPN, PrivateLink, Lattice,"
    " traffic mirrors, VPN and Direct Connect out of the agents' VPC; operators use Session Manager",
    ids=("NIST SP 800-53 AC-17", "NIST SP 800-53 SC-7"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
