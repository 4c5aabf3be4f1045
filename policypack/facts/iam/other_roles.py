"""Roles of a program that no agent host uses: the principals that may assume them.

Such a role may have any rights, because no host acts with it. Its trust must name a service of AWS, principals of the program's own
account, or a token of an EKS cluster of the program. Another account, every principal, or another identity provider could act in the
agents' account. There must be evidence that an account is the program's own (`iam.account`).
Source: IAM User Guide, "AWS JSON policy elements: Principal".

Default Host Management of Systems Manager is another way to a role: one setting gives it to every instance of a region, even without a
profile. Source: AWS Systems Manager User Guide, "Managing EC2 instances automatically with Default Host Management Configuration";
provider property `aws:ssm/serviceSetting`, `settingId`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.iam.documents import Statement, read
from containment.patterns.wildcards import is_wild
from policypack.facts.iam.account import find_account, find_own_accounts
from policypack.facts.iam.policies import OwnPrincipals, find_foreign_principals
from policypack.graph.known_types import OIDC_PROVIDER, ROLE
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource


def find_untrusted_principals(graph: Graph, role: Resource) -> Iterator[str]:
    """Yield, in words, the principals that may assume a role and are neither a service nor of this account.

    Unknown values are judged once they are known. Raises UnreadableError.
    """
    statements = [one for one in read(role.get("assumeRolePolicy")) if one.allows]
    if not statements:
        return
    own = _find_own(graph, role)
    for statement in statements:
        for kind, value, words in find_foreign_principals(statement, own):
            if not _is_permitted_principal(graph, role, statement, kind, value):
                yield words


def _find_own(graph: Graph, role: Resource) -> OwnPrincipals:
    """Return the trusted accounts and principals: the hosts' accounts, the role's account, and the program's other roles."""
    arns = (one.get_output("arn") for one in graph.find_by_type(ROLE))
    accounts = frozenset(one for one in (*find_own_accounts(graph), find_account(graph, role)) if one)
    return OwnPrincipals(accounts, frozenset(str(one) for one in arns if one))


def _is_permitted_principal(graph: Graph, role: Resource, statement: Statement, kind: str, value: Any) -> bool:
    if value is UNKNOWN:
        return True
    if kind == "service":
        return not is_wild(value)
    if kind == "federated":  # the type table permits only providers of EKS clusters
        is_narrowed = any(one.key.endswith(":sub") and one.operator == "stringequals" for one in statement.conditions)
        return is_narrowed and bool(graph.resolve(role, "assumeRolePolicy", value, (OIDC_PROVIDER,), ("arn",)).found)
    return False


_SETTING: Final = "/managed-instance/default-ec2-instance-management-role"
_OFF: Final = frozenset({"", "$None"})
_SHARING: Final = "/documents/console/public-sharing-permission"


def describe_setting(setting: Resource) -> str:
    """Return, in words, how a service setting gives hosts a role or makes documents public; "" if it does neither."""
    key, value = setting.get("settingId"), setting.get("settingValue")
    if key is UNKNOWN:
        return "sets a service setting that is not known before the update; it may give every instance of the region a role"
    if str(key or "").endswith(_SHARING) and value != "Disable":
        return "lets documents of the account be made public (public-sharing-permission is not Disable)"
    if not str(key or "").endswith(_SETTING) or (value is not UNKNOWN and str(value or "") in _OFF):
        return ""
    role = "a role that is not known before the update" if value is UNKNOWN else f"the role {value}"
    return f"gives every instance of the region {role} (Default Host Management), whatever its instance profile"
