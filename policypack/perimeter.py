"""Whether an endpoint's policy keeps other people's accounts out: by who asks, and by whose resource is asked for.

An endpoint is a way out to everybody's AWS: with foreign keys, or to a foreign bucket, it carries data past the firewall. So a
statement that allows must bind both sides to accounts that are named: the principal and the resource, each in its element or
by a condition that must hold. Conditions that a missing key fulfils (IfExists, ForAllValues) bind nothing, and patterns bind
what they spell out. A bucket named in full is a named resource, and reading from such buckets is open to anybody: what AWS's own
agents fetch is there. A statement that denies everything unless one side is bound binds that side for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policypack.documents import Condition, Statement, is_wild, read
from policypack.plain import UNKNOWN

PRINCIPAL: Final = "principal"
RESOURCE: Final = "resource"

_KEYS: Final = {
    **dict.fromkeys(("aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"), PRINCIPAL),
    **dict.fromkeys(("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"), RESOURCE),
}
"""Global condition keys that name an account or an organisation, and the side they bind."""

_EQUAL: Final = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
_UNEQUAL: Final = frozenset({"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"})
_ACCOUNT: Final = re.compile(r"\d{12}")
_READS: Final = ("s3:getobject", "s3:getobjectversion", "s3:listbucket", "s3:getbucketlocation")


def openings(document: Any) -> Iterator[str]:
    """Yield how a policy lets others through, in words. Raises documents.UnreadableError; what is not known yet is not judged."""
    statements = read(document)
    bound = {side for one in statements if not one.allows for side in _denied_unless(one)}
    for number, statement in enumerate(statements):
        if statement.allows and not _reads_named_buckets(statement):
            missing = [side for side in (PRINCIPAL, RESOURCE) if side not in bound | set(_sides(statement))]
            if missing:
                yield f"statement {number} takes any {' and any '.join(missing)}{_why(statement, missing)}"


def _sides(statement: Statement) -> Iterator[str]:
    yield from (side for condition in statement.conditions if (side := _binds(condition, _EQUAL)))
    if statement.principals and all(_names_somebody(kind, value) for kind, value in statement.principals):
        yield PRINCIPAL
    if statement.resources and all(_names_an_account(value) or _is_one_bucket(value) for value in statement.resources):
        yield RESOURCE


def _binds(condition: Condition, operators: frozenset[str]) -> str:
    """Return the side that a condition binds, "" when it binds none."""
    operator = condition.operator.removeprefix("foranyvalue:")
    side = _KEYS.get(condition.key, "")
    return (
        side if side and operator in operators and condition.values and all(_names(condition.key, one) for one in condition.values) else ""
    )


def _names(key: str, value: Any) -> bool:
    """Tell whether a condition's value names one account or organisation; one not known yet is judged later."""
    if value is UNKNOWN:
        return True
    if key == "aws:principalarn":
        return _names_an_account(value)
    return bool(value) and not is_wild(str(value).removesuffix("/*"))  # an organisation's path may end in all that is below it


def _names_somebody(kind: str, value: Any) -> bool:
    if value is UNKNOWN or kind == "service":
        return True
    return kind == "aws" and (bool(_ACCOUNT.fullmatch(str(value))) or _names_an_account(value))


def _names_an_account(value: Any) -> bool:
    """Tell whether an ARN has an account spelled out."""
    if value is UNKNOWN:
        return True
    parts = str(value).split(":")
    return len(parts) > 5 and parts[0] == "arn" and bool(_ACCOUNT.fullmatch(parts[4]))


def _denied_unless(statement: Statement) -> Iterator[str]:
    """Yield the side that a denial of everything binds, for whoever is not on it; two keys together deny only what fails both."""
    everything = statement.actions == ("*",) and statement.resources == ("*",) and statement.principals == (("aws", "*"),)
    if everything and len(statement.conditions) == 1:
        (condition,) = statement.conditions
        side = _binds(Condition(condition.operator.removesuffix("ifexists"), condition.key, condition.values), _UNEQUAL)
        if side:
            yield side


def _reads_named_buckets(statement: Statement) -> bool:
    reads = bool(statement.actions) and all(str(action).lower() in _READS for action in statement.actions if action is not UNKNOWN)
    return reads and bool(statement.resources) and all(_is_one_bucket(resource) for resource in statement.resources)


def _is_one_bucket(resource: Any) -> bool:
    if resource is UNKNOWN:
        return True
    parts = str(resource).split(":", 5)
    return len(parts) == 6 and parts[2] == "s3" and bool(parts[5]) and not is_wild(parts[5].split("/", 1)[0])


def _why(statement: Statement, missing: list[str]) -> str:
    """Return what came near to binding and does not, for the message."""
    near = [
        f"{one.operator} of {one.key} binds nothing"
        for one in statement.conditions
        if _KEYS.get(one.key, "") in missing and not _binds(one, _EQUAL)
    ]
    spanning = [str(one) for one in statement.resources if RESOURCE in missing and is_wild(one) and str(one) != "*"]
    near += [f"{', '.join(spanning)} spans accounts"] if spanning else []
    return f" ({'; '.join(near)})" if near else ""
