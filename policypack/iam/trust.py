"""Who may take a role that an agent host acts with: the service that runs the host, and principals of this account by name.

Whoever else takes it can do what the host may do, away from the host; and a second role that lets the host's role in makes
the host's rights those of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from policypack.graph import Graph, Resource, Trace
from policypack.iam.account import Surroundings
from policypack.iam.conditions import FOR_NAMED_PRINCIPALS, account_in, binds, demands_sign_in, is_exact
from policypack.iam.documents import Statement, read
from policypack.iam.role_uses import TERMS, RoleUse
from policypack.known_types import OIDC_PROVIDER, ROLE
from policypack.plain import UNKNOWN

_SERVICE_ACCOUNT: Final = re.compile(r"system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+")
_EKS_ISSUER: Final = re.compile(r"(https://)?oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/id/[0-9A-F]+")
_AUDIENCE: Final = "sts.amazonaws.com"
_EXACT_EQUAL: Final = frozenset({"stringequals"})
CNI_ACCOUNT: Final = "system:serviceaccount:kube-system:aws-node"


@dataclass(frozen=True, slots=True)
class Trust:
    """A role's trust policy with what it is compared with."""

    graph: Graph
    role: Resource
    uses: frozenset[RoleUse]
    around: Surroundings

    def faults(self) -> Iterator[str]:
        """Yield who may take the role beyond its uses, in words. Raises UnreadableError; what is not known yet is not judged."""
        for statement in read(self.role.get("assumeRolePolicy")):
            if statement.allows:
                yield from self._of(statement)

    def _of(self, statement: Statement) -> Iterator[str]:
        if statement.not_principals or not statement.principals:
            yield "lets everybody but some take this role (NotPrincipal); name who may instead"
        if statement.not_actions:
            yield "allows everything but some actions in assumeRolePolicy (NotAction); name sts:AssumeRole instead"
        by_token = any(kind == "federated" for kind, _ in statement.principals)
        actions = {"sts:assumerolewithwebidentity"} if by_token else {one for use in self.uses for one in TERMS[use].actions}
        for action in statement.actions:
            if action is not UNKNOWN and str(action).strip().lower() not in actions:
                yield f"allows {action} in assumeRolePolicy; a host's role is taken by {' and '.join(sorted(actions))} alone"
        for kind, value in statement.principals:
            what = "" if value is UNKNOWN else self._fault_of_principal(statement, kind, value)
            if what:
                yield what

    def _fault_of_principal(self, statement: Statement, kind: str, value: Any) -> str:
        if kind == "service":
            services = {one for use in self.uses for one in TERMS[use].services}
            fits = str(value).lower() in services
            return "" if fits else f"lets {value} take this role; it is the host's, so only {' or '.join(sorted(services))} may"
        if kind == "federated":
            return self._fault_of_token(statement, value)
        if kind != "aws":
            return f"lets {kind} {value} take this role"
        if str(value).strip("*") == "":
            named = [arn for one in statement.conditions if one.key == "aws:principalarn" and binds(one) for arn in one.values]
            if not named or not all(map(is_exact, named)):
                return "lets anybody take this role: assumeRolePolicy names every principal, and no condition binds it to one"
            return next((what for arn in named if (what := self._fault_of_name(arn))), "")
        narrowed = any((one.key in FOR_NAMED_PRINCIPALS and binds(one)) or demands_sign_in(one) for one in statement.conditions)
        return self._fault_of_name(value) or ("" if narrowed else f"lets {value} take this role without a condition that binds")

    def _fault_of_name(self, value: Any) -> str:
        """Return why a principal is none of this account by name; empty when it is."""
        if value is UNKNOWN or self.graph.refer(self.role, "assumeRolePolicy", value, (ROLE,), ("arn",)).trace is Trace.FOUND:
            return ""
        account = account_in(value)
        if not account or not is_exact(value):
            return f"lets {value} take this role, which is no principal by its ARN"
        if account == str(value) or str(value).endswith(":root"):
            return f"lets everybody in account {account} take this role: {value} is the whole account"
        if account != self.around.account:
            known = (
                f"which is not this account ({self.around.account})" if self.around.account else "which cannot be seen to be this account"
            )
            return f"lets {value} take this role, of account {account}, {known}"
        return ""

    def _fault_of_token(self, statement: Statement, value: Any) -> str:
        """Return why a token of an identity provider is not one of this program's own cluster, for one service account."""
        if not self.uses & {RoleUse.POD, RoleUse.CNI}:
            return f"lets whoever has a token of {value} take this role; a host's role is taken by its service"
        providers = self.graph.refer(self.role, "assumeRolePolicy", value, (OIDC_PROVIDER,), ("arn",)).found
        issuers = [one.get("url") for one in providers]
        if not issuers or not all(url is UNKNOWN or _EKS_ISSUER.fullmatch(str(url)) for url in issuers):
            return f"lets whoever has a token of {value} take this role; that is no identity provider of this program's cluster"
        subject, audience = (_equal(statement, end) for end in (":sub", ":aud"))
        if not subject or not all(_SERVICE_ACCOUNT.fullmatch(one) for one in subject) or set(audience) != {_AUDIENCE}:
            return "lets any service account take this role: StringEquals of :sub (one account) and :aud (sts.amazonaws.com) is missing"
        return ""


def _equal(statement: Statement, end: str) -> list[str]:
    """Return the values that a token's claim must equal."""
    return [str(value) for one in statement.conditions if one.key.endswith(end) and one.operator in _EXACT_EQUAL for value in one.values]


def token_use(graph: Graph, role: Resource) -> RoleUse | None:
    """Return the use of a role that pods take with a token of their cluster; None when no pod does. Raises UnreadableError."""
    for statement in read(role.get("assumeRolePolicy")):
        tokens = [value for kind, value in statement.principals if kind == "federated" and value is not UNKNOWN]
        if statement.allows and any(_is_of_cluster(graph, role, value) for value in tokens):
            return RoleUse.CNI if _equal(statement, ":sub") == [CNI_ACCOUNT] else RoleUse.POD
    return None


def _is_of_cluster(graph: Graph, role: Resource, value: Any) -> bool:
    """Return whether an identity provider is, or may be, that of an EKS cluster."""
    providers = graph.refer(role, "assumeRolePolicy", value, (OIDC_PROVIDER,), ("arn",)).found
    urls = [one.get("url") for one in providers]
    return "oidc.eks." in str(value) or any(url is UNKNOWN or _EKS_ISSUER.fullmatch(str(url)) for url in urls)


def lets_in(role: Resource, host_role: Resource) -> str:
    """Return how a role's trust lets a host's role in, in words; empty when it does not. Raises UnreadableError.

    The principal is the host's role by ARN or name, a session of it, or everybody without a condition that excludes it. A whole
    account is no way in by itself: the host's own policies would have to allow sts:AssumeRole.
    """
    for statement in read(role.get("assumeRolePolicy")):
        if not statement.allows:
            continue
        for kind, value in statement.principals:
            if kind == "aws" and value is not UNKNOWN and _is_role(value, host_role):
                return f"names {host_role.label}"
            if kind == "aws" and str(value).strip("*") == "" and not _excludes(statement, host_role):
                return "names every principal"
        if statement.not_principals:
            return "names everybody but some (NotPrincipal)"
    return ""


def _excludes(statement: Statement, host_role: Resource) -> bool:
    """Return whether a binding condition names principals, or an id, that the host's role is not."""
    for one in statement.conditions:
        if one.key == "aws:principalarn" and binds(one) and all(is_exact(arn) for arn in one.values):
            return not any(_is_role(arn, host_role) for arn in one.values)
    return False


def _is_role(value: Any, role: Resource) -> bool:
    text = str(value)
    name = role.get("name") or role.output("name")
    arn = role.output("arn")
    if arn and text == arn:
        return True
    return bool(name) and name is not UNKNOWN and (text.endswith((f":role/{name}", f"/{name}")) or f":assumed-role/{name}/" in text)
