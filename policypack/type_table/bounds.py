"""Compare a resource's properties with the bounds of its line in the table.

An unknown value is within a bound only when what it is made of proves it: an SNS topic's ARN in place of an action, another
resource of the program that a reference must lead to. A policy that is not known because a resource it names is yet to be made is
judged again with its value, before the resource that has it is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Resource
from policypack.iam.account import account_in, own_accounts
from policypack.iam.documents import UnreadableError
from policypack.iam.policies import Own, openings
from policypack.known_doors import key_of, values
from policypack.known_types import ROLE
from policypack.plain import UNKNOWN, is_false, is_some, is_true
from policypack.type_table.table import Bound, Kind, Line

SNS_TOPIC: Final = "aws:sns/topic:Topic"
EKS_CLUSTER: Final = "aws:eks/cluster:Cluster"
_ISSUER: Final = re.compile(r"(?:https://)?oidc\.eks\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?/id/\w+")
"""The OpenID Connect issuer of an EKS cluster. Source: EKS User Guide, "Create an IAM OIDC provider for your cluster"."""
_IDENTITIES: Final = ("arn", "id")


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a resource; `graph` is None while only inputs are known, of the resource and of those `seen` before it."""

    resource: Resource
    bound: Bound
    graph: Graph | None
    seen: Sequence[Resource] = ()

    @property
    def sources(self) -> list[Resource | None]:
        """The resources that the property's value is made from; None for one that is not in the program."""
        urns = self.resource.property_dependencies.get(key_of(self.bound.path), ())
        return [self.graph.at(urn) if self.graph else None for urn in urns]

    def is_reference(self, value: Any, types: tuple[str, ...]) -> bool:
        """Tell whether a value leads to resources of these types in the program, and to nothing else."""
        if self.graph is None:
            return True  # references are traced once the whole program is known
        if value is UNKNOWN:
            return bool(self.sources) and all(one is not None and one.type in types for one in self.sources)
        return bool(self.graph.refer(self.resource, key_of(self.bound.path), value, types, _IDENTITIES).found)

    @property
    def is_yet_to_be_made(self) -> bool:
        """Tell whether the value is unknown because a resource that it is made from has no id yet."""
        return self.graph is None or any(one is not None and one.output("id") in (None, "") for one in self.sources)

    @property
    def own(self) -> Own:
        """What the program's own account and roles are."""
        if self.graph is None:
            accounts = own_accounts(Graph((*self.seen, self.resource)))
            return Own(accounts, is_known=bool(accounts))
        roles = (one.output(key) for one in self.graph.of(ROLE) for key in _IDENTITIES)
        return Own(own_accounts(self.graph), frozenset(str(one) for one in roles if one))


def breaches(line: Line, resource: Resource, graph: Graph | None, seen: Sequence[Resource] = ()) -> Iterator[str]:
    """Yield what is outside the bounds of a type's line, in words."""
    for bound in line.bounds:
        prop = Property(resource, bound, graph, seen)
        stated = list(values(resource, bound.path))
        if bound.kind is Kind.ON and not stated:
            yield f"{bound.path} is not set, and must be on"
        for value in stated:
            if bound.kind is not Kind.ON and is_some(value) is Match.NO:
                continue
            if graph is None and value is UNKNOWN:
                continue  # judged with the whole program, and again when it is known
            wrong = _CHECKS[bound.kind](prop, value)
            if wrong:
                yield f"{bound.path} {wrong}"


def _must_be(value: Any, wanted: str) -> str:
    return f"is {_shown(value)}, and must be {wanted}"


def _unset(_: Property, value: Any) -> str:
    return _must_be(value, "unset")


def _off(_: Property, value: Any) -> str:
    return "" if is_false(value) is Match.YES else _must_be(value, "off")


def _on(_: Property, value: Any) -> str:
    return "" if is_true(value) is Match.YES else _must_be(value, "on")


def _one_of(prop: Property, value: Any) -> str:
    return "" if value in prop.bound.choices else _must_be(value, f"one of {', '.join(prop.bound.choices)}")


def _refers(prop: Property, value: Any) -> str:
    kinds = " or ".join(one.rsplit(":", 1)[-1] for one in prop.bound.choices)
    return "" if prop.is_reference(value, prop.bound.choices) else _must_be(value, f"a {kinds} of this program")


def _sns_topic(prop: Property, value: Any) -> str:
    if isinstance(value, str) and value.startswith("arn:"):
        is_topic = value.split(":")[2:3] == ["sns"] and value.count(":") == 5  # a seventh part is a subscription
        return "" if is_topic else _must_be(value, "an SNS topic")
    return "" if prop.is_reference(value, (SNS_TOPIC,)) else _must_be(value, "an SNS topic")


def _own_account(prop: Property, value: Any) -> str:
    return "" if account_in(value) == str(value) and prop.own.has(value) else _must_be(value, _proved(prop, "this account's id"))


def _own_principal(prop: Property, value: Any) -> str:
    if value is UNKNOWN or value in prop.own.principals:
        return "" if prop.is_reference(value, (ROLE,)) else _must_be(value, "a principal of this account")
    return "" if prop.own.has(value) else _must_be(value, _proved(prop, "a principal of this account"))


def _own_policy(prop: Property, value: Any) -> str:
    if value is UNKNOWN:
        return "" if prop.is_yet_to_be_made else _must_be(value, "known, to be judged")
    try:
        found = list(openings(value, prop.own))
    except UnreadableError as error:
        return str(error)
    return f"opens it to others: {'; '.join(found)}" if found else ""


def _eks_issuer(prop: Property, value: Any) -> str:
    is_cluster = prop.is_reference(value, (EKS_CLUSTER,)) if value is UNKNOWN else bool(_ISSUER.fullmatch(str(value)))
    return "" if is_cluster else _must_be(value, "the issuer of an EKS cluster")


def _proved(prop: Property, wanted: str) -> str:
    own = ", ".join(sorted(prop.own.accounts))
    return f"{wanted} ({own})" if own else f"{wanted}, which nothing proves (set allowedAccountIds on the hosts' provider)"


def _shown(value: Any) -> str:
    return "not known yet" if value is UNKNOWN else repr(value) if isinstance(value, str | int | bool) else "set"


_CHECKS: Final[Mapping[Kind, Callable[[Property, Any], str]]] = {
    Kind.UNSET: _unset,
    Kind.OFF: _off,
    Kind.ON: _on,
    Kind.ONE_OF: _one_of,
    Kind.REFERS: _refers,
    Kind.SNS_TOPIC: _sns_topic,
    Kind.OWN_ACCOUNT: _own_account,
    Kind.OWN_PRINCIPAL: _own_principal,
    Kind.OWN_POLICY: _own_policy,
    Kind.EKS_ISSUER: _eks_issuer,
}
