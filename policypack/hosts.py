"""The agent hosts of a stack: found from what is declared, never from a list of names.

A host is compute that is tagged as one, and any compute in a program with Aviatrix resources (the program exists to contain
something). Left out: an untagged instance that another host's packets leak through, for it only forwards and the route is
refused; and a launch template with users, which is judged through them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from containment.model.names import DEFAULT_ROLE, HostTag
from policypack.deployed.template_version import launches, unseen_versions
from policypack.finding import Fault
from policypack.graph import Graph, Reference, Resource, Trace
from policypack.known_types import (
    COMPUTE,
    ECS_SERVICE,
    ECS_TASK_SET,
    FARGATE_PROFILE,
    FLEET,
    INSTANCES,
    INTERFACE,
    INTERFACE_ATTACHMENT,
    LIGHTSAIL,
    NODE_GROUP,
    SCALING_GROUP,
    SCALING_TAG,
    SPOT_FLEET,
    SUBNETS,
    TAG,
    TEMPLATES,
)
from policypack.plain import UNKNOWN, field, items
from policypack.routes import leaks, tables_of


class Where(StrEnum):
    """How much is known of the subnet a host is in."""

    SUBNET = "subnet"
    DEFAULT_VPC = "default VPC"
    EXTERNAL = "external"
    UNTRACED = "untraced"


@dataclass(frozen=True, slots=True)
class Placement:
    """One subnet a host may be in; `subnet` is set for SUBNET only, `literal` for EXTERNAL only."""

    where: Where
    subnet: Resource | None = None
    literal: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """Compute that agents run on, with everything that states facts about it; two are the same only when they are one object.

    `tags` has every value stated for a key, wherever it is stated: a second opinion on a tag makes the tag unsure.
    `templates` are launch templates and configurations, `interfaces` the network interfaces declared apart. `unseen` says in words
    which versions of templates it starts from that no resource of the stack describes.
    """

    resource: Resource
    tags: dict[str, tuple[Any, ...]]
    placements: tuple[Placement, ...]
    templates: tuple[Resource, ...] = ()
    interfaces: tuple[Resource, ...] = ()
    unseen: tuple[str, ...] = ()


def find_hosts(graph: Graph) -> tuple[Host, ...]:
    """Return the hosts of a stack, in the order of its resources."""
    return graph.once(find_hosts, lambda: _find_hosts(graph))


def _find_hosts(graph: Graph) -> tuple[Host, ...]:
    contained = any(resource.type.startswith("aviatrix:") for resource in graph.resources)
    used = {template.urn for resource in graph.of(*COMPUTE) for template in templates(graph, resource)[0]}
    able = [
        _host(graph, resource)
        for resource in graph.resources
        if resource.type in COMPUTE or (resource.type in TEMPLATES and resource.urn not in used)
    ]
    tagged = [host for host in able if is_tagged(host.tags)]
    if not contained:
        return tuple(tagged)
    forwarding = {one.urn for one in _forwarders(graph, able)} - {host.resource.urn for host in tagged}
    return tuple(host for host in able if host.resource.urn not in forwarding)


def is_tagged(tags: dict[str, tuple[Any, ...]]) -> bool:
    """Tell whether tags make compute an agent host: the role, or a tag that only this product sets; an unknown value may be it."""
    if HostTag.AGENT_CLASS.value in tags or HostTag.AGENT_STACK.value in tags:
        return True
    return any(value in (DEFAULT_ROLE, UNKNOWN) for value in tags.get(HostTag.ROLE.value, ()))


def own_tags(resource: Resource) -> dict[str, tuple[Any, ...]]:
    """Return the tags a resource states for itself or for what it launches."""
    stated: list[tuple[str, Any]] = [*_pairs(resource.default_tags), *_pairs(resource.get("tags")), *_pairs(resource.output("tagsAll"))]
    for block in items(resource.get("tagSpecifications")):
        if field(block, "resourceType") == "instance":
            stated.extend(_pairs(field(block, "tags")))
    return _collect(stated)


def templates(graph: Graph, resource: Resource) -> tuple[tuple[Resource, ...], bool]:
    """Return the launch templates and configurations compute is started from, and whether one of them cannot be seen."""
    references = [launch.reference for launch in launches(graph, resource)]
    found = {item.urn: item for reference in references for item in reference.found}
    return tuple(found.values()), any(reference.trace in (Trace.EXTERNAL, Trace.UNTRACED) for reference in references)


def unseen_faults(graph: Graph) -> list[Fault]:
    """Return a fault for every version of a launch template that a host starts from and that nothing here describes.

    Every rule that judges templates reports these: what it has not seen, it cannot pass.
    """
    return [Fault(host.resource.urn, what) for host in find_hosts(graph) for what in host.unseen]


def _host(graph: Graph, resource: Resource) -> Host:
    used, hidden = templates(graph, resource)
    interfaces, unseen = _interfaces(graph, resource, used)
    stated = [(key, value) for source in (resource, *used) for key, values in own_tags(source).items() for value in values]
    stated.extend(_tags_beside(graph, resource))
    references = [*_subnet_references(graph, resource, used), *unseen]
    references.extend(graph.refer(item, "subnetId", item.get("subnetId"), SUBNETS) for item in interfaces)
    placements = [place for reference in references for place in _placements(reference)]
    if not placements and resource.type not in (*TEMPLATES, LIGHTSAIL, ECS_SERVICE, ECS_TASK_SET):
        placements = [Placement(Where.UNTRACED if hidden or resource.type in (NODE_GROUP, FARGATE_PROFILE) else Where.DEFAULT_VPC)]
    return Host(
        resource=resource,
        tags=_collect(stated),
        placements=tuple(dict.fromkeys(placements)),
        templates=used,
        interfaces=interfaces,
        unseen=tuple(dict.fromkeys(unseen_versions(graph, resource))),
    )


def _placements(reference: Reference) -> list[Placement]:
    if reference.trace is Trace.NONE:
        return []
    if reference.trace is Trace.EXTERNAL:
        return [Placement(Where.EXTERNAL, literal=reference.literal)]
    return [Placement(Where.SUBNET, subnet) for subnet in reference.found] or [Placement(Where.UNTRACED)]


def _subnet_references(graph: Graph, resource: Resource, used: tuple[Resource, ...]) -> Iterator[Reference]:
    for holder, key, value in _subnet_values(resource, used):
        yield graph.refer(holder, key, value, SUBNETS)


def _subnet_values(resource: Resource, used: tuple[Resource, ...]) -> Iterator[tuple[Resource, str, Any]]:
    if resource.type in INSTANCES:
        yield resource, "subnetId", resource.get("subnetId")
    lists = {SCALING_GROUP: "vpcZoneIdentifiers", NODE_GROUP: "subnetIds", FARGATE_PROFILE: "subnetIds"}
    if resource.type in lists:
        key = lists[resource.type]
        yield from ((resource, key, value) for value in items(resource.get(key)))
    if resource.type in (ECS_SERVICE, ECS_TASK_SET):
        key = "networkConfiguration"
        yield from ((resource, key, value) for value in items(field(resource.get(key), "subnets")))
    if resource.type in (FLEET, SPOT_FLEET):
        for block in items(resource.get("launchSpecifications")):
            yield resource, "launchSpecifications", field(block, "subnetId")
        for block in items(resource.get("launchTemplateConfigs")):
            yield from ((resource, "launchTemplateConfigs", field(one, "subnetId")) for one in items(field(block, "overrides")))
    for template in (*used, *((resource,) if resource.type in TEMPLATES else ())):
        yield from ((template, "networkInterfaces", field(one, "subnetId")) for one in items(template.get("networkInterfaces")))


def _interfaces(graph: Graph, resource: Resource, used: tuple[Resource, ...]) -> tuple[tuple[Resource, ...], list[Reference]]:
    """Return the interfaces declared apart that compute has, and the references to interfaces that are not in the stack."""
    references: list[Reference] = []
    for holder in (resource, *used):
        for key in ("networkInterfaces", "primaryNetworkInterface", "primaryNetworkInterfaces"):
            values = [field(block, "networkInterfaceId") for block in items(holder.get(key))]
            own = holder.output("primaryNetworkInterfaceId") if holder.is_read else None  # made with it: says nothing more
            references.extend(graph.refer(holder, key, value, (INTERFACE,)) for value in values if value is UNKNOWN or value != own)
    found = {item.urn: item for reference in references for item in reference.found}
    unseen = [one for one in references if one.trace in (Trace.EXTERNAL, Trace.UNTRACED)]
    if resource.type in INSTANCES:
        for attachment in graph.of(INTERFACE_ATTACHMENT):
            if graph.refer(attachment, "instanceId", attachment.get("instanceId"), INSTANCES).may_be(resource):
                reference = graph.refer(attachment, "networkInterfaceId", attachment.get("networkInterfaceId"), (INTERFACE,))
                found.update({item.urn: item for item in reference.found})
        for interface in graph.of(INTERFACE):
            for block in items(interface.get("attachments")):
                if graph.refer(interface, "attachments", field(block, "instance"), INSTANCES).may_be(resource):
                    found[interface.urn] = interface
    unseen = [one if one.trace is Trace.UNTRACED else Reference(Trace.UNTRACED) for one in unseen]
    return tuple(found.values()), unseen


def _tags_beside(graph: Graph, resource: Resource) -> Iterator[tuple[str, Any]]:
    """Yield tags that stand beside the resource: a scaling group's list, and tag resources of their own."""
    for tag in items(resource.get("tags")):
        if resource.type == SCALING_GROUP and tag is not UNKNOWN:
            yield str(field(tag, "key")), field(tag, "value")
    for tag in graph.of(TAG):
        if graph.refer(tag, "resourceId", tag.get("resourceId"), (resource.type,)).may_be(resource):
            yield str(tag.get("key")), tag.get("value")
    for tag in graph.of(SCALING_TAG):
        reference = graph.refer(tag, "autoscalingGroupName", tag.get("autoscalingGroupName"), (resource.type,), ("name", "id"))
        if reference.may_be(resource):
            yield str(field(tag.get("tag"), "key")), field(tag.get("tag"), "value")


def _forwarders(graph: Graph, hosts: Iterable[Host]) -> Iterator[Resource]:
    """Yield instances that some other host's packets leak through: the route that leads there is what is at fault."""
    for host in hosts:
        for subnet in (place.subnet for place in host.placements if place.subnet):
            for leak in (leak for table in tables_of(graph, subnet) for leak in leaks(graph, table)):
                for target in leak.through:
                    owners = [target] if target.type in INSTANCES else graph.of(*INSTANCES)
                    reached = (one for one in owners if one is target or target in _interfaces(graph, one, ())[0])
                    yield from (one for one in reached if one is not host.resource)


def _pairs(tags: Any) -> list[tuple[str, Any]]:
    return list(tags.items()) if isinstance(tags, dict) else []


def _collect(stated: list[tuple[str, Any]]) -> dict[str, tuple[Any, ...]]:
    tags: dict[str, tuple[Any, ...]] = {}
    for key, value in stated:
        tags[key] = tuple(dict.fromkeys((*tags.get(key, ()), value if isinstance(value, Hashable) else UNKNOWN)))
    return tags
