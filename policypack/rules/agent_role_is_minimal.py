"""What an agent host may do in AWS is on a reviewed list, with the resources that each action may name.

Judged are the documents and the trust of every role that hosts, tasks, nodes and pods act with (`iam.roles` finds them,
`iam.permitted` is the list, `iam.trust` reads who may take them). A managed policy whose document is elsewhere is refused unless
it is one that a node or an agent of AWS cannot start without: it is made for everybody, and changes without this program. A
document that is not known yet is judged as soon as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts, unseen_faults
from policypack.iam.account import Surroundings, surroundings_of
from policypack.iam.default_role import fault_of_setting
from policypack.iam.documents import UnreadableError, read
from policypack.iam.evaluation import excess
from policypack.iam.other_roles import takers
from policypack.iam.role_uses import RoleUse, is_permitted_managed
from policypack.iam.roles import Document, documents_of, is_read, managed_of, policies_unseen, roles_of
from policypack.iam.trust import Trust, lets_in
from policypack.known_types import ROLE, SERVICE_SETTING


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every resource that gives a host's role more than is permitted."""
    if not find_hosts(graph):
        return []
    roles = roles_of(graph)
    faults: dict[Fault, None] = {}
    for role, uses in roles.uses.items():
        faults.update(dict.fromkeys(_judge(graph, role, uses)))
        faults.update(dict.fromkeys(_chained(graph, role, roles.uses)))
    for role in graph.of(ROLE):
        if role not in roles.uses and not is_read(role):
            faults.update(dict.fromkeys(_taken(graph, role)))
    for where, what in roles.unseen:
        faults[Fault(where, f"acts with {what}, which is not in this program: what it may do cannot be seen")] = None
    for setting in graph.of(SERVICE_SETTING):
        what = fault_of_setting(setting)
        if what:
            faults[Fault(setting.urn, what)] = None
    return list(dict.fromkeys([*faults, *unseen_faults(graph)]))


def _judge(graph: Graph, role: Resource, uses: frozenset[RoleUse]) -> Iterator[Fault]:
    around = surroundings_of(graph, role)
    if is_read(role):
        yield Fault(role.urn, "is read and not made by this program: what it may do can change without it")
    for document in documents_of(graph, role):
        yield from _document(document, around)
    for holder, name in policies_unseen(graph, role):
        yield Fault(
            holder.urn, f"keeps the inline policy {name} of {role.label}, which is not in this program: what it allows cannot be seen"
        )
    for managed in managed_of(graph, role):
        if managed.policy is not None:
            yield from _document(Document(managed.policy, "policy", managed.policy.get("policy")), around)
        elif not is_permitted_managed(managed.arn, uses):
            yield Fault(managed.holder.urn, f"gives {role.label} the managed policy {managed.arn}, whose document is not in this program")
    try:
        yield from (Fault(role.urn, what) for what in Trust(graph, role, uses, around).faults())
    except UnreadableError as error:
        yield Fault(role.urn, f"assumeRolePolicy {error}, so who may take the role cannot be seen")


def _taken(graph: Graph, role: Resource) -> Iterator[Fault]:
    """Yield who may take a role that no host acts with, beyond its service and this account."""
    try:
        for who in takers(graph, role):
            yield Fault(role.urn, f"may be taken by {who}: a role next to agents is its service's and this account's alone")
    except UnreadableError as error:
        yield Fault(role.urn, f"assumeRolePolicy {error}, so who may take the role cannot be seen")


def _document(document: Document, around: Surroundings) -> Iterator[Fault]:
    try:
        statements = read(document.value)
    except UnreadableError as error:
        yield Fault(document.holder.urn, f"{document.path} {error}, so what it allows cannot be seen")
        return
    for statement in statements:
        yield from (Fault(document.holder.urn, what) for what in excess(statement, around))


def _chained(graph: Graph, role: Resource, uses: dict[Resource, frozenset[RoleUse]]) -> Iterator[Fault]:
    """Yield the other roles of the program that let a host's role in: the host's rights are then theirs too."""
    for other in graph.of(ROLE):
        if other in uses:
            continue
        try:
            how = lets_in(other, role)
        except UnreadableError:
            continue  # a role of no host that AWS will refuse
        if how:
            yield Fault(other.urn, f"lets {role.label} take it, an agent host's role: assumeRolePolicy {how}")


RULE = Rule(
    id="agent-role-is-minimal",
    severity=Severity.CRITICAL,
    info="An agent host's role allows only actions on the permitted list, on named resources, and only its service may take it.",
    why="whoever steers the agent has the host's role; with it they read others' parameters, open routes, or act as somebody else",
    fix="give the role one inline policy with exact actions of the permitted list (`policypack/iam/permitted.py`) on resources of this"
    " account by their ARN, and trust the host's service alone; no AmazonSSMManagedInstanceCore (it reads every parameter)",
    ids=("CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_274", "CKV_AWS_286", "CKV_AWS_355", "AWS-0057", "IAM.1", "IAM.21", "CIS AWS 3.0 1.16"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
