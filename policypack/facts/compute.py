"""Compute of a stack with the facts that its resources set: tags, subnets, launch templates and network interfaces."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from containment.names import DEFAULT_ROLE, HostTag
from policypack.facts.template_version import describe_unseen_versions, find_launches
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Graph, Reference, Resource, Trace


class PlacementKind(StrEnum):
    """Knowledge of the subnet that a host is in."""

    SUBNET = "subnet"
    DEFAULT_VPC = "default VPC"
    EXTERNAL = "external"
    UNTRACED = "untraced"


@dataclass(frozen=True, slots=True)
class Placement:
    """A subnet that a host may be in; `subnet` is set for SUBNET only, `literal` for EXTERNAL only."""

    where: PlacementKind
    subnet: Resource | None = None
    literal: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """Compute that agents run on, with the resources that set facts about it; equality is identity.

    `tags` has every value that any resource sets for a key: with a second value, the tag is uncertain. `templates` are launch
    templates and configurations, `interfaces` separate network interface resources. `unseen` lists, in words, the template versions
    that it starts from and that no resource of the stack describes.
    """

    resource: Resource
    tags: dict[str, tuple[Any, ...]]
    placements: tuple[Placement, ...]
    templates: tuple[Resource, ...] = ()
    interfaces: tuple[Resource, ...] = ()
    unseen: tuple[str, ...] = ()


def list_able(graph: Graph) -> tuple[Host, ...]:
    """Return all compute of a stack, and launch templates that no compute uses, in the order of its resources."""
    return graph.compute_once(list_able, lambda: _list_able(graph))


def _list_able(graph: Graph) -> tuple[Host, ...]:
    used = {template.urn for resource in graph.find_by_type(*kt.COMPUTE) for template in find_templates(graph, resource)[0]}
    return tuple(
        _build_host(graph, resource)
        for resource in graph.resources
        if resource.type in kt.COMPUTE or (resource.type in kt.TEMPLATES and resource.urn not in used)
    )


def is_tagged(tags: dict[str, tuple[Any, ...]]) -> bool:
    """Return whether tags make compute an agent host: the role (also if unknown), or a tag that only this product sets."""
    if HostTag.AGENT_CLASS.value in tags or HostTag.AGENT_STACK.value in tags:
        return True
    return any(value in (DEFAULT_ROLE, UNKNOWN) for value in tags.get(HostTag.ROLE.value, ()))


def get_own_tags(resource: Resource) -> dict[str, tuple[Any, ...]]:
    """Return the tags that a resource sets on itself or on the instances it launches."""
    stated: list[tuple[str, Any]] = [
        *_get_pairs(resource.default_tags),
        *_get_pairs(resource.get("tags")),
        *_get_pairs(resource.get_output("tagsAll")),
    ]
    for block in get_items(resource.get("tagSpecifications")):
        if get_field(block, "resourceType") == "instance":
            stated.extend(_get_pairs(get_field(block, "tags")))
    return _collect(stated)


def find_templates(graph: Graph, resource: Resource) -> tuple[tuple[Resource, ...], bool]:
    """Return the launch templates and configurations that compute starts from, and whether one is not in the stack."""
    references = [launch.reference for launch in find_launches(graph, resource)]
    found = {item.urn: item for reference in references for item in reference.found}
    return tuple(found.values()), any(reference.trace in (Trace.EXTERNAL, Trace.UNTRACED) for reference in references)


def _build_host(graph: Graph, resource: Resource) -> Host:
    used, hidden = find_templates(graph, resource)
    interfaces, unseen = find_interfaces(graph, resource, used)
    stated = [(key, value) for source in (resource, *used) for key, values in get_own_tags(source).items() for value in values]
    stated.extend(_find_separate_tags(graph, resource))
    references = [*_find_subnet_references(graph, resource, used), *unseen]
    references.extend(graph.follow(item, "subnetId", kt.SUBNETS) for item in interfaces)
    placements = [place for reference in references for place in _build_placements(reference)]
    if not placements and resource.type not in (*kt.TEMPLATES, kt.LIGHTSAIL, kt.ECS_SERVICE, kt.ECS_TASK_SET):
        placements = [
            Placement(
                PlacementKind.UNTRACED if hidden or resource.type in (kt.NODE_GROUP, kt.FARGATE_PROFILE) else PlacementKind.DEFAULT_VPC
            )
        ]
    return Host(
        resource=resource,
        tags=_collect(stated),
        placements=tuple(dict.fromkeys(placements)),
        templates=used,
        interfaces=interfaces,
        unseen=tuple(dict.fromkeys(describe_unseen_versions(graph, resource))),
    )


def _build_placements(reference: Reference) -> list[Placement]:
    if reference.trace is Trace.NONE:
        return []
    if reference.trace is Trace.EXTERNAL:
        return [Placement(PlacementKind.EXTERNAL, literal=reference.literal)]
    return [Placement(PlacementKind.SUBNET, subnet) for subnet in reference.found] or [Placement(PlacementKind.UNTRACED)]


def _find_subnet_references(graph: Graph, resource: Resource, used: tuple[Resource, ...]) -> Iterator[Reference]:
    for holder, key, value in _find_subnet_values(resource, used):
        yield graph.resolve(holder, key, value, kt.SUBNETS)


def _find_subnet_values(resource: Resource, used: tuple[Resource, ...]) -> Iterator[tuple[Resource, str, Any]]:
    if resource.type in kt.INSTANCES:
        yield resource, "subnetId", resource.get("subnetId")
    lists = {kt.SCALING_GROUP: "vpcZoneIdentifiers", kt.NODE_GROUP: "subnetIds", kt.FARGATE_PROFILE: "subnetIds"}
    if resource.type in lists:
        key = lists[resource.type]
        yield from ((resource, key, value) for value in get_items(resource.get(key)))
    if resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET):
        key = "networkConfiguration"
        yield from ((resource, key, value) for value in get_items(get_field(resource.get(key), "subnets")))
    if resource.type in (kt.FLEET, kt.SPOT_FLEET):
        for block in get_items(resource.get("launchSpecifications")):
            yield resource, "launchSpecifications", get_field(block, "subnetId")
        for block in get_items(resource.get("launchTemplateConfigs")):
            yield from ((resource, "launchTemplateConfigs", get_field(one, "subnetId")) for one in get_items(get_field(block, "overrides")))
    for template in (*used, *((resource,) if resource.type in kt.TEMPLATES else ())):
        yield from ((template, "networkInterfaces", get_field(one, "subnetId")) for one in get_items(template.get("networkInterfaces")))


def find_interfaces(graph: Graph, resource: Resource, used: tuple[Resource, ...]) -> tuple[tuple[Resource, ...], list[Reference]]:
    """Return compute's separate network interfaces, and the references to interfaces that are not in the stack."""
    references: list[Reference] = []
    for holder in (resource, *used):
        for key in ("networkInterfaces", "primaryNetworkInterface", "primaryNetworkInterfaces"):
            values = [get_field(block, "networkInterfaceId") for block in get_items(holder.get(key))]
            own = (
                holder.get_output("primaryNetworkInterfaceId") if holder.is_read else None
            )  # created with the instance: no additional fact
            references.extend(graph.resolve(holder, key, value, (kt.INTERFACE,)) for value in values if value is UNKNOWN or value != own)
    found = {item.urn: item for reference in references for item in reference.found}
    unseen = [one for one in references if one.trace in (Trace.EXTERNAL, Trace.UNTRACED)]
    if resource.type in kt.INSTANCES:
        for attachment in graph.find_referrers(resource, kt.INTERFACE_ATTACHMENT, "instanceId", kt.INSTANCES):
            found.update({item.urn: item for item in graph.follow(attachment, "networkInterfaceId", (kt.INTERFACE,)).found})
        for interface in graph.find_by_type(kt.INTERFACE):
            for block in get_items(interface.get("attachments")):
                if graph.resolve(interface, "attachments", get_field(block, "instance"), kt.INSTANCES).is_possibly(resource):
                    found[interface.urn] = interface
    unseen = [one if one.trace is Trace.UNTRACED else Reference(Trace.UNTRACED) for one in unseen]
    return tuple(found.values()), unseen


def _find_separate_tags(graph: Graph, resource: Resource) -> Iterator[tuple[str, Any]]:
    """Yield tags set outside of `tags`: a scaling group's list, and separate tag resources."""
    for tag in get_items(resource.get("tags")):
        if resource.type == kt.SCALING_GROUP and tag is not UNKNOWN:
            yield str(get_field(tag, "key")), get_field(tag, "value")
    for tag in graph.find_referrers(resource, kt.TAG, "resourceId", (resource.type,)):
        yield str(tag.get("key")), tag.get("value")
    for tag in graph.find_referrers(resource, kt.SCALING_TAG, "autoscalingGroupName", (resource.type,), ("name", "id")):
        yield str(get_field(tag.get("tag"), "key")), get_field(tag.get("tag"), "value")


def _get_pairs(tags: Any) -> list[tuple[str, Any]]:
    return list(tags.items()) if isinstance(tags, dict) else []


def _collect(stated: list[tuple[str, Any]]) -> dict[str, tuple[Any, ...]]:
    tags: dict[str, tuple[Any, ...]] = {}
    for key, value in stated:
        tags[key] = tuple(dict.fromkeys((*tags.get(key, ()), value if isinstance(value, Hashable) else UNKNOWN)))
    return tags
