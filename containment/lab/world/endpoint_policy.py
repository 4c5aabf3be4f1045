"""Whether a VPC endpoint's policy lets a request through: AWS's own evaluation, as far as such policies use it.

Rules kept here (AWS, IAM policy evaluation): a deny wins, an allow is needed, nothing said is a deny; a condition on a key the request does
not have does not hold, unless its operator ends in IfExists; an operator that is not known here holds for no allow and for every deny.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from typing import Any


def allows(policy: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Tell whether a policy document allows an action on a resource; an endpoint without one allows everything."""
    if not policy:
        return True
    statements = json.loads(policy).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    if any(each["Effect"] == "Deny" and _applies(each, action, resource, context, unknown=True) for each in listed):
        return False
    return any(each["Effect"] == "Allow" and _applies(each, action, resource, context, unknown=False) for each in listed)


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str], *, unknown: bool) -> bool:
    if "Action" in statement and not _like(action, statement["Action"], case=False):
        return False
    if "NotAction" in statement and _like(action, statement["NotAction"], case=False):
        return False
    if "Resource" in statement and not _like(resource, statement["Resource"]):
        return False
    if "NotResource" in statement and _like(resource, statement["NotResource"]):
        return False
    if not _principal(statement.get("Principal", "*"), context):
        return False
    return all(
        _holds(operator, key, wanted, context, unknown)
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    )


def _many(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _like(text: str, patterns: Any, *, case: bool = True) -> bool:
    def matches(pattern: str) -> bool:
        escaped = pattern.replace("[", "[[]")
        return fnmatch.fnmatchcase(text if case else text.lower(), escaped if case else escaped.lower())

    return any(matches(pattern) for pattern in _many(patterns))


def _principal(principal: Any, context: Mapping[str, str]) -> bool:
    named = _many(principal) if not isinstance(principal, dict) else _many(principal.get("AWS", []))
    account = context.get("aws:PrincipalAccount")
    return "*" in named or any(account is not None and f":{account}:" in f":{each}:" for each in named)


def _holds(operator: str, key: str, wanted: Any, context: Mapping[str, str], unknown: bool) -> bool:
    known = {name.lower(): value for name, value in context.items()}.get(key.lower())
    base = operator.removesuffix("IfExists")
    base = base.partition(":")[2] or base
    if base == "Null":
        return (known is None) == (str(_many(wanted)[0]).lower() == "true")
    if known is None:
        return operator.endswith("IfExists") or "Not" in base
    tests = {
        "StringEquals": lambda: known in _many(wanted),
        "StringNotEquals": lambda: known not in _many(wanted),
        "StringEqualsIgnoreCase": lambda: known.lower() in [each.lower() for each in _many(wanted)],
        "StringLike": lambda: _like(known, wanted),
        "StringNotLike": lambda: not _like(known, wanted),
        "ArnEquals": lambda: _like(known, wanted),
        "ArnLike": lambda: _like(known, wanted),
        "ArnNotLike": lambda: not _like(known, wanted),
        "Bool": lambda: known.lower() in [each.lower() for each in _many(wanted)],
    }
    return tests[base]() if base in tests else unknown
