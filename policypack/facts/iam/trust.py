"""Trust policies of roles that agent hosts assume: only the service that runs the host, and named principals of this account.

Any other principal could use the host's permissions away from the host. And a second role that trusts the host's role adds its
permissions to the host's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.iam.documents import Statement, read
from policypack.facts.iam.account import AccountContext
from policypack.facts.iam.conditions import FOR_NAMED_PRINCIPALS, is_binding, is_exact, is_sign_in_demanded, parse_account
from policypack.facts.iam.role_uses import TERMS, RoleUse
from policypack.graph.known_types import OIDC_PROVIDER, ROLE
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource, Trace

_SERVICE_ACCOUNT: Final = re.compile(r"system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+")
_EKS_ISSUER: Final = re.compile(r"(https://)?oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/id/[0-9A-F]+")
_AUDIENCE: Final = "sts.amazonaws.com"
_EXACT_EQUAL: Final = frozenset({"stringequals"})
CNI_ACCOUNT: Final = "system:serviceaccount:kube-system:aws-node"


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A role's trust policy, with the role's uses and account."""

    graph: Graph
    role: Resource
    uses: frozenset[RoleUse]
    around: AccountContext

    def find_violations(self) -> Iterator[str]:
        """Yield, in words, the principals that may assume the role beyond its uses. Raises UnreadableError. Skips unknown values."""
        key = "assumeRolePolicy"  # the output is judged too: a refresh reads changes that were made outside of the program
        for statement in (*read(self.role.get(key)), *read(self.role.get_output(key))):
            if statement.allows:
                yield from self._check_statement(statement)

    def _check_statement(self, statement: Statement) -> Iterator[str]:
        if statement.not_principals or not statement.principals:
            yield "lets every principal but a few assume this role (NotPrincipal); name the permitted ones instead"
        if statement.not_actions:
            yield "allows all actions but a few in assumeRolePolicy (NotAction); name sts:AssumeRole instead"
        by_token = any(kind == "federated" for kind, _ in statement.principals)
        actions = {"sts:assumerolewithwebidentity"} if by_token else {one for use in self.uses for one in TERMS[use].actions}
        for action in statement.actions:
            if action is not UNKNOWN and str(action).strip().lower() not in actions:
                yield f"allows {action} in assumeRolePolicy; a host's role is assumed by {' and '.join(sorted(actions))} alone"
        for kind, value in statement.principals:
            what = "" if value is UNKNOWN else self._check_principal(statement, kind, value)
            if what:
                yield what

    def _check_principal(self, statement: Statement, kind: str, value: Any) -> str:
        if kind == "service":
            services = {one for use in self.uses for one in TERMS[use].services}
            fits = str(value).lower() in services
            return "" if fits else f"lets {value} assume this role; it is the host's, so only {' or '.join(sorted(services))} may"
        if kind == "federated":
            return self._check_token(statement, value)
        if kind != "aws":
            return f"lets {kind} {value} assume this role"
        if str(value).strip("*") == "":
            named = [arn for one in statement.conditions if one.key == "aws:principalarn" and is_binding(one) for arn in one.values]
            if not named or not all(map(is_exact, named)):
                return "lets any principal assume this role: assumeRolePolicy names every principal, and no condition binds it to one"
            return next((what for arn in named if (what := self._check_name(arn))), "")
        narrowed = any((one.key in FOR_NAMED_PRINCIPALS and is_binding(one)) or is_sign_in_demanded(one) for one in statement.conditions)
        return self._check_name(value) or ("" if narrowed else f"lets {value} assume this role without a binding condition")

    def _check_name(self, value: Any) -> str:
        """Return why a principal is not a named one of this account, "" if it is."""
        if value is UNKNOWN or self.graph.resolve(self.role, "assumeRolePolicy", value, (ROLE,), ("arn",)).trace is Trace.FOUND:
            return ""
        account = parse_account(value)
        if not account or not is_exact(value):
            return f"lets {value} assume this role, which is not the ARN of one principal"
        if account == str(value) or str(value).endswith(":root"):
            return f"lets every principal of account {account} assume this role: {value} is the whole account"
        if account != self.around.account:
            known = f"not this account ({self.around.account})" if self.around.account else "not known to be this account"
            return f"lets {value} assume this role, of account {account}, {known}"
        return ""

    def _check_token(self, statement: Statement, value: Any) -> str:
        """Return why a token is not one of this program's cluster for one service account, "" if it is."""
        if not self.uses & {RoleUse.POD, RoleUse.CNI}:
            return f"lets every identity with a token of {value} assume this role; only its service may assume a host's role"
        providers = self.graph.resolve(self.role, "assumeRolePolicy", value, (OIDC_PROVIDER,), ("arn",)).found
        issuers = [one.get("url") for one in providers]
        if not issuers or not all(url is UNKNOWN or _EKS_ISSUER.fullmatch(str(url)) for url in issuers):
            return (
                f"lets every identity with a token of {value} assume this role; that is not the identity provider of this program's cluster"
            )
        subject, audience = (_find_equal_values(statement, end) for end in (":sub", ":aud"))
        if not subject or not all(_SERVICE_ACCOUNT.fullmatch(one) for one in subject) or set(audience) != {_AUDIENCE}:
            return "lets any service account assume this role: StringEquals of :sub (one account) and :aud (sts.amazonaws.com) is missing"
        return ""


def _find_equal_values(statement: Statement, end: str) -> list[str]:
    """Return the values that a token's claim must equal."""
    return [str(value) for one in statement.conditions if one.key.endswith(end) and one.operator in _EXACT_EQUAL for value in one.values]


def find_token_use(graph: Graph, role: Resource) -> RoleUse | None:
    """Return the use of a role that pods assume with a token of their cluster, None if there is none. Raises UnreadableError."""
    for statement in read(role.get("assumeRolePolicy")):
        tokens = [value for kind, value in statement.principals if kind == "federated" and value is not UNKNOWN]
        if statement.allows and any(_is_of_cluster(graph, role, value) for value in tokens):
            return RoleUse.CNI if _find_equal_values(statement, ":sub") == [CNI_ACCOUNT] else RoleUse.POD
    return None


def _is_of_cluster(graph: Graph, role: Resource, value: Any) -> bool:
    """Return whether an identity provider is, or may be, that of an EKS cluster."""
    providers = graph.resolve(role, "assumeRolePolicy", value, (OIDC_PROVIDER,), ("arn",)).found
    urls = [one.get("url") for one in providers]
    return "oidc.eks." in str(value) or any(url is UNKNOWN or _EKS_ISSUER.fullmatch(str(url)) for url in urls)


def describe_trust(role: Resource, host_role: Resource) -> str:
    """Return, in words, how a role's trust admits a host's role, "" if it does not. Raises UnreadableError.

    The principal is the host's role by ARN or name, a session of it, or every principal without a condition that excludes it. Trust
    in a whole account does not suffice: the host's policies would have to allow sts:AssumeRole.
    """
    for statement in read(role.get("assumeRolePolicy")):
        if not statement.allows:
            continue
        for kind, value in statement.principals:
            if kind == "aws" and value is not UNKNOWN and is_role(value, host_role):
                return f"names {host_role.label}"
            if kind == "aws" and str(value).strip("*") == "" and not _is_excluding(statement, host_role):
                return "names every principal"
        if statement.not_principals:
            return "names every principal but a few (NotPrincipal)"
    return ""


def _is_excluding(statement: Statement, host_role: Resource) -> bool:
    """Return whether a binding condition names principals other than the host's role."""
    for one in statement.conditions:
        if one.key == "aws:principalarn" and is_binding(one) and all(is_exact(arn) for arn in one.values):
            return not any(is_role(arn, host_role) for arn in one.values)
    return False


def is_role(value: Any, role: Resource) -> bool:
    """Return whether a principal is a role: by its ARN or name, or as a session of it."""
    text = str(value)
    name = role.get("name") or role.get_output("name")
    arn = role.get_output("arn")
    if arn and text == arn:
        return True
    return bool(name) and name is not UNKNOWN and (text.endswith((f":role/{name}", f"/{name}")) or f":assumed-role/{name}/" in text)
