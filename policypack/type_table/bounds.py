"""Compare a resource's properties with the bounds of its line in the table.

An unknown value is within a bound only if its dependencies prove it: an alarm action that depends on an SNS topic, a reference to
another resource of the program. A policy that is unknown because it names a resource that does not exist yet is judged in the
update, before the resource with the policy is created.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from containment.iam.documents import UnreadableError
from containment.ternary import Ternary
from policypack.facts.iam.account import find_own_accounts
from policypack.facts.iam.conditions import parse_account
from policypack.facts.iam.policies import OwnPrincipals, find_grants
from policypack.facts.ingress_services import get_key, get_values
from policypack.graph.known_types import ROLE
from policypack.graph.plain_data import UNKNOWN, is_false, is_some, is_true
from policypack.graph.resources import Graph, Resource
from policypack.type_table.table import Bound, BoundKind, TypeLine

SNS_TOPIC: Final = "aws:sns/topic:Topic"
SQS_QUEUE: Final = "aws:sqs/queue:Queue"
EKS_CLUSTER: Final = "aws:eks/cluster:Cluster"
_ISSUER: Final = re.compile(r"(?:https://)?oidc\.eks\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?/id/\w+")
"""The OpenID Connect issuer of an EKS cluster. Source: EKS User Guide, "Create an IAM OIDC provider for your cluster"."""
_RECOVERY: Final = re.compile(r"arn:aws(?:-[a-z]+)*:automate:[a-z0-9-]+:ec2:recover")
"""Moves an instance with a failed system check to other hardware, with its id, addresses, disks and metadata options.
Source: Amazon EC2 User Guide, "Instance recovery"."""
_IDENTITIES: Final = ("arn", "id")
_NAMES: Final = (*_IDENTITIES, "name", "bucket")
"""Outputs by which a property may name a resource: some properties take an ARN, others a name."""
_SERVICES: Final[Mapping[str, str]] = {
    "aws:cloudwatch/logGroup:LogGroup": "logs",
    SNS_TOPIC: "sns",
    SQS_QUEUE: "sqs",
}
"""Type to the service in its ARN, for ARNs that contain the account. A bucket's does not, so a bucket must be one of the program."""
_TO_PEOPLE: Final = frozenset({"email", "email-json", "sms"})
"""Protocols of a subscription whose endpoint is a person's address."""


@dataclass(frozen=True, slots=True)
class BoundedProperty:
    """One property of a resource, with its bound.

    `graph` is None while only inputs are known: those of the resource and of the resources registered before it (`seen`).
    """

    resource: Resource
    bound: Bound
    graph: Graph | None
    seen: Sequence[Resource] = ()

    @property
    def sources(self) -> list[Resource | None]:
        """Resources that the property's value depends on; None for one outside the program."""
        urns = self.resource.property_dependencies.get(get_key(self.bound.path), ())
        return [self.graph.find_by_urn(urn) if self.graph else None for urn in urns]

    def is_reference(self, value: Any, types: tuple[str, ...]) -> bool:
        """Return whether a value refers only to resources of these types in the program."""
        if self.graph is None:
            return True  # references are traced once the whole program is known
        if value is UNKNOWN:
            return bool(self.sources) and all(one is not None and one.type in types for one in self.sources)
        if _is_arn(value):  # dependencies are recorded per list, so a literal ARN next to a reference has them too
            made = [one.get_output(key) for one in self.graph.find_by_type(*types) for key in _IDENTITIES]
            return any(one in made for one in _get_arns(value))
        return bool(self.graph.resolve(self.resource, get_key(self.bound.path), value, types, _NAMES).found)

    @property
    def is_yet_to_be_made(self) -> bool:
        """Whether a dependency of the value has no id yet, or no dependency is recorded.

        The engine records no dependency for the result of a function call (`get_policy_document_output`).
        """
        if self.graph is None or not self.sources:
            return True
        return any(one is not None and one.get_output("id") in (None, "") for one in self.sources)

    @property
    def own(self) -> OwnPrincipals:
        """Account and roles of the program."""
        if self.graph is None:
            accounts = find_own_accounts(Graph((*self.seen, self.resource)))
            return OwnPrincipals(accounts, is_known=bool(accounts))
        roles = (one.get_output(key) for one in self.graph.find_by_type(ROLE) for key in _IDENTITIES)
        return OwnPrincipals(find_own_accounts(self.graph), frozenset(str(one) for one in roles if one))


def find_breaches(line: TypeLine, resource: Resource, graph: Graph | None, seen: Sequence[Resource] = ()) -> Iterator[str]:
    """Yield a description of each property that is outside the bounds of its type's line.

    Args:
        line: the type's line in the table.
        resource: the resource to compare.
        graph: the whole program; None while only inputs are known.
        seen: the resources registered before it.
    """
    for bound in line.bounds:
        prop = BoundedProperty(resource, bound, graph, seen)
        stated = list(get_values(resource, bound.path))
        if bound.kind is BoundKind.ON and not stated:
            yield f"{bound.path} is not set, and must be on"
        if bound.kind is BoundKind.STATED_OFF and not stated:
            yield f"{bound.path} is not set, and must be off"
        if bound.kind is BoundKind.SET and not stated:
            yield f"{bound.path} is not set, and must be"
        for value in stated:
            if bound.kind not in _JUDGED_WHEN_EMPTY and is_some(value) is Ternary.NO:
                continue
            if graph is None and value is UNKNOWN:
                continue  # judged with the whole program, and again when it is known
            wrong = _CHECKS[bound.kind](prop, value)
            if wrong:
                yield f"{bound.path} {wrong}"


def _format_requirement(value: Any, wanted: str) -> str:
    return f"is {_format_value(value)}, and must be {wanted}"


def _check_unset(_: BoundedProperty, value: Any) -> str:
    return _format_requirement(value, "unset")


def _check_off(_: BoundedProperty, value: Any) -> str:
    return "" if is_false(value) is Ternary.YES else _format_requirement(value, "off")


def _check_on(_: BoundedProperty, value: Any) -> str:
    return "" if is_true(value) is Ternary.YES else _format_requirement(value, "on")


def _check_not_off(_: BoundedProperty, value: Any) -> str:
    return "" if is_false(value) is Ternary.NO else _format_requirement(value, "on or unset")


def _check_set(_: BoundedProperty, value: Any) -> str:
    return "" if is_some(value) is not Ternary.NO else "is empty, and must be set"


def _check_one_of(prop: BoundedProperty, value: Any) -> str:
    types = tuple(one for one in prop.bound.choices if ":" in one)
    if value in prop.bound.choices or (types and prop.is_reference(value, types)):
        return ""
    return _format_requirement(value, f"one of {', '.join(one.rpartition(':')[2] for one in prop.bound.choices)}")


def _check_reference(prop: BoundedProperty, value: Any) -> str:
    return (
        ""
        if prop.is_reference(value, prop.bound.choices)
        else _format_requirement(value, f"a {_format_types(prop.bound.choices)} of this program")
    )


def _check_own_resource(prop: BoundedProperty, value: Any) -> str:
    return _check_own(prop, value, prop.bound.choices, f"a {_format_types(prop.bound.choices)} of this program, or one of this account")


def _check_own_arn(prop: BoundedProperty, value: Any) -> str:
    """Return what is wrong with an ARN: another service, or another account (a bucket's ARN contains none)."""
    wanted = f"a resource of {' or '.join(prop.bound.choices)} in this account"
    if value is UNKNOWN:
        return "" if prop.is_yet_to_be_made else _format_requirement(value, wanted)
    account, is_arn = parse_account(value), _is_arn(value)
    if is_arn and (
        value.split(":")[2] not in prop.bound.choices or (account and not prop.own.has_principal(account) and not _is_made(prop, value))
    ):
        return _format_requirement(value, _explain_own(prop, wanted))
    return ""


def _is_made(prop: BoundedProperty, arn: str) -> bool:
    """Return whether an ARN belongs to a resource of the program."""
    resources = prop.graph.resources if prop.graph is not None else ()
    return any(arn.removesuffix(":*") == str(one.get_output("arn")).removesuffix(":*") for one in resources)


def _check_sns_topic(prop: BoundedProperty, value: Any) -> str:
    if _is_arn(value) and (value.split(":")[2:3] != ["sns"] or value.count(":") != 5):  # a seventh part is a subscription
        return _format_requirement(value, "an SNS topic")
    return _check_own(prop, value, (SNS_TOPIC,), "an SNS topic of this account")


def _check_notice(prop: BoundedProperty, value: Any) -> str:
    """Return what is wrong with an alarm's action: a topic, or the recovery of the alarm's own instance as it is."""
    return "" if isinstance(value, str) and _RECOVERY.fullmatch(value) else _check_sns_topic(prop, value)


def _check_own_endpoint(prop: BoundedProperty, value: Any) -> str:
    """Return what is wrong with a subscription's endpoint; its protocol has a separate bound."""
    is_address = prop.resource.get("protocol") in _TO_PEOPLE
    return "" if is_address else _check_own(prop, value, (SQS_QUEUE,), "a queue of this account")


def _check_own(prop: BoundedProperty, value: Any, types: tuple[str, ...], wanted: str) -> str:
    """Return what is wrong with a value that must refer to a resource of the program or be an ARN of its account and service."""
    service, account = (value.split(":")[2:3], parse_account(value)) if _is_arn(value) else ([], "")
    is_own = any([_SERVICES.get(one)] == service for one in types) and bool(account) and prop.own.has_principal(account)
    if is_own or (prop.is_reference(value, types) and not (account and prop.graph is None)):
        return ""
    return _format_requirement(value, _explain_own(prop, wanted))


def _format_types(types: tuple[str, ...]) -> str:
    return " or ".join(one.rsplit(":", 1)[-1] for one in types)


def _is_arn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("arn:")


def _get_arns(arn: str) -> tuple[str, ...]:
    """Return an ARN and the ARN of the log group or bucket that contains it."""
    bucket = (arn.split("/", 1)[0],) if arn.split(":")[2:3] == ["s3"] else ()
    return (arn, arn.removesuffix(":*"), *bucket)


def _check_own_account(prop: BoundedProperty, value: Any) -> str:
    return (
        ""
        if parse_account(value) == str(value) and prop.own.has_principal(value)
        else _format_requirement(value, _explain_own(prop, "this account's id"))
    )


def _check_own_principal(prop: BoundedProperty, value: Any) -> str:
    if value is UNKNOWN or value in prop.own.principals:
        return "" if prop.is_reference(value, (ROLE,)) else _format_requirement(value, "a principal of this account")
    return "" if prop.own.has_principal(value) else _format_requirement(value, _explain_own(prop, "a principal of this account"))


def _check_own_policy(prop: BoundedProperty, value: Any) -> str:
    if value is UNKNOWN:
        return "" if prop.is_yet_to_be_made else _format_requirement(value, "known before it can be judged")
    try:
        found = list(find_grants(value, prop.own))
    except UnreadableError as error:
        return str(error)
    return f"opens it to others: {'; '.join(found)}" if found else ""


def _check_eks_issuer(prop: BoundedProperty, value: Any) -> str:
    is_cluster = prop.is_reference(value, (EKS_CLUSTER,)) if value is UNKNOWN else bool(_ISSUER.fullmatch(str(value)))
    if is_cluster and value is not UNKNOWN and not prop.sources and prop.graph is not None and prop.graph.find_by_type(EKS_CLUSTER):
        return _format_requirement(value, "made from the cluster of this program, because anyone can create a cluster with an issuer")
    return "" if is_cluster else _format_requirement(value, "the issuer of an EKS cluster")


def _explain_own(prop: BoundedProperty, wanted: str) -> str:
    own = ", ".join(sorted(prop.own.accounts))
    return f"{wanted} ({own})" if own else f"{wanted}, which nothing proves (set allowedAccountIds on the hosts' provider)"


def _format_value(value: Any) -> str:
    return "not known yet" if value is UNKNOWN else repr(value) if isinstance(value, str | int | bool) else "set"


_JUDGED_WHEN_EMPTY: Final = frozenset({BoundKind.ON, BoundKind.NOT_OFF, BoundKind.SET, BoundKind.STATED_OFF})
_CHECKS: Final[Mapping[BoundKind, Callable[[BoundedProperty, Any], str]]] = {
    BoundKind.UNSET: _check_unset,
    BoundKind.OFF: _check_off,
    BoundKind.ON: _check_on,
    BoundKind.NOT_OFF: _check_not_off,
    BoundKind.STATED_OFF: _check_off,
    BoundKind.SET: _check_set,
    BoundKind.ONE_OF: _check_one_of,
    BoundKind.REFERS: _check_reference,
    BoundKind.OWN_RESOURCE: _check_own_resource,
    BoundKind.OWN_ARN: _check_own_arn,
    BoundKind.OWN_ENDPOINT: _check_own_endpoint,
    BoundKind.SNS_TOPIC: _check_sns_topic,
    BoundKind.NOTICE: _check_notice,
    BoundKind.OWN_ACCOUNT: _check_own_account,
    BoundKind.OWN_PRINCIPAL: _check_own_principal,
    BoundKind.OWN_POLICY: _check_own_policy,
    BoundKind.EKS_ISSUER: _check_eks_issuer,
}
