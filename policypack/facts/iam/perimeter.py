"""Endpoint policies: check that they exclude other accounts, by a request's principal and by the resource it names.

An endpoint leads to all accounts' resources in AWS: with the keys of another account, or to its bucket, data bypasses the firewall.
So an Allow statement must bind both sides, principal and resource, to a named account: each in its element or by a binding condition
(`conditions`). A pattern binds only its literal part. A full bucket name is a named resource; the principal may be unbound for
reading the buckets of AWS that agents of AWS read. A statement that denies everything unless one side is bound binds that side for
all statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from containment.iam.documents import Condition, Statement, read
from containment.patterns.wildcards import is_wild
from policypack.facts.iam.conditions import ACCOUNT_ID, EQUAL, UNEQUAL, find_accounts, is_binding, parse_account
from policypack.graph.plain_data import UNKNOWN

PRINCIPAL: Final = "principal"
RESOURCE: Final = "resource"

_KEYS: Final = {
    **dict.fromkeys(("aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"), PRINCIPAL),
    **dict.fromkeys(("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"), RESOURCE),
}
"""Global condition keys that name an account or an organization, and the side that they bind."""

_READS: Final = ("s3:getobject", "s3:getobjectversion", "s3:listbucket", "s3:getbucketlocation")
_REGION: Final = r"[a-z]{2}(?:-[a-z]+)+-\d"
_AWS_BUCKET: Final = re.compile(
    rf"(?:amazon-ssm|amazon-ssm-packages|aws-ssm|aws-windows-downloads|aws-ssm-distributor-file|aws-ssm-document-attachments)-{_REGION}"
    rf"|(?:patch-baseline-snapshot|aws-patch-manager)-{_REGION}(?:-[a-z0-9]{{8,9}})?"
    rf"|{_REGION}-birdwatcher-prod|prod-{_REGION}-starport-layer-bucket"
    rf"|(?:amazonlinux|amazonlinux-2-repos|al2023-repos)-{_REGION}(?:-[a-z0-9]{{8}})?|(?:packages|repo)\.{_REGION}\.amazonaws\.com"
)
"""Buckets of AWS that its agents and package managers read (AWS Systems Manager User Guide, "SSM Agent communications with AWS
managed S3 buckets"; Amazon ECR User Guide, "Amazon ECR interface VPC endpoints"; Amazon Linux User Guide, repositories)."""


_ACCOUNTS_OF_AWS: Final = frozenset({"602401143452"})
"""Accounts of AWS whose images nodes pull (Amazon EKS User Guide, "Amazon container image registries")."""


def find_openings(document: Any) -> Iterator[str]:
    """Yield, in words, how a policy admits other accounts. Unknown values are not judged. Raises UnreadableError."""
    statements = read(document)
    bound = {side for one in statements if not one.allows for side in _find_denied_side(one)}
    for number, statement in enumerate(statements):
        if statement.allows and not _is_read_of_aws_buckets(statement):
            missing = [side for side in (PRINCIPAL, RESOURCE) if side not in bound | set(_find_sides(statement))]
            if missing:
                yield f"statement {number} takes any {' and any '.join(missing)}{_explain(statement, missing)}"


def find_admitted_accounts(document: Any) -> frozenset[str]:
    """Return the accounts that a policy's statements admit by name. Raises UnreadableError."""
    found: set[str] = set()
    for statement in read(document):
        if statement.allows:
            found.update(find_accounts(statement, frozenset(_KEYS)))
            found.update(account for kind, value in statement.principals if kind == "aws" and (account := parse_account(value)))
            found.update(account for value in statement.resources if (account := parse_account(value)))
        elif any(_find_denied_side(statement)):
            found.update(account for value in statement.conditions[0].values if (account := parse_account(value)))
    return frozenset(found - _ACCOUNTS_OF_AWS)


def _find_sides(statement: Statement) -> Iterator[str]:
    yield from (side for condition in statement.conditions if (side := _find_bound_side(condition, EQUAL)))
    if statement.principals and all(_is_named_principal(kind, value) for kind, value in statement.principals):
        yield PRINCIPAL
    if statement.resources and all(_has_account(value) or _is_one_bucket(value) for value in statement.resources):
        yield RESOURCE


def _find_bound_side(condition: Condition, operators: frozenset[str]) -> str:
    """Return the side that a condition binds, "" for none."""
    return _KEYS.get(condition.key, "") if is_binding(condition, operators) else ""


def _is_named_principal(kind: str, value: Any) -> bool:
    if value is UNKNOWN:
        return True
    return not is_wild(value) if kind == "service" else kind == "aws" and (bool(ACCOUNT_ID.fullmatch(str(value))) or _has_account(value))


def _has_account(value: Any) -> bool:
    """Return whether an ARN contains a literal account; an unknown ARN is judged once it is known."""
    return value is UNKNOWN or (":" in str(value) and bool(parse_account(value)))


def _find_denied_side(statement: Statement) -> Iterator[str]:
    """Yield the side that a denial of everything binds; with two keys it denies only requests that fail both, so it binds none."""
    everything = statement.actions == ("*",) and statement.resources == ("*",) and statement.principals == (("aws", "*"),)
    if everything and len(statement.conditions) == 1:
        (condition,) = statement.conditions
        side = _find_bound_side(Condition(condition.operator.removesuffix("ifexists"), condition.key, condition.values), UNEQUAL)
        if side:
            yield side


def _is_read_of_aws_buckets(statement: Statement) -> bool:
    reads = bool(statement.actions) and all(str(action).lower() in _READS for action in statement.actions if action is not UNKNOWN)
    return reads and bool(statement.resources) and all(_is_bucket_of_aws(resource) for resource in statement.resources)


def _is_bucket_of_aws(resource: Any) -> bool:
    return resource is UNKNOWN or bool(_AWS_BUCKET.fullmatch(_parse_bucket(resource)))


def _is_one_bucket(resource: Any) -> bool:
    return resource is UNKNOWN or (bool(name := _parse_bucket(resource)) and not is_wild(name) and "${" not in name)


def _parse_bucket(resource: Any) -> str:
    """Return the bucket that an ARN names, "" if it is not one of S3."""
    parts = str(resource).split(":", 5)
    return parts[5].split("/", 1)[0] if len(parts) == 6 and parts[2] == "s3" else ""


def _explain(statement: Statement, missing: list[str]) -> str:
    """Return the conditions and resources that look binding and are not, for the message."""
    near = [
        f"{one.operator} of {one.key}{_describe_values(one)} binds nothing"
        for one in statement.conditions
        if _KEYS.get(one.key, "") in missing and not _find_bound_side(one, EQUAL)
    ]
    spanning = [str(one) for one in statement.resources if RESOURCE in missing and is_wild(one) and str(one) != "*"]
    near += [f"{', '.join(spanning)} spans accounts"] if spanning else []
    near += ["NotPrincipal admits all other principals"] if statement.not_principals else []
    return f" ({'; '.join(near)})" if near else ""


def _describe_values(condition: Condition) -> str:
    """Return the value that keeps a condition from binding although its operator could."""
    return f" with {', '.join(map(str, condition.values)) or 'no value'}" if condition.operator in EQUAL else ""
