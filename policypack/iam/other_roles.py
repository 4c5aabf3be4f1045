"""Roles of a program that no agent host acts with: who may take one, besides its service.

Such a role has whatever rights it is given, so its trust must name a service of AWS, principals of the program's own account, or a
token of an EKS cluster of the program. Another account, every principal, or an identity provider elsewhere would act in the agents'
account. That an account is the program's own must be proved (`iam.account`).
Source: IAM User Guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.graph import Graph, Resource
from policypack.iam.account import account_of, own_accounts
from policypack.iam.documents import Statement, read
from policypack.iam.globs import is_wild
from policypack.iam.policies import Own, strangers
from policypack.known_types import OIDC_PROVIDER, ROLE
from policypack.plain import UNKNOWN


def takers(graph: Graph, role: Resource) -> Iterator[str]:
    """Yield who else than a service or a principal of this account may take a role, in words. Raises UnreadableError.

    What is not known yet is not judged: the trust is judged again once it is.
    """
    statements = [one for one in read(role.get("assumeRolePolicy")) if one.allows]
    if not statements:
        return
    own = _own_of(graph, role)
    for statement in statements:
        for kind, value, words in strangers(statement, own):
            if not _may_take(graph, role, statement, kind, value):
                yield words


def _own_of(graph: Graph, role: Resource) -> Own:
    """Return what is a role's own: the hosts' accounts, its own account, and the other roles of the program."""
    arns = (one.output("arn") for one in graph.of(ROLE))
    accounts = frozenset(one for one in (*own_accounts(graph), account_of(graph, role)) if one)
    return Own(accounts, frozenset(str(one) for one in arns if one))


def _may_take(graph: Graph, role: Resource, statement: Statement, kind: str, value: Any) -> bool:
    if value is UNKNOWN:
        return True
    if kind == "service":
        return not is_wild(value)
    if kind == "federated":  # the bound on the provider's type keeps it to issuers of EKS clusters
        is_narrowed = any(one.key.endswith(":sub") and one.operator == "stringequals" for one in statement.conditions)
        return is_narrowed and bool(graph.refer(role, "assumeRolePolicy", value, (OIDC_PROVIDER,), ("arn",)).found)
    return False
