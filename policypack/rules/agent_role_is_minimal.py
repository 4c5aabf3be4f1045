"""What an agent host may do in AWS is what it is operated with, and nothing that changes its containment.

Judged are the documents of the roles that hosts act with (`identity` finds them, `host_needs` knows what is beyond need). A
managed policy whose document is elsewhere is refused: it is made for everybody, and changes without this program. A document
not known yet is judged as soon as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.documents import UnreadableError, read
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.host_needs import beyond_need
from policypack.hosts import find_hosts, unseen_faults
from policypack.identity import Document, documents_of, managed_of, roles_of
from policypack.place import is_vended


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every resource that gives a host's role more than it needs."""
    faults: dict[Fault, None] = {}
    for host in find_hosts(graph):
        roles, unseen = roles_of(graph, host)
        for role in roles:
            faults.update(dict.fromkeys(_judge(graph, role)))
        if unseen and is_vended(graph):
            what = f"acts with {', '.join(unseen)}, which is not in this program: what it may do cannot be seen"
            faults[Fault(host.resource.urn, what)] = None
    return list(dict.fromkeys([*faults, *unseen_faults(graph)]))


def _judge(graph: Graph, role: Resource) -> Iterator[Fault]:
    for document in documents_of(graph, role):
        yield from _document(document)
    for managed in managed_of(graph, role):
        if managed.policy is None:
            yield Fault(managed.holder.urn, f"gives {role.label} the managed policy {managed.arn}, whose words are not this program's")
        else:
            yield from _document(Document(managed.policy, "policy", managed.policy.get("policy")))
    yield from _trust(role)


def _document(document: Document) -> Iterator[Fault]:
    try:
        statements = read(document.value)
    except UnreadableError as error:
        yield Fault(document.holder.urn, f"{document.path} {error}, so what it allows cannot be told")
        return
    for statement in statements:
        yield from (Fault(document.holder.urn, what) for what in beyond_need(statement))


def _trust(role: Resource) -> Iterator[Fault]:
    """Yield a fault when anybody may take the role: what the host may do is then not the host's alone."""
    try:
        statements = read(role.get("assumeRolePolicy"))
    except UnreadableError as error:
        yield Fault(role.urn, f"assumeRolePolicy {error}")
        return
    for statement in statements:
        if statement.allows and ("aws", "*") in statement.principals and not statement.conditions:
            yield Fault(role.urn, "lets anybody take this role: assumeRolePolicy names every principal")


RULE = Rule(
    id="agent-role-is-minimal",
    severity=Severity.CRITICAL,
    info="An agent host's role allows what the host is operated with: no managed policy, no wildcard, nothing that changes the account.",
    why="whoever steers the agent has the host's role; with it they read others' parameters, open routes, or act as somebody else",
    fix="give the role one inline policy with the exact actions of Session Manager and of the host's work, on named resources;"
    " no AmazonSSMManagedInstanceCore (it reads every parameter), no PassRole, SendCommand or AssumeRole",
    ids=("CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_274", "CKV_AWS_286", "CKV_AWS_355", "AWS-0057", "IAM.1", "IAM.21", "CIS AWS 3.0 1.16"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
