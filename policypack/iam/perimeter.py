"""Whether an endpoint's policy keeps other accounts out: by the principal of a request, and by the resource it names.

An endpoint is a way out to everybody's AWS: with foreign keys, or to a foreign bucket, it carries data past the firewall. So a
statement that allows must bind both sides to an account that is named: the principal and the resource, each in its element or
by a condition that binds (`conditions`). Patterns bind what they spell out. A bucket named in full is a named resource; reading
without a bound principal is open for the buckets of AWS that its own agents read. A statement that denies everything unless one
side is bound binds that side for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policypack.iam.conditions import ACCOUNT_ID, EQUAL, UNEQUAL, account_in, accounts_in, binds
from policypack.iam.documents import Condition, Statement, read
from policypack.iam.globs import is_wild
from policypack.plain import UNKNOWN

PRINCIPAL: Final = "principal"
RESOURCE: Final = "resource"

_KEYS: Final = {
    **dict.fromkeys(("aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"), PRINCIPAL),
    **dict.fromkeys(("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"), RESOURCE),
}
"""Global condition keys that name an account or an organization, and the side they bind."""

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


def openings(document: Any) -> Iterator[str]:
    """Yield how a policy lets others through, in words. Raises UnreadableError; what is not known yet is not judged."""
    statements = read(document)
    bound = {side for one in statements if not one.allows for side in _denied_unless(one)}
    for number, statement in enumerate(statements):
        if statement.allows and not _reads_buckets_of_aws(statement):
            missing = [side for side in (PRINCIPAL, RESOURCE) if side not in bound | set(_sides(statement))]
            if missing:
                yield f"statement {number} takes any {' and any '.join(missing)}{_why(statement, missing)}"


def accounts_of(document: Any) -> frozenset[str]:
    """Return the accounts that a policy's statements let through by name. Raises UnreadableError."""
    found: set[str] = set()
    for statement in read(document):
        if statement.allows:
            found.update(accounts_in(statement, frozenset(_KEYS)))
            found.update(account for kind, value in statement.principals if kind == "aws" and (account := account_in(value)))
            found.update(account for value in statement.resources if (account := account_in(value)))
        elif any(_denied_unless(statement)):
            found.update(account for value in statement.conditions[0].values if (account := account_in(value)))
    return frozenset(found)


def _sides(statement: Statement) -> Iterator[str]:
    yield from (side for condition in statement.conditions if (side := _side_bound(condition, EQUAL)))
    if statement.principals and all(_is_named_principal(kind, value) for kind, value in statement.principals):
        yield PRINCIPAL
    if statement.resources and all(_has_account(value) or _is_one_bucket(value) for value in statement.resources):
        yield RESOURCE


def _side_bound(condition: Condition, operators: frozenset[str]) -> str:
    """Return the side that a condition binds, "" when it binds none."""
    return _KEYS.get(condition.key, "") if binds(condition, operators) else ""


def _is_named_principal(kind: str, value: Any) -> bool:
    if value is UNKNOWN:
        return True
    return not is_wild(value) if kind == "service" else kind == "aws" and (bool(ACCOUNT_ID.fullmatch(str(value))) or _has_account(value))


def _has_account(value: Any) -> bool:
    """Return whether an ARN has an account spelled out; one that is not known yet is judged later."""
    return value is UNKNOWN or (":" in str(value) and bool(account_in(value)))


def _denied_unless(statement: Statement) -> Iterator[str]:
    """Yield the side that a denial of everything binds, for whoever is not on it; two keys together deny only what fails both."""
    everything = statement.actions == ("*",) and statement.resources == ("*",) and statement.principals == (("aws", "*"),)
    if everything and len(statement.conditions) == 1:
        (condition,) = statement.conditions
        side = _side_bound(Condition(condition.operator.removesuffix("ifexists"), condition.key, condition.values), UNEQUAL)
        if side:
            yield side


def _reads_buckets_of_aws(statement: Statement) -> bool:
    reads = bool(statement.actions) and all(str(action).lower() in _READS for action in statement.actions if action is not UNKNOWN)
    return reads and bool(statement.resources) and all(_is_bucket_of_aws(resource) for resource in statement.resources)


def _is_bucket_of_aws(resource: Any) -> bool:
    return resource is UNKNOWN or bool(_AWS_BUCKET.fullmatch(_bucket(resource)))


def _is_one_bucket(resource: Any) -> bool:
    return resource is UNKNOWN or (bool(name := _bucket(resource)) and not is_wild(name) and "${" not in name)


def _bucket(resource: Any) -> str:
    """Return the bucket that an ARN names, empty when it is of no bucket."""
    parts = str(resource).split(":", 5)
    return parts[5].split("/", 1)[0] if len(parts) == 6 and parts[2] == "s3" else ""


def _why(statement: Statement, missing: list[str]) -> str:
    """Return what came near to binding and does not, for the message."""
    near = [
        f"{one.operator} of {one.key}{_valued(one)} binds nothing"
        for one in statement.conditions
        if _KEYS.get(one.key, "") in missing and not _side_bound(one, EQUAL)
    ]
    spanning = [str(one) for one in statement.resources if RESOURCE in missing and is_wild(one) and str(one) != "*"]
    near += [f"{', '.join(spanning)} spans accounts"] if spanning else []
    near += ["NotPrincipal lets everybody else in"] if statement.not_principals else []
    return f" ({'; '.join(near)})" if near else ""


def _valued(condition: Condition) -> str:
    """Return the value that keeps a condition from binding when the operator could bind."""
    return f" with {', '.join(map(str, condition.values)) or 'no value'}" if condition.operator in EQUAL else ""
