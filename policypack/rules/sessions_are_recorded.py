"""Sessions next to agents are recorded, encrypted and limited, run as an unprivileged user, and forward the host's loopback only.

Documents of other types (Command, Automation) run commands on hosts and in the account; no operator needs them next to agents. Shells in
containers (ECS Exec) have no document; the cluster configures their record, and a shell runs as the container's user with Session
Manager's own limits.
Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec"; `aws:ecs/cluster:Cluster`, provider release 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.compute import get_own_tags, is_tagged
from policypack.facts.hosts import find_hosts
from policypack.facts.sessions.documents import DOCUMENT, find_document_faults, find_record_faults, is_session
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import ECS_SERVICE
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_true
from policypack.graph.resources import Graph, Resource

_CLUSTER: Final = "aws:ecs/cluster:Cluster"
_EXEC: Final = "enableExecuteCommand"


def check_resource(resource: Resource, seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the faults of one document, if an agent host is registered."""
    if resource.type != DOCUMENT or not any(is_tagged(get_own_tags(one)) for one in seen):
        return []
    return [Violation(resource.urn, what) for what in find_document_faults(resource)]


def check_stack(graph: Graph) -> list[Violation]:
    """Return the faults of every document of a program with an agent host, and of the places of its records."""
    if not find_hosts(graph):
        return []
    documents = [one for one in graph.find_by_type(DOCUMENT) if not one.is_read]
    found = [Violation(one.urn, what) for one in documents for what in find_document_faults(one)]
    found += [Violation(one.urn, what) for one in documents if is_session(one) for what in find_record_faults(graph, one)]
    return [*found, *(Violation(service.urn, what) for service, what in _find_exec_faults(graph))]


def _find_exec_faults(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield the agents' services that take shells without an encrypted record, with the reason."""
    for host in find_hosts(graph):
        service = host.resource
        if service.type == ECS_SERVICE and is_true(service.get(_EXEC)) is not Ternary.NO:
            why = _find_reason(graph, service)
            if why:
                yield service, f"takes shells in its containers (ECS Exec: {_EXEC} is not false), and {why}"


def _find_reason(graph: Graph, service: Resource) -> str:
    """Return why shells of a service leave no encrypted record, "" if they leave one."""
    clusters = graph.follow(service, "cluster", (_CLUSTER,), ("id", "arn", "name")).found
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


RULE = Rule(
    id="sessions-are-recorded",
    severity=Severity.HIGH,
    info="A session on an agent host is recorded with encryption, ends at a time limit, and runs as an unprivileged user.",
    why="a root shell on an agent's host can change its containment, and without a record no review can notice that",
    fix="declare documents as components.aws.sessions does: documentType Session; cloudWatchLogGroupName of a log group of the program"
    " with kmsKeyId, cloudWatchEncryptionEnabled, cloudWatchStreamingEnabled, idleSessionTimeout, maxSessionDuration, runAsEnabled and"
    " runAsDefaultUser; sessionType Port without host for an IDE or a browser; for containers enableExecuteCommand: false",
    ids=("SSM.7", "AC-12", "AU-14"),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.AGENTS,
)
