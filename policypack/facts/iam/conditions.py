"""Binding conditions of IAM statements: conditions whose value a caller can neither choose nor always fulfill.

A condition is binding if its operator demands equality (no IfExists, which a missing key fulfills; no ForAllValues, which an empty
set fulfills; no Null, no inequality) and every value is literal: no policy variable (`${aws:PrincipalAccount}` compared with itself
is always true) and no pattern that can match another owner's value. Source: IAM User Guide, "IAM JSON policy elements: Condition
operators" and "Policy variables".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from containment.iam.documents import Condition, Statement
from containment.patterns.wildcards import is_wild
from policypack.graph.plain_data import UNKNOWN

EQUAL: Final = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
UNEQUAL: Final = frozenset({"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"})

ACCOUNT_ID: Final = re.compile(r"\d{12}")
_ARN_WITH_ACCOUNT: Final = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):[^$]*")
_ORGANIZATION: Final = re.compile(r"o-[a-z0-9]{1,32}")
_ORGANIZATION_PATH: Final = re.compile(r"o-[a-z0-9]{1,32}/([^*?$]*/)?\*?")
_NETWORK: Final = re.compile(r"vpce?-[0-9a-f]{8,17}")
_NAMED: Final = re.compile(r"[^*?$]+")

_ACCOUNT_KEYS: Final = ("aws:principalaccount", "aws:resourceaccount", "s3:resourceaccount", "aws:sourceaccount")
_ARN_KEYS: Final = ("aws:principalarn", "aws:sourcearn")
FORMS: Final = {
    **dict.fromkeys(_ACCOUNT_KEYS, ACCOUNT_ID),
    **dict.fromkeys(_ARN_KEYS, _ARN_WITH_ACCOUNT),
    **dict.fromkeys(("aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid"), _ORGANIZATION),
    **dict.fromkeys(("aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths"), _ORGANIZATION_PATH),
    **dict.fromkeys(("aws:sourcevpc", "aws:sourcevpce"), _NETWORK),
    **dict.fromkeys(("sts:externalid", "aws:userid", "aws:principalid"), _NAMED),
}
"""Condition keys that can bind a statement to a principal, an account or a network, and the form of a binding value."""

FOR_NAMED_PRINCIPALS: Final = frozenset({"aws:principalarn", "aws:sourcevpc", "aws:sourcevpce", "sts:externalid", "aws:userid"})
"""Keys that narrow a principal that is already named; its account or organization is known from the name."""

SIGNED_IN: Final = "aws:multifactorauthpresent"


def is_binding(condition: Condition, operators: frozenset[str] = EQUAL) -> bool:
    """Return whether a condition binds its key to literal values; an unknown value is judged once it is known."""
    form = FORMS.get(condition.key)
    operator = condition.operator.removeprefix("foranyvalue:")
    return (
        form is not None
        and operator in operators
        and bool(condition.values)
        and all(value is UNKNOWN or is_spelled_out(form, value) for value in condition.values)
    )


def is_spelled_out(form: re.Pattern[str], value: Any) -> bool:
    """Return whether a value matches the whole form, without a policy variable."""
    return isinstance(value, str | int) and "${" not in str(value) and bool(form.fullmatch(str(value).strip()))


def is_sign_in_demanded(condition: Condition) -> bool:
    """Return whether a condition demands multi-factor sign-in (only `Bool` does: a missing key fulfills BoolIfExists)."""
    return condition.key == SIGNED_IN and condition.operator == "bool" and [str(one).lower() for one in condition.values] == ["true"]


def find_accounts(statement: Statement, keys: frozenset[str]) -> Iterator[str]:
    """Yield the accounts that the binding conditions on some keys name."""
    for condition in statement.conditions:
        if condition.key in keys and is_binding(condition):
            yield from (account for value in condition.values if (account := parse_account(value)))


def parse_account(value: Any) -> str:
    """Return the account in an account id or an ARN, "" if there is none."""
    text = "" if value is UNKNOWN else str(value).strip()
    found = _ARN_WITH_ACCOUNT.fullmatch(text)
    return found[1] if found else text if ACCOUNT_ID.fullmatch(text) else ""


def is_exact(value: Any) -> bool:
    """Return whether a text is a single value: no wildcard and no policy variable; an unknown may be."""
    return value is UNKNOWN or (bool(value) and not is_wild(value) and "${" not in str(value))
