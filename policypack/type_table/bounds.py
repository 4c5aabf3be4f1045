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
SQS_QUEUE: Final = "aws:sqs/queue:Queue"
EKS_CLUSTER: Final = "aws:eks/cluster:Cluster"
_ISSUER: Final = re.compile(r"(?:https://)?oidc\.eks\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?/id/\w+")
"""The OpenID Connect issuer of an EKS cluster. Source: EKS User Guide, "Create an IAM OIDC provider for your cluster"."""
_IDENTITIES: Final = ("arn", "id")
_NAMES: Final = (*_IDENTITIES, "name", "bucket")
"""Outputs by which a property may name a resource: some properties take an ARN, others a name."""
_SERVICES: Final[Mapping[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": "logs",
    SNS_TOPIC: "sns",
    SQS_QUEUE: "sqs",
}
"""The service in the ARN of a type whose ARN has the account. A bucket's has none, so a bucket is proved by the program only."""
_TO_PEOPLE: Final = frozenset({"email", "email-json", "sms"})
"""Protocols of a subscription whose endpoint is a person's address."""


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
        if _is_arn(value):  # in a list next to a reference, an ARN of something else has the list's dependencies
            made = [one.output(key) for one in self.graph.of(*types) for key in _IDENTITIES]
            return any(one in made for one in _with_parent(value))
        return bool(self.graph.refer(self.resource, key_of(self.bound.path), value, types, _NAMES).found)

    @property
    def is_yet_to_be_made(self) -> bool:
        """Tell whether a resource that the value is made from has no id yet, or no resource is known to be its source.

        The engine does not record a source for what a function call returns (`get_policy_document_output`).
        """
        if self.graph is None or not self.sources:
            return True
        return any(one is not None and one.output("id") in (None, "") for one in self.sources)

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
        if bound.kind is Kind.SET and not stated:
            yield f"{bound.path} is not set, and must be"
        for value in stated:
            if bound.kind not in _JUDGED_WHEN_EMPTY and is_some(value) is Match.NO:
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


def _not_off(_: Property, value: Any) -> str:
    return "" if is_false(value) is Match.NO else _must_be(value, "on or unset")


def _set(_: Property, value: Any) -> str:
    return "" if is_some(value) is not Match.NO else "is empty, and must be set"


def _one_of(prop: Property, value: Any) -> str:
    types = tuple(one for one in prop.bound.choices if ":" in one)
    if value in prop.bound.choices or (types and prop.is_reference(value, types)):
        return ""
    return _must_be(value, f"one of {', '.join(one.rpartition(':')[2] for one in prop.bound.choices)}")


def _refers(prop: Property, value: Any) -> str:
    return "" if prop.is_reference(value, prop.bound.choices) else _must_be(value, f"a {_kinds(prop.bound.choices)} of this program")


def _own_resource(prop: Property, value: Any) -> str:
    return _own_of(prop, value, prop.bound.choices, f"a {_kinds(prop.bound.choices)} of this program, or one of this account")


def _own_arn(prop: Property, value: Any) -> str:
    """Judge an ARN of some services; the account must be this one where the ARN has one (a bucket's has none)."""
    wanted = f"something of {' or '.join(prop.bound.choices)} in this account"
    if value is UNKNOWN:
        return "" if prop.is_yet_to_be_made else _must_be(value, wanted)
    account, is_arn = account_in(value), _is_arn(value)
    if is_arn and (value.split(":")[2] not in prop.bound.choices or (account and not prop.own.has(account) and not _is_made(prop, value))):
        return _must_be(value, _proved(prop, wanted))
    return ""


def _is_made(prop: Property, arn: str) -> bool:
    """Tell whether an ARN is that of some resource of the program."""
    resources = prop.graph.resources if prop.graph is not None else ()
    return any(arn.removesuffix(":*") == str(one.output("arn")).removesuffix(":*") for one in resources)


def _sns_topic(prop: Property, value: Any) -> str:
    if _is_arn(value) and (value.split(":")[2:3] != ["sns"] or value.count(":") != 5):  # a seventh part is a subscription
        return _must_be(value, "an SNS topic")
    return _own_of(prop, value, (SNS_TOPIC,), "an SNS topic of this account")


def _own_endpoint(prop: Property, value: Any) -> str:
    """Judge the endpoint of a subscription; the bound on its protocol is apart."""
    is_address = prop.resource.get("protocol") in _TO_PEOPLE
    return "" if is_address else _own_of(prop, value, (SQS_QUEUE,), "a queue of this account")


def _own_of(prop: Property, value: Any, types: tuple[str, ...], wanted: str) -> str:
    """Judge a value that must lead to a resource of the program, or be the ARN of one of its account by its service and account."""
    service, account = (value.split(":")[2:3], account_in(value)) if _is_arn(value) else ([], "")
    is_own = any([_SERVICES.get(one)] == service for one in types) and bool(account) and prop.own.has(account)
    if is_own or (prop.is_reference(value, types) and not (account and prop.graph is None)):
        return ""
    return _must_be(value, _proved(prop, wanted))


def _kinds(types: tuple[str, ...]) -> str:
    return " or ".join(one.rsplit(":", 1)[-1] for one in types)


def _is_arn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("arn:")


def _with_parent(arn: str) -> tuple[str, ...]:
    """Return an ARN, and that of the log group or bucket it names something in."""
    bucket = (arn.split("/", 1)[0],) if arn.split(":")[2:3] == ["s3"] else ()
    return (arn, arn.removesuffix(":*"), *bucket)


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
    if is_cluster and value is not UNKNOWN and not prop.sources and prop.graph is not None and prop.graph.of(EKS_CLUSTER):
        return _must_be(value, "made from the cluster of this program, for anybody has a cluster with an issuer")
    return "" if is_cluster else _must_be(value, "the issuer of an EKS cluster")


def _proved(prop: Property, wanted: str) -> str:
    own = ", ".join(sorted(prop.own.accounts))
    return f"{wanted} ({own})" if own else f"{wanted}, which nothing proves (set allowedAccountIds on the hosts' provider)"


def _shown(value: Any) -> str:
    return "not known yet" if value is UNKNOWN else repr(value) if isinstance(value, str | int | bool) else "set"


_JUDGED_WHEN_EMPTY: Final = frozenset({Kind.ON, Kind.NOT_OFF, Kind.SET})
_CHECKS: Final[Mapping[Kind, Callable[[Property, Any], str]]] = {
    Kind.UNSET: _unset,
    Kind.OFF: _off,
    Kind.ON: _on,
    Kind.NOT_OFF: _not_off,
    Kind.SET: _set,
    Kind.ONE_OF: _one_of,
    Kind.REFERS: _refers,
    Kind.OWN_RESOURCE: _own_resource,
    Kind.OWN_ARN: _own_arn,
    Kind.OWN_ENDPOINT: _own_endpoint,
    Kind.SNS_TOPIC: _sns_topic,
    Kind.OWN_ACCOUNT: _own_account,
    Kind.OWN_PRINCIPAL: _own_principal,
    Kind.OWN_POLICY: _own_policy,
    Kind.EKS_ISSUER: _eks_issuer,
}
