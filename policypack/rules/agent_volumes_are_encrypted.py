"""What an agent leaves on a disk is unreadable without the account's keys.

A volume is encrypted when it says so, or when the account's default says so and the host waits for it. A snapshot's own
encryption cannot be seen, and silence is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.home import leads_to
from policypack.hosts import Host, find_hosts, unseen_faults
from policypack.known_types import (
    ECS_SERVICE,
    ENCRYPTION_DEFAULT,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    SCALING_GROUP,
    SPOT_FLEET,
    VOLUME,
    VOLUME_ATTACHMENT,
)
from policypack.network.where import is_same_place
from policypack.place import is_vended
from policypack.plain import UNKNOWN, field, is_true, items

_STARTS_FROM_A_ROOT = (*INSTANCES, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, SCALING_GROUP, SPOT_FLEET, NODE_GROUP)
_BLOCKS = ("rootBlockDevice", "ebsBlockDevices")


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return the volumes that one instance or template states without encryption."""
    return [Fault(resource.urn, _says(path, value)) for path, value in _volumes(resource) if _is_open(value)]


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at everything that gives a host a volume in the clear."""
    faults: dict[Fault, None] = {}
    for host in find_hosts(graph):
        if not _is_default(graph, host.resource):
            for one in (host.resource, *host.templates):
                faults.update(dict.fromkeys(check_resource(one)))
            faults.update(dict.fromkeys(_silences(graph, host)))
        faults.update(dict.fromkeys(_attached(graph, host)))
    return list(dict.fromkeys([*faults, *unseen_faults(graph)]))


def _volumes(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Yield each volume that a resource describes: where, and what it says of encryption."""
    if resource.type in (*INSTANCES, LAUNCH_CONFIGURATION):
        for key in _BLOCKS:
            yield from ((f"{key}[{number}].encrypted", field(one, "encrypted")) for number, one in enumerate(items(resource.get(key))))
    if resource.type == LAUNCH_TEMPLATE:
        for number, one in enumerate(items(resource.get("blockDeviceMappings"))):
            for block in items(field(one, "ebs")):
                yield f"blockDeviceMappings[{number}].ebs.encrypted", field(block, "encrypted")
    if resource.type == ECS_SERVICE:
        for block in items(field(resource.get("volumeConfiguration"), "managedEbsVolume")):
            yield "volumeConfiguration.managedEbsVolume.encrypted", field(block, "encrypted")
    if resource.type == SPOT_FLEET:
        for outer, one in enumerate(items(resource.get("launchSpecifications"))):
            for key in _BLOCKS:
                for number, block in enumerate(items(field(one, key))):
                    yield f"launchSpecifications[{outer}].{key}[{number}].encrypted", field(block, "encrypted")


def _is_open(value: Any) -> bool:
    """Tell whether a volume says that it is not encrypted, or does not know yet."""
    return value is not None and is_true(value) is not Match.YES


def _says(path: str, value: Any) -> str:
    return f"has a volume in the clear: {path} is {'not known before the update' if value is UNKNOWN else value}"


def _is_default(graph: Graph, host: Resource) -> bool:
    """Return whether the account encrypts every new volume in the resource's region, before the resource is made."""
    defaults = [one for one in graph.of(ENCRYPTION_DEFAULT) if one.get("enabled") is None or is_true(one.get("enabled")) is Match.YES]
    return any(is_same_place(one, host) and graph.depends_on(host, one) for one in defaults)


def _silences(graph: Graph, host: Host) -> Iterator[Fault]:
    """Yield what a host of a vended place does not say of its volumes."""
    if not is_vended(graph):
        return
    speakers = (host.resource, *host.templates)
    for one in speakers:
        yield from (
            Fault(one.urn, f"has a volume whose encryption is not stated: {path}") for path, value in _volumes(one) if value is None
        )
    stated = [path for one in speakers for path, _ in _volumes(one)]
    if host.resource.type in _STARTS_FROM_A_ROOT and not any("rootBlockDevice" in path or "blockDeviceMappings" in path for path in stated):
        yield Fault(host.resource.urn, "has a root volume whose encryption is not stated, and silence is none")


def _attached(graph: Graph, host: Host) -> Iterator[Fault]:
    """Yield volumes declared apart and attached to a host."""
    for attachment in graph.of(VOLUME_ATTACHMENT):
        if not leads_to(graph, attachment, "instanceId", attachment.get("instanceId"), [host.resource]):
            continue
        for volume in graph.refer(attachment, "volumeId", attachment.get("volumeId"), (VOLUME,)).found:
            value = volume.get("encrypted")
            if _is_default(graph, volume):
                continue
            if _is_open(value):
                yield Fault(volume.urn, f"{_says('encrypted', value)}, and it is attached to {host.resource.label}")
            elif value is None and is_vended(graph):
                yield Fault(volume.urn, f"does not state encrypted, and it is attached to {host.resource.label}")


RULE = Rule(
    id="agent-volumes-are-encrypted",
    severity=Severity.HIGH,
    info="Every volume of an agent host is encrypted.",
    why="prompts, code and credentials stay readable on snapshots and on disks that others get",
    fix="state encrypted: true on the root and every other volume (blockDeviceMappings[].ebs in a launch template), or"
    " enable aws.ebs.EncryptionByDefault and let the host depend on it",
    ids=("CKV_AWS_3", "CKV_AWS_8", "AWS-0008", "AWS-0026", "AWS-0131", "EC2.3", "EC2.7", "CIS AWS 3.0 2.2.1", "CIS AWS 5.0 5.1.1"),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
