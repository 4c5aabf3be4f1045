"""Least privilege for an agent host's role: only actions on a reviewed list, on the resources that each action may name.

The rule judges policies and trust of every role that hosts, tasks, nodes and pods use (`iam.roles` finds the roles,
`iam.permitted_actions` is the list, `iam.trust` reads the principals that may assume them). A managed policy whose document is outside
the program is refused, because it can change without this program, except those that a node or an agent of AWS needs to start. A
document that is not known yet is judged in the update. Other roles of the program may have any rights; roles of other programs are not
judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from containment.iam.documents import Statement, UnreadableError, read
from policypack.facts.hosts import find_hosts, find_unseen_versions
from policypack.facts.iam.account import AccountContext, find_context
from policypack.facts.iam.evaluation import find_excess
from policypack.facts.iam.other_roles import describe_setting, find_untrusted_principals
from policypack.facts.iam.resource_grants import find_cluster_rights, find_key_grants, find_policy_grants
from policypack.facts.iam.role_uses import RoleUse, is_permitted_managed
from policypack.facts.iam.roles import find_roles
from policypack.facts.iam.trust import TrustPolicy, describe_trust
from policypack.facts.ingress_services import get_values
from policypack.facts.network.other_programs import FOREIGN_RIGHTS, find_foreign
from policypack.facts.role_policies import PolicyDocument, find_documents, find_managed_policies, find_unseen_policies, is_read
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import ROLE, SERVICE_SETTING
from policypack.graph.resources import Graph, Resource
from policypack.type_table.bounds import find_breaches
from policypack.type_table.table import BoundKind, load_lines


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every resource that gives a host's role more than is permitted."""
    if not find_hosts(graph):
        return []
    roles = find_roles(graph)
    faults: dict[Violation, None] = {}
    for role, uses in roles.uses.items():
        faults.update(dict.fromkeys(_check_role(graph, role, uses)))
        faults.update(dict.fromkeys(_find_chained(graph, role, roles.uses)))
    for role in graph.find_by_type(ROLE):
        if role not in roles.uses and not is_read(role):
            faults.update(dict.fromkeys(_find_takers(graph, role)))
    faults.update(dict.fromkeys(find_foreign(graph, FOREIGN_RIGHTS)))
    faults.update(dict.fromkeys(_find_rights_by_resources(graph, tuple(roles.uses))))
    for where, what in roles.unseen:
        faults[Violation(where, f"acts with {what}, which is not in this program: its rights cannot be seen")] = None
    for setting in graph.find_by_type(SERVICE_SETTING):
        what = describe_setting(setting)
        if what:
            faults[Violation(setting.urn, what)] = None
    return list(dict.fromkeys([*faults, *find_unseen_versions(graph)]))


def _check_role(graph: Graph, role: Resource, uses: frozenset[RoleUse]) -> Iterator[Violation]:
    around = find_context(graph, role)
    if is_read(role):
        yield Violation(role.urn, "is read and not created by this program: its rights can change without it")
    for document in find_documents(graph, role):
        yield from _check_document(document, around)
    for holder, name in find_unseen_policies(graph, role):
        yield Violation(
            holder.urn, f"keeps the inline policy {name} of {role.label}, which is not in this program: its statements cannot be seen"
        )
    for managed in find_managed_policies(graph, role):
        if managed.policy is not None:
            yield from _check_document(PolicyDocument(managed.policy, "policy", managed.policy.get("policy")), around)
        elif not is_permitted_managed(managed.arn, uses):
            yield Violation(
                managed.holder.urn, f"gives {role.label} the managed policy {managed.arn}, whose document is not in this program"
            )
    try:
        yield from (Violation(role.urn, what) for what in TrustPolicy(graph, role, uses, around).find_violations())
    except UnreadableError as error:
        yield Violation(role.urn, f"assumeRolePolicy {error}, so the principals that may assume the role cannot be seen")


def _find_rights_by_resources(graph: Graph, roles: tuple[Resource, ...]) -> Iterator[Violation]:
    """Yield the rights that other resources give to hosts' roles: by their policies, by grants of keys, by access to a cluster."""
    for line in load_lines().values():
        paths = [bound.path for bound in line.bounds if bound.kind is BoundKind.OWN_POLICY]
        for holder in graph.find_by_type(line.type) if paths else ():
            if any(find_breaches(line, holder, graph)):
                continue  # a policy for others is refused with the bounds of its type
            for value in (value for path in paths for value in get_values(holder, path)):
                with suppress(UnreadableError):  # refused with the bounds too
                    yield from (Violation(holder.urn, what) for what in find_policy_grants(holder, value, roles))
    for one, what in (*find_key_grants(graph, roles), *find_cluster_rights(graph, roles)):
        yield Violation(one.urn, what)


def _find_takers(graph: Graph, role: Resource) -> Iterator[Violation]:
    """Yield the principals outside its service and this account that may assume a role which no host acts with."""
    try:
        for who in find_untrusted_principals(graph, role):
            yield Violation(role.urn, f"may be assumed by {who}: a role next to agents is for its service and this account only")
    except UnreadableError as error:
        yield Violation(role.urn, f"assumeRolePolicy {error}, so the principals that may assume the role cannot be seen")


def _check_document(document: PolicyDocument, around: AccountContext) -> Iterator[Violation]:
    return _check_statements(document, lambda statement: find_excess(statement, around))


def _check_statements(document: PolicyDocument, find: Callable[[Statement], Iterable[str]]) -> Iterator[Violation]:
    try:
        statements = read(document.value)
    except UnreadableError as error:
        yield Violation(document.holder.urn, f"{document.path} {error}, so the actions it allows cannot be seen")
        return
    for statement in statements:
        yield from (Violation(document.holder.urn, what) for what in find(statement))


def _find_chained(graph: Graph, role: Resource, uses: dict[Resource, frozenset[RoleUse]]) -> Iterator[Violation]:
    """Yield the other roles of the program that a host's role may assume: the host then has their rights too."""
    for other in graph.find_by_type(ROLE):
        if other in uses:
            continue
        try:
            how = describe_trust(other, role)
        except UnreadableError:
            continue  # a role of no host that AWS will refuse
        if how:
            yield Violation(other.urn, f"may be assumed by {role.label}, an agent host's role: assumeRolePolicy {how}")


RULE = Rule(
    id="agent-role-is-minimal",
    severity=Severity.CRITICAL,
    info="An agent host's role allows only actions on the permitted list, on named resources, and only its service may assume it.",
    why="anyone who steers the agent has the host's role, and with it can read other parameters, open routes or act as another principal",
    fix="give the role one inline policy with exact actions of the permitted list "
    "(`policypack/facts/iam/permitted_actions.py`) on resources of this account by their ARN, "
    "and trust the host's service alone; no AmazonSSMManagedInstanceCore (it reads every parameter)",
    ids=("CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_274", "CKV_AWS_286", "CKV_AWS_355", "AWS-0057", "IAM.1", "IAM.21", "CIS AWS 3.0 1.16"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
