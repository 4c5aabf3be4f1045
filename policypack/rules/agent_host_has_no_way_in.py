"""No service of AWS opens a way in to an agent host that needs no public address of its own.

Load balancers, accelerators, Instance Connect, client VPN, PrivateLink, VPC Lattice, Verified Access, VPN and Direct Connect
all bring somebody's packets to a host in a private subnet; traffic mirrors, interface permissions and shared images and
subnets give somebody the host's packets, its disk or its place. `known_doors` lists them; where they lead is read here. A
peering or a transit gateway without a route in the agents' table brings nothing: the rules about routes judge those.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from containment.model.fqdn import Match
from policypack.endpoints import APPLIANCE_KIND, endpoints_of, is_aws_service, kind_of
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource, Trace
from policypack.home import Home, home_of, leads_to, leads_to_subnet, leads_to_vpc
from policypack.known_doors import (
    BALANCED,
    BALANCERS,
    CLIENT_VPN_AUTHORIZATION,
    DOORS,
    ENDPOINT_SERVICE,
    IMAGES,
    OF_HOSTS_ONLY,
    SHARED,
    TO_VPN_GATEWAY,
    VPN_ATTACHMENT,
    Leads,
    key_of,
    values,
)
from policypack.known_types import VPN_GATEWAY
from policypack.network.foreign import FOREIGN_BALANCERS, FOREIGN_DOORS, FOREIGN_INTERFACES, find_foreign
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_some, items
from policypack.space import parse, within

_IDS = ("id", "primaryNetworkInterfaceId", "name", "arn", "privateIp")
_ARNS = ("arn", "id")


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at everything that opens a way in to a host or its network."""
    home = home_of(graph)
    if not home.hosts:
        return []
    ways = (_doors, _shared, _balanced, _authorized, _offered, _foreign_services, _lines)
    faults = [fault for way in ways for fault in way(graph, home)]
    foreign = (fault for changes in (FOREIGN_INTERFACES, FOREIGN_BALANCERS, FOREIGN_DOORS) for fault in find_foreign(graph, changes))
    return list(dict.fromkeys([*faults, *foreign]))


def _doors(graph: Graph, home: Home) -> Iterator[Fault]:
    for one in graph.of(*DOORS):
        for door in DOORS[one.type]:
            for value in values(one, door.path):
                reached = _reached(graph, home, one, key_of(door.path), value, door.leads)
                if reached:
                    yield Fault(one.urn, f"{door.words} {reached}")


def _shared(graph: Graph, _home: Home) -> Iterator[Fault]:
    """Yield what is shared with other accounts: in a shared subnet they start machines, and a share can be widened elsewhere."""
    for one in graph.of(SHARED):
        what = one.get("resourceArn")
        shown = "a resource that is not known before the update" if what is UNKNOWN else what
        yield Fault(one.urn, f"shares {shown} with other accounts, which use it as their own")


def _reached(graph: Graph, home: Home, holder: Resource, key: str, value: Any, leads: Leads) -> str:
    if leads is Leads.VPC:
        return leads_to_vpc(graph, holder, key, value)
    if leads is Leads.SUBNET:
        return leads_to_subnet(graph, holder, key, value, of_hosts=holder.type in OF_HOSTS_ONLY)
    if leads is Leads.BALANCER:
        return ", ".join(_balancers_reached(graph, holder, key, value))
    if leads is Leads.IMAGE:
        return _image(graph, home, holder, key, value)
    targets = [one for host in home.hosts for one in (host.resource, *host.interfaces)]
    return leads_to(graph, holder, key, value, targets, _IDS) or _address(home, value)


def _address(home: Home, value: Any) -> str:
    """Return in words whose address a literal is: one in a subnet of the hosts."""
    network = parse(value)
    subnets = ((subnet, parse(subnet.get("cidrBlock"))) for subnet in home.subnets)
    if network is None or network.num_addresses > 1:
        return ""
    return next((f"{value} in {subnet.label}" for subnet, cidr in subnets if cidr is not None and within(network, [cidr])), "")


def _image(graph: Graph, home: Home, holder: Resource, key: str, value: Any) -> str:
    """Return in words whose image a property names: the one that a host, or a template of it, starts from, or one taken of a host."""
    shared = graph.refer(holder, key, value, IMAGES)
    for image in shared.found:
        taken = leads_to(graph, image, "sourceInstanceId", image.get("sourceInstanceId"), [host.resource for host in home.hosts])
        if taken:
            return taken
    for one in (one for host in home.hosts for one in (host.resource, *host.templates)):
        for name in ("ami", "imageId"):
            used = graph.refer(one, name, one.get(name), IMAGES)
            if any(image in shared.found for image in used.found) or (used.literal and used.literal == shared.literal):
                return one.label
    return ""


def _balanced(_graph: Graph, home: Home) -> Iterator[Fault]:
    for host in home.hosts:
        for key in BALANCED.get(host.resource.type, ()):
            if is_some(host.resource.get(key)) is not Match.NO:
                yield Fault(host.resource.urn, f"takes connections from a load balancer: {key} is stated")


def _authorized(graph: Graph, home: Home) -> Iterator[Fault]:
    """Yield client VPN authorizations for the hosts' own network, wherever the VPN itself is."""
    networks = [(vpc, parse(vpc.get("cidrBlock"))) for vpc in home.vpcs]
    for one in graph.of(CLIENT_VPN_AUTHORIZATION):
        target = parse(one.get("targetNetworkCidr"))
        for vpc, cidr in networks:
            if target and cidr and target != ip_network("0.0.0.0/0") and target.version == cidr.version and target.overlaps(cidr):
                yield Fault(one.urn, f"a client VPN is authorized for {target}, addresses of {vpc.label}")


def _offered(graph: Graph, home: Home) -> Iterator[Fault]:
    """Yield services offered over PrivateLink from balancers in the hosts' VPCs."""
    for service in graph.of(ENDPOINT_SERVICE):
        for arn in items(service.get("networkLoadBalancerArns")):
            for reached in _balancers_reached(graph, service, "networkLoadBalancerArns", arn):
                yield Fault(service.urn, f"offers others a way in over PrivateLink, through {reached}")
            balancers = graph.refer(service, "networkLoadBalancerArns", arn, BALANCERS, _ARNS)
            if balancers.trace is Trace.EXTERNAL and is_vended(graph):
                near = home.hosts[0].resource.label
                yield Fault(service.urn, f"offers others {arn}, not of this program, over PrivateLink, beside {near}")


def _balancers_reached(graph: Graph, holder: Resource, key: str, value: Any) -> Iterator[str]:
    """Yield in words the load balancers in the hosts' VPCs that a property leads to."""
    for one in graph.refer(holder, key, value, BALANCERS, _ARNS).found:
        reached = next((where for inner, subnet in _subnets_of(one) if (where := leads_to_subnet(graph, one, inner, subnet))), "")
        if reached:
            yield f"{one.label} in {reached}"


def _subnets_of(balancer: Resource) -> Iterator[tuple[str, Any]]:
    yield from (("subnets", value) for value in values(balancer, "subnets[]"))
    yield from (("subnetMappings", value) for value in values(balancer, "subnetMappings[].subnetId"))


def _foreign_services(graph: Graph, _home: Home) -> Iterator[Fault]:
    """Yield endpoints that lead to services of other customers: a way out, to whoever offers them."""
    for endpoint in endpoints_of(graph):
        stated = (endpoint.get("serviceName"), endpoint.get("resourceConfigurationArn"), endpoint.get("serviceNetworkArn"))
        if endpoint.get("serviceName") is UNKNOWN and is_vended(graph):
            yield Fault(endpoint.urn, "leads to a service that is not known before the update, and may be somebody else's")
            continue
        led = next((value for value in stated if value not in (None, "")), None)
        # Packets come to an appliance's endpoint by routes only, and those are judged.
        if led is not None and not is_aws_service(endpoint) and kind_of(endpoint) != APPLIANCE_KIND:
            yield Fault(endpoint.urn, f"leads to {led}, which is no service of AWS: somebody else's network answers there")


def _lines(graph: Graph, _home: Home) -> Iterator[Fault]:
    """Yield VPN connections and Direct Connect that end at a VPN gateway of the hosts' VPCs."""
    for one in graph.of(*TO_VPN_GATEWAY):
        key, words = TO_VPN_GATEWAY[one.type]
        for gateway in graph.refer(one, key, one.get(key), (VPN_GATEWAY,)).found:
            reached = leads_to_vpc(graph, gateway, "vpcId", gateway.get("vpcId")) or _attached(graph, gateway)
            if reached:
                yield Fault(one.urn, f"{words} {gateway.label}, which is attached to {reached}")


def _attached(graph: Graph, gateway: Resource) -> str:
    for one in graph.of(VPN_ATTACHMENT):
        if graph.refer(one, "vpnGatewayId", one.get("vpnGatewayId"), (VPN_GATEWAY,)).may_be(gateway):
            return leads_to_vpc(graph, one, "vpcId", one.get("vpcId"))
    return ""


RULE = Rule(
    id="agent-host-has-no-way-in",
    severity=Severity.CRITICAL,
    info="Nothing but the gateway's path and Session Manager leads to an agent host or its network.",
    why="who can open a connection to an agent can steer it; a private address is no wall when a service carries packets over it",
    fix="keep load balancers, Global Accelerator, CloudFront and API Gateway origins, Instance Connect, client VPN, PrivateLink, Lattice,"
    " traffic mirrors, VPN and Direct Connect out of the agents' VPC; operators come in through Session Manager",
    ids=("NIST SP 800-53 AC-17", "NIST SP 800-53 SC-7"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
