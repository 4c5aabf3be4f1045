"""Sessions next to agents are recorded, encrypted and limited, run as an unprivileged user, and forward the host's loopback only.

Documents of other types (Command, Automation) run commands on hosts and in the account; no operator needs them next to agents. Shells in
containers (ECS Exec) have no document; the cluster configures their record.
"""

from __future__ import annotations

from collections.abc import Sequence

from policypack.facts.hosts import find_hosts, get_own_tags, is_tagged
from policypack.facts.sessions.containers import find_exec_faults
from policypack.facts.sessions.documents import DOCUMENT, find_document_faults, find_record_faults, is_session
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.resources import Graph, Resource


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
    return [*found, *(Violation(service.urn, what) for service, what in find_exec_faults(graph))]


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
