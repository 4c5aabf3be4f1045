"""An agent host has no address of its own on the internet, whichever resource would give it one.

Resource part: what an instance, template, interface or service says by itself. Stack part: what others say about it
(subnets that hand out addresses, elastic IPs and their associations, interfaces declared apart, the default VPC).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph, Reference, Resource, Trace
from policypack.hosts import Host, Where, find_hosts, unseen_faults
from policypack.known_types import (
    COMPUTE,
    DEFAULT_SUBNET,
    ECS_SERVICE,
    ECS_TASK_SET,
    EIP,
    EIP_ASSOCIATION,
    FARGATE_PROFILE,
    INSTANCES,
    INTERFACE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    LIGHTSAIL,
    SPOT_FLEET,
    TEMPLATES,
)
from policypack.plain import UNKNOWN, field, is_some, is_true, items

_IPV6_FLAGS = ("enablePrimaryIpv6", "primaryIpv6")
_IPV6 = ("ipv6AddressCount", "ipv6Addresses", "ipv6AddressLists", "ipv6PrefixCount", "ipv6Prefixes", *_IPV6_FLAGS)
_UNSURE = "not known before the update"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return what one instance, template, interface or service says about addresses of its own."""
    if resource.type in COMPUTE or resource.type in TEMPLATES or resource.type == INTERFACE:
        return [Fault(resource.urn, what) for what in _stated(resource)]
    return []


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every resource that gives an agent host a public address."""
    faults: dict[Fault, None] = {}
    hosts = find_hosts(graph)
    for host in hosts:
        for source in (host.resource, *host.templates, *host.interfaces):
            faults.update(dict.fromkeys(check_resource(source)))
        faults.update(dict.fromkeys(_from_placement(host)))
    faults.update(dict.fromkeys((*_from_elastic_ips(graph, hosts), *unseen_faults(graph))))
    for host in hosts:
        address = host.resource.output("publicIp")
        if address and not faults:
            faults[Fault(host.resource.urn, f"has the public address {address}")] = None
    return list(faults)


def _stated(resource: Resource) -> Iterator[str]:
    if resource.type == LIGHTSAIL:
        yield "is a Lightsail instance, which always has a public address"
    if resource.type in (*INSTANCES, LAUNCH_CONFIGURATION):
        yield from _flag("associatePublicIpAddress", resource.get("associatePublicIpAddress"))
    if resource.type in (*INSTANCES, INTERFACE):
        yield from _ipv6("", resource.props)
    if resource.type == LAUNCH_TEMPLATE:
        for number, block in enumerate(items(resource.get("networkInterfaces"))):
            yield from _flag(f"networkInterfaces[{number}].associatePublicIpAddress", field(block, "associatePublicIpAddress"))
            yield from _flag(f"networkInterfaces[{number}].associateCarrierIpAddress", field(block, "associateCarrierIpAddress"))
            yield from _ipv6(f"networkInterfaces[{number}].", block)
    if resource.type == SPOT_FLEET:
        for number, block in enumerate(items(resource.get("launchSpecifications"))):
            yield from _flag(f"launchSpecifications[{number}].associatePublicIpAddress", field(block, "associatePublicIpAddress"))
    if resource.type in (ECS_SERVICE, ECS_TASK_SET):
        yield from _flag("networkConfiguration.assignPublicIp", field(resource.get("networkConfiguration"), "assignPublicIp"))


def _flag(path: str, value: Any) -> Iterator[str]:
    answer = is_true(value)
    if answer is not Match.NO:
        yield f"asks for a public address: {path} is {value if answer is Match.YES else _UNSURE}"


def _ipv6(prefix: str, block: Any) -> Iterator[str]:
    if block is UNKNOWN:
        return  # the unknown block is reported by its flag already
    for key in _IPV6:
        answer = is_some(field(block, key)) if key not in _IPV6_FLAGS else is_true(field(block, key))
        if answer is not Match.NO:
            yield f"asks for an IPv6 address: {prefix}{key} is {field(block, key) if answer is Match.YES else _UNSURE}"


def _from_placement(host: Host) -> Iterator[Fault]:
    """Yield faults for addresses that a subnet hands out to whoever starts in it."""
    asks = [host.resource.get("associatePublicIpAddress")]
    asks += [template.get("associatePublicIpAddress") for template in host.templates]
    asks += [field(block, "associatePublicIpAddress") for one in host.templates for block in items(one.get("networkInterfaces"))]
    said = any(ask is not None for ask in asks) or host.resource.type in (ECS_SERVICE, ECS_TASK_SET, FARGATE_PROFILE)
    for placement in host.placements:
        subnet = placement.subnet
        if subnet is not None:
            public, ipv6 = _hands_out(subnet)
            if public is not Match.NO and not said:
                yield Fault(subnet.urn, f"{_says(public)} public addresses, and {host.resource.label}, which does not refuse one, is in it")
            if ipv6 is not Match.NO:
                yield Fault(subnet.urn, f"{_says(ipv6)} IPv6 addresses, and {host.resource.label} is in it")
        elif said:
            continue
        elif placement.where is Where.DEFAULT_VPC:
            yield Fault(host.resource.urn, "has no subnet, so it starts in a default subnet, and those hand out public addresses")
        else:
            where = placement.literal or "a subnet that cannot be traced"
            yield Fault(host.resource.urn, f"does not refuse a public address, and {where}, not in this program, may hand one out")


def _says(answer: Match) -> str:
    return "hands out" if answer is Match.YES else "may (it is not known before the update) hand out"


def _hands_out(subnet: Resource) -> tuple[Match, Match]:
    """Return whether a subnet hands out public IPv4 and IPv6 addresses; a default subnet does when nothing is said."""
    asked = subnet.get("mapPublicIpOnLaunch")
    public = Match.YES if asked is None and subnet.type == DEFAULT_SUBNET else is_true(asked)
    ipv6 = is_true(subnet.get("assignIpv6AddressOnCreation"))
    return public, Match.YES if is_true(subnet.get("ipv6Native")) is Match.YES else ipv6


def _from_elastic_ips(graph: Graph, hosts: Sequence[Host]) -> Iterator[Fault]:
    for holder in graph.of(EIP, EIP_ASSOCIATION):
        instance, interface = ("instance", "networkInterface") if holder.type == EIP else ("instanceId", "networkInterfaceId")
        for key in (instance, interface):
            reference = graph.refer(holder, key, holder.get(key), (*INSTANCES, INTERFACE), ("id", "primaryNetworkInterfaceId"))
            reached = _reached(reference, hosts)
            if reached:
                yield Fault(holder.urn, f"puts a public address on {reached}")


def _reached(reference: Reference, hosts: Sequence[Host]) -> str:
    """Return in words which host an elastic IP reaches; "" when it is known to reach none."""
    if reference.trace is Trace.NONE:
        return ""
    if not reference.found:
        return f"{reference.literal or 'something that cannot be traced'}, which may be an agent host"
    urns = {resource.urn for resource in reference.found}
    return ", ".join(
        host.resource.label for host in hosts if host.resource.urn in urns or any(interface.urn in urns for interface in host.interfaces)
    )


RULE = Rule(
    id="agent-host-has-no-public-ip",
    severity=Severity.CRITICAL,
    info="An agent host has no public address: not of its own, not from its subnet, not through an elastic IP, not over IPv6.",
    why="a public address is a way in and a way out past the Aviatrix gateway",
    fix="state associatePublicIpAddress: false, keep mapPublicIpOnLaunch and assignIpv6AddressOnCreation off in the agent's subnets,"
    " and drop elastic IPs and IPv6 addresses; operators come in through SSM",
    ids=("CKV_AWS_88", "CKV_AWS_130", "AWS-0009", "AWS-0164", "EC2.9", "EC2.15", "EC2.25"),
    check_resource=check_resource,
    check_stack=check_stack,
)
