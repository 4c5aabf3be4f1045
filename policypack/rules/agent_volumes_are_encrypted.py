"""Encrypted volumes of agent hosts: data on their disks is unreadable without the account's keys.

A volume is encrypted if its own field is true, or if the account's default is and the host depends on that default. The encryption
of a snapshot cannot be seen, so an unset field does not count as encryption.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from containment.ternary import Ternary
from policypack.facts.agent_environment import is_complete
from policypack.facts.compute import Host
from policypack.facts.host_location import describe_target
from policypack.facts.hosts import find_hosts, find_unseen_versions
from policypack.facts.routing.region import is_same_place
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import describe, get_field, get_items, is_true
from policypack.graph.resources import Graph, Resource

_STARTS_FROM_A_ROOT = (*kt.INSTANCES, kt.LAUNCH_TEMPLATE, kt.LAUNCH_CONFIGURATION, kt.SCALING_GROUP, kt.SPOT_FLEET, kt.NODE_GROUP)
_BLOCKS = ("rootBlockDevice", "ebsBlockDevices")


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the volumes that one instance or template declares as not encrypted."""
    return [Violation(resource.urn, _describe_volume(path, value)) for path, value in _get_volumes(resource) if _is_open(value)]


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every resource that gives a host an unencrypted volume."""
    faults: dict[Violation, None] = {}
    for host in find_hosts(graph):
        if not _is_default(graph, host.resource):
            for one in (host.resource, *host.templates):
                faults.update(dict.fromkeys(check_resource(one)))
            faults.update(dict.fromkeys(_find_unset(graph, host)))
        faults.update(dict.fromkeys(_find_attached(graph, host)))
    return list(dict.fromkeys([*faults, *find_unseen_versions(graph)]))


def _get_volumes(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Yield each volume that a resource declares: the path of its field `encrypted`, and the value."""
    if resource.type in (*kt.INSTANCES, kt.LAUNCH_CONFIGURATION):
        for key in _BLOCKS:
            yield from (
                (f"{key}[{number}].encrypted", get_field(one, "encrypted")) for number, one in enumerate(get_items(resource.get(key)))
            )
    if resource.type == kt.LAUNCH_TEMPLATE:
        for number, one in enumerate(get_items(resource.get("blockDeviceMappings"))):
            for block in get_items(get_field(one, "ebs")):
                yield f"blockDeviceMappings[{number}].ebs.encrypted", get_field(block, "encrypted")
    if resource.type == kt.ECS_SERVICE:
        for block in get_items(get_field(resource.get("volumeConfiguration"), "managedEbsVolume")):
            yield "volumeConfiguration.managedEbsVolume.encrypted", get_field(block, "encrypted")
    if resource.type == kt.SPOT_FLEET:
        for outer, one in enumerate(get_items(resource.get("launchSpecifications"))):
            for key in _BLOCKS:
                for number, block in enumerate(get_items(get_field(one, key))):
                    yield f"launchSpecifications[{outer}].{key}[{number}].encrypted", get_field(block, "encrypted")


def _is_open(value: Any) -> bool:
    """Return whether a volume's field is false or not known yet; an unset one is not."""
    return value is not None and is_true(value) is not Ternary.YES


def _describe_volume(path: str, value: Any) -> str:
    return f"has an unencrypted volume: {path} is {describe(value)}"


def _is_default(graph: Graph, host: Resource) -> bool:
    """Return whether the account encrypts every new volume in the resource's region before the resource is created."""
    defaults = [
        one for one in graph.find_by_type(kt.ENCRYPTION_DEFAULT) if one.get("enabled") is None or is_true(one.get("enabled")) is Ternary.YES
    ]
    return any(is_same_place(one, host) and graph.has_dependency(host, one) for one in defaults)


def _find_unset(graph: Graph, host: Host) -> Iterator[Violation]:
    """Yield the volumes of a host in a complete agent environment that leave encryption unset."""
    if not is_complete(graph):
        return
    speakers = (host.resource, *host.templates)
    for one in speakers:
        yield from (
            Violation(one.urn, f"has a volume whose encryption is not set: {path}") for path, value in _get_volumes(one) if value is None
        )
    stated = [path for one in speakers for path, _ in _get_volumes(one)]
    if host.resource.type in _STARTS_FROM_A_ROOT and not any("rootBlockDevice" in path or "blockDeviceMappings" in path for path in stated):
        yield Violation(host.resource.urn, "has a root volume whose encryption is not set, and by default a volume may be unencrypted")


def _find_attached(graph: Graph, host: Host) -> Iterator[Violation]:
    """Yield separately declared volumes that are attached to a host."""
    for attachment in graph.find_by_type(kt.VOLUME_ATTACHMENT):
        if not describe_target(graph, attachment, "instanceId", attachment.get("instanceId"), [host.resource]):
            continue
        attached = graph.follow(attachment, "volumeId", (kt.VOLUME,))
        if not attached.found:
            shown = attached.literal or "a volume that cannot be traced"
            yield Violation(
                attachment.urn, f"attaches {shown}, not of this program, to {host.resource.label}: its encryption cannot be seen"
            )
        for volume in attached.found:
            value = volume.get("encrypted")
            if _is_default(graph, volume):
                continue
            if _is_open(value):
                yield Violation(volume.urn, f"{_describe_volume('encrypted', value)}, and it is attached to {host.resource.label}")
            elif value is None and is_complete(graph):
                yield Violation(volume.urn, f"does not set encrypted, and it is attached to {host.resource.label}")


RULE = Rule(
    id="agent-volumes-are-encrypted",
    severity=Severity.HIGH,
    info="Every volume of an agent host is encrypted.",
    why="prompts, code and credentials stay readable on snapshots and on disks that others receive",
    fix="set encrypted: true on the root and every other volume (blockDeviceMappings[].ebs in a launch template), or"
    " enable aws.ebs.EncryptionByDefault and make the host depend on it",
    ids=("CKV_AWS_3", "CKV_AWS_8", "AWS-0008", "AWS-0026", "AWS-0131", "EC2.3", "EC2.7", "CIS AWS 3.0 2.2.1", "CIS AWS 5.0 5.1.1"),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
