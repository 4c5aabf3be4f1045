"""Rights that an agent host's role has without a policy of its own: by a resource's policy, a key's grant, or a cluster's access entry.

In one account a resource policy that names a role, or every principal, suffices: no policy of the role has to permit the action. An
account as principal (its number, or `:root`) grants nothing by itself. A condition that only calls of AWS services meet excludes hosts.
Sources: IAM User Guide, "Policy evaluation logic" (single account) and "AWS JSON policy elements: Principal"; AWS KMS Developer Guide,
"Grants in AWS KMS"; Amazon EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from containment.iam.documents import Statement, read
from policypack.facts.iam.conditions import EQUAL, is_binding, is_exact
from policypack.facts.iam.consequences import find_consequence
from policypack.facts.iam.evaluation import find_lines
from policypack.facts.iam.trust import is_role
from policypack.graph.known_types import ROLE
from policypack.graph.plain_data import UNKNOWN, get_items
from policypack.graph.resources import Graph, Resource

KMS_GRANT: Final = "aws:kms/grant:Grant"
ACCESS_ENTRY: Final = "aws:eks/accessEntry:AccessEntry"
ACCESS_ASSOCIATION: Final = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_SECRETS: Final = "aws:secretsmanager/"
_NODES: Final = frozenset({"EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX"})
"""Types of access entries by which a node joins its cluster; they take no groups and no access policies."""
_OF_SERVICES: Final = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:principalservicename", "kms:viaservice", "kms:grantisforawsresource"}
)
"""Condition keys that only calls of AWS services have; `aws:SourceOwner` is in the default policy of an SNS topic."""


def find_policy_grants(holder: Resource, document: Any, roles: Collection[Resource]) -> Iterator[str]:
    """Yield, in words, the rights beyond the permitted list that a resource's policy gives to agent hosts' roles.

    Args:
        holder: the resource with the policy.
        document: the policy; nothing is yielded for an unknown one.
        roles: the roles that agent hosts act with.

    Raises:
        UnreadableError: the document is no policy.
    """
    for statement in read(document):
        if not statement.allows:
            continue
        named = next((role for role in roles if _is_naming(statement, role)), None)
        if named is not None:
            yield from (f"gives {named.label} {what} by its policy" for what in _find_excess(statement))
        elif roles and _is_for_everyone(statement, roles):
            who = "every principal of the account, agent hosts included,"
            found = list(_find_excess(statement))
            if not found and holder.type.startswith(_SECRETS):
                found = [f"{action}: name the roles instead" for action in statement.actions]
            yield from (f"gives {who} {what} by its policy" for what in found)


def find_key_grants(graph: Graph, roles: Iterable[Resource]) -> Iterator[tuple[Resource, str]]:
    """Yield grants of keys that give a host's role operations beyond the permitted list."""
    for grant in graph.find_by_type(KMS_GRANT):
        role = _find_role(graph, grant, "granteePrincipal", roles)
        for operation in get_items(grant.get("operations")) if role is not None else ():
            if role is not None and operation is not UNKNOWN and not find_lines(f"kms:{operation}"):
                yield grant, f"gives {role.label} kms:{operation}, which is on no list of what a host may do"


def find_cluster_rights(graph: Graph, roles: Iterable[Resource]) -> Iterator[tuple[Resource, str]]:
    """Yield access entries and policies by which a host's role acts on a Kubernetes cluster, other than to join it as a node."""
    for one in graph.find_by_type(ACCESS_ASSOCIATION, ACCESS_ENTRY):
        role = _find_role(graph, one, "principalArn", roles)
        joins = one.type == ACCESS_ENTRY and one.get("type") in _NODES and not get_items(one.get("kubernetesGroups"))
        if role is not None and not joins:
            yield one, f"gives {role.label} rights in a Kubernetes cluster: it may start programs there and act as their roles"


def _find_role(graph: Graph, holder: Resource, key: str, roles: Iterable[Resource]) -> Resource | None:
    found = graph.follow(holder, key, (ROLE,), ("arn", "id")).found
    return next((role for role in roles if role in found), None)


def _find_excess(statement: Statement) -> Iterator[str]:
    if statement.not_actions:
        yield "everything but some actions (NotAction)"
    for action in statement.actions:
        if action is not UNKNOWN and not find_lines(str(action).strip()):
            why = find_consequence(str(action).strip())
            yield f"{action}, which is on no list of what a host may do{f' ({why})' if why else ''}"


def _is_naming(statement: Statement, role: Resource) -> bool:
    """Return whether a statement names a role: as its principal, or by a condition on every principal."""
    if any(kind == "aws" and value is not UNKNOWN and is_role(value, role) for kind, value in statement.principals):
        return True
    return _has_every_principal(statement) and any(is_role(arn, role) for arn in _find_bound_arns(statement))


def _is_for_everyone(statement: Statement, roles: Collection[Resource]) -> bool:
    """Return whether every principal is permitted, the roles included: no condition excludes them."""
    if not (statement.not_principals or _has_every_principal(statement)):
        return False
    if any(one.key in _OF_SERVICES and one.operator.removeprefix("foranyvalue:") in EQUAL for one in statement.conditions):
        return False
    arns = _find_bound_arns(statement)
    return not arns or not all(map(is_exact, arns)) or any(is_role(arn, role) for arn in arns for role in roles)


def _has_every_principal(statement: Statement) -> bool:
    return any(kind == "aws" and value is not UNKNOWN and str(value).strip("*") == "" for kind, value in statement.principals)


def _find_bound_arns(statement: Statement) -> list[Any]:
    return [arn for one in statement.conditions if one.key == "aws:principalarn" and is_binding(one) for arn in one.values]
