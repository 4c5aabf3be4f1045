"""Resource policies (of a bucket, key, topic, queue): grants to principals outside of the program's account.

An Allow statement may name principals of this account, services of AWS that write logs, metrics and events, or any principal if a
condition that always applies binds it to this account. Deny statements only reduce permissions.
Source: IAM User Guide, "AWS JSON policy elements: Principal" and "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.iam.documents import Statement, read
from policypack.facts.iam.conditions import parse_account

SERVICES: Final = frozenset(
    {
        "autoscaling",
        "backup",
        "budgets",
        "cloudtrail",
        "cloudwatch",
        "config",
        "costalerts",
        "delivery.logs",
        "dynamodb",
        "ec2",
        "events",
        "guardduty",
        "logdelivery.elasticloadbalancing",
        "logging.s3",
        "logs",
        "rds",
        "route53",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "vpc-flow-logs",
    }
)
"""Services that deliver logs, metrics, events and notices, or use a key for data of this account; names may contain a region."""

_OF_PRINCIPAL: Final = frozenset({"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"})
"""Condition keys that equal the caller's account; the default policy of an SNS topic uses `aws:SourceOwner`."""


@dataclass(frozen=True, slots=True)
class OwnPrincipals:
    """A program's own accounts, and the ids and ARNs of its roles. `is_known` is False while only inputs are known."""

    accounts: frozenset[str] = frozenset()
    principals: frozenset[str] = frozenset()
    is_known: bool = True

    def has_principal(self, value: Any) -> bool:
        """Return whether a principal or an account is the program's own; True for every account while `is_known` is False."""
        if value in self.principals:
            return True
        account = parse_account(value)
        return bool(account) and (account in self.accounts or not self.is_known)


def find_grants(document: Any, own: OwnPrincipals) -> Iterator[str]:
    """Yield, in words, the grants of a policy to other accounts. Raises documents.UnreadableError."""
    for number, statement in enumerate(read(document)):
        if statement.allows:
            yield from (f"statement {number} grants something to {stranger}" for _, _, stranger in find_foreign_principals(statement, own))


def find_foreign_principals(statement: Statement, own: OwnPrincipals) -> Iterator[tuple[str, Any, str]]:
    """Yield the principals of a statement that are not the program's own: kind, value, and both in words."""
    if _is_bound(statement, own):
        return
    if statement.not_principals:
        yield "not", "", "every principal but a few (NotPrincipal)"
    for kind, value in statement.principals:
        if kind == "aws" and not own.has_principal(value):
            yield kind, value, _describe_principal(value, own)
        elif kind == "service" and not _is_reviewed(value):
            yield kind, value, f"the service {value}"
        elif kind not in ("aws", "service"):
            yield kind, value, f"{kind} {value}"


def _is_bound(statement: Statement, own: OwnPrincipals) -> bool:
    """Return whether a condition binds the caller to this account: an exact comparison that a missing key does not satisfy."""
    return any(
        condition.operator in ("stringequals", "stringequalsignorecase")
        and condition.key in _OF_PRINCIPAL
        and bool(condition.values)
        and all(own.has_principal(value) for value in condition.values)
        for condition in statement.conditions
    )


def _is_reviewed(service: Any) -> bool:
    name = str(service).removesuffix(".cn").removesuffix(".amazonaws.com")
    return name in SERVICES or (name.startswith("logs.") and name.count(".") == 1)


def _describe_principal(value: Any, own: OwnPrincipals) -> str:
    if not parse_account(value):
        return "every account" if value == "*" else f"{value}, which names no account"
    if own.accounts:
        return f"{value}, and the hosts' account is {', '.join(sorted(own.accounts))}"
    return f"{value}, and nothing proves that this is the hosts' account (set allowedAccountIds on their provider)"
