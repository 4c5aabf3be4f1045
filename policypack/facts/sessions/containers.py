"""ECS Exec: a shell in an agent's container, which Session Manager carries without a session document.

The cluster decides about the record. A shell runs as the container's user, and has no limit but Session Manager's own.
Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec"; `aws:ecs/cluster:Cluster`, provider release 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.hosts import find_hosts
from policypack.graph.known_types import ECS_SERVICE
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_true
from policypack.graph.resources import Graph, Resource

CLUSTER: Final = "aws:ecs/cluster:Cluster"
_EXEC: Final = "enableExecuteCommand"


def find_exec_faults(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield the agents' services that take shells without an encrypted record, with the reason."""
    for host in find_hosts(graph):
        service = host.resource
        if service.type == ECS_SERVICE and is_true(service.get(_EXEC)) is not Ternary.NO:
            why = _find_reason(graph, service)
            if why:
                yield service, f"takes shells in its containers (ECS Exec: {_EXEC} is not false), and {why}"


def _find_reason(graph: Graph, service: Resource) -> str:
    """Return why shells of a service leave no encrypted record, "" if they leave one."""
    clusters = graph.resolve(service, "cluster", service.get("cluster"), (CLUSTER,), ("id", "arn", "name")).found
    if len(clusters) != 1:
        return "its cluster is not in this program, so their record cannot be seen"
    settings = get_field(get_field(clusters[0].get("configuration"), "executeCommandConfiguration"), "logConfiguration")
    mode = get_field(get_field(clusters[0].get("configuration"), "executeCommandConfiguration"), "logging")
    if mode is UNKNOWN or mode != "OVERRIDE" or not get_items(settings):
        return f"{clusters[0].label} does not name their record: executeCommandConfiguration has not logging OVERRIDE with logConfiguration"
    return "" if _is_encrypted(settings) else f"{clusters[0].label} accepts a record without encryption"


def _is_encrypted(settings: Any) -> bool:
    pairs = (("cloudWatchLogGroupName", "cloudWatchEncryptionEnabled"), ("s3BucketName", "s3BucketEncryptionEnabled"))
    named = [flag for place, flag in pairs if get_field(settings, place) not in (None, "")]
    return bool(named) and all(is_true(get_field(settings, flag)) is Ternary.YES for flag in named)
