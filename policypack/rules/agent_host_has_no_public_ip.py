"""No public address on an agent host, whichever resource would assign it.

`check_resource` judges the fields of an instance, template, interface or service. `check_stack` adds other resources: subnets that
assign addresses, elastic IPs and their associations, separately declared interfaces, the default VPC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from containment.ternary import Ternary
from policypack.facts.compute import Host, PlacementKind
from policypack.facts.hosts import find_hosts, find_unseen_versions
from policypack.finding import Rule, Severity, Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_some, is_true
from policypack.graph.resources import Graph, Reference, Resource, Trace

_IPV6_FLAGS = ("enablePrimaryIpv6", "primaryIpv6")
_IPV6 = ("ipv6AddressCount", "ipv6Addresses", "ipv6AddressLists", "ipv6PrefixCount", "ipv6Prefixes", *_IPV6_FLAGS)
_UNSURE = "not known before the update"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the public and IPv6 addresses that one instance, template, interface or service requests."""
    if resource.type in kt.COMPUTE or resource.type in kt.TEMPLATES or resource.type == kt.INTERFACE:
        return [Violation(resource.urn, what) for what in _find_requested_addresses(resource)]
    return []


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every resource that gives an agent host a public address."""
    faults: dict[Violation, None] = {}
    hosts = find_hosts(graph)
    for host in hosts:
        for source in (host.resource, *host.templates, *host.interfaces):
            faults.update(dict.fromkeys(check_resource(source)))
        faults.update(dict.fromkeys(_check_placement(host)))
    faults.update(dict.fromkeys((*_check_elastic_ips(graph, hosts), *find_unseen_versions(graph))))
    for host in hosts:
        address = host.resource.get_output("publicIp")
        if address and not faults:
            faults[Violation(host.resource.urn, f"has the public address {address}")] = None
    return list(faults)


def _find_requested_addresses(resource: Resource) -> Iterator[str]:
    if resource.type == kt.LIGHTSAIL:
        yield "is a Lightsail instance, which always has a public address"
    if resource.type in (*kt.INSTANCES, kt.LAUNCH_CONFIGURATION):
        yield from _check_flag("associatePublicIpAddress", resource.get("associatePublicIpAddress"))
    if resource.type in (*kt.INSTANCES, kt.INTERFACE):
        yield from _find_ipv6("", resource.props)
    if resource.type == kt.LAUNCH_TEMPLATE:
        for number, block in enumerate(get_items(resource.get("networkInterfaces"))):
            yield from _check_flag(f"networkInterfaces[{number}].associatePublicIpAddress", get_field(block, "associatePublicIpAddress"))
            yield from _check_flag(f"networkInterfaces[{number}].associateCarrierIpAddress", get_field(block, "associateCarrierIpAddress"))
            yield from _find_ipv6(f"networkInterfaces[{number}].", block)
    if resource.type == kt.SPOT_FLEET:
        for number, block in enumerate(get_items(resource.get("launchSpecifications"))):
            yield from _check_flag(f"launchSpecifications[{number}].associatePublicIpAddress", get_field(block, "associatePublicIpAddress"))
    if resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET):
        yield from _check_flag("networkConfiguration.assignPublicIp", get_field(resource.get("networkConfiguration"), "assignPublicIp"))


def _check_flag(path: str, value: Any) -> Iterator[str]:
    answer = is_true(value)
    if answer is not Ternary.NO:
        yield f"requests a public address: {path} is {value if answer is Ternary.YES else _UNSURE}"


def _find_ipv6(prefix: str, block: Any) -> Iterator[str]:
    if block is UNKNOWN:
        return  # the unknown block is reported by its flag already
    for key in _IPV6:
        answer = is_some(get_field(block, key)) if key not in _IPV6_FLAGS else is_true(get_field(block, key))
        if answer is not Ternary.NO:
            yield f"requests an IPv6 address: {prefix}{key} is {get_field(block, key) if answer is Ternary.YES else _UNSURE}"


def _check_placement(host: Host) -> Iterator[Violation]:
    """Yield faults for addresses that a subnet assigns to the hosts in it."""
    asks = [host.resource.get("associatePublicIpAddress")]
    asks += [template.get("associatePublicIpAddress") for template in host.templates]
    asks += [get_field(block, "associatePublicIpAddress") for one in host.templates for block in get_items(one.get("networkInterfaces"))]
    said = any(ask is not None for ask in asks) or host.resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET, kt.FARGATE_PROFILE)
    for placement in host.placements:
        subnet = placement.subnet
        if subnet is not None:
            public, ipv6 = _read_assignment(subnet)
            if public is not Ternary.NO and not said:
                yield Violation(
                    subnet.urn,
                    f"{_format_assignment(public)} public addresses, and {host.resource.label}, which does not refuse one, is in it",
                )
            if ipv6 is not Ternary.NO:
                yield Violation(subnet.urn, f"{_format_assignment(ipv6)} IPv6 addresses, and {host.resource.label} is in it")
        elif said:
            continue
        elif placement.where is PlacementKind.DEFAULT_VPC:
            yield Violation(host.resource.urn, "has no subnet, so it starts in a default subnet, and those assign public addresses")
        else:
            where = placement.literal or "a subnet that cannot be traced"
            yield Violation(host.resource.urn, f"does not refuse a public address, and {where}, not in this program, may assign one")


def _format_assignment(answer: Ternary) -> str:
    return "assigns" if answer is Ternary.YES else "may (it is not known before the update) assign"


def _read_assignment(subnet: Resource) -> tuple[Ternary, Ternary]:
    """Return whether a subnet assigns public IPv4 and IPv6 addresses; a default subnet with unset fields assigns IPv4."""
    asked = subnet.get("mapPublicIpOnLaunch")
    public = Ternary.YES if asked is None and subnet.type == kt.DEFAULT_SUBNET else is_true(asked)
    ipv6 = is_true(subnet.get("assignIpv6AddressOnCreation"))
    return public, Ternary.YES if is_true(subnet.get("ipv6Native")) is Ternary.YES else ipv6


def _check_elastic_ips(graph: Graph, hosts: Sequence[Host]) -> Iterator[Violation]:
    for holder in graph.find_by_type(kt.EIP, kt.EIP_ASSOCIATION):
        instance, interface = ("instance", "networkInterface") if holder.type == kt.EIP else ("instanceId", "networkInterfaceId")
        for key in (instance, interface):
            reference = graph.follow(holder, key, (*kt.INSTANCES, kt.INTERFACE), ("id", "primaryNetworkInterfaceId"))
            reached = _describe_reached(reference, hosts)
            if reached:
                yield Violation(holder.urn, f"puts a public address on {reached}")
        address = holder.get("privateIpAddress")
        is_targeted = any(is_some(holder.get(key)) is not Ternary.NO for key in (instance, interface))
        if hosts and not is_targeted and is_some(address) is not Ternary.NO:
            shown = _UNSURE if address is UNKNOWN else address
            yield Violation(holder.urn, f"puts a public address on the private address {shown}, which may be an agent host's")


def _describe_reached(reference: Reference, hosts: Sequence[Host]) -> str:
    """Return the hosts that an elastic IP reaches, as text; "" when it is known to reach none."""
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
    info="An agent host has no public address: not by its own fields, its subnet, an elastic IP or IPv6.",
    why="through a public address traffic enters and leaves the host past the Aviatrix gateway",
    fix="set associatePublicIpAddress: false, keep mapPublicIpOnLaunch and assignIpv6AddressOnCreation off in the agent's subnets,"
    " and remove elastic IPs and IPv6 addresses; operators use Session Manager",
    ids=("CKV_AWS_88", "CKV_AWS_130", "AWS-0009", "AWS-0164", "EC2.9", "EC2.15", "EC2.25"),
    check_resource=check_resource,
    check_stack=check_stack,
)
