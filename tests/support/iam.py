"""Decides what an identity may do from IAM documents, as AWS does: an explicit deny wins, then boundary and policies must both allow.

Independent of the product: it reads deployed documents. Kept: Action and NotAction, Resource and NotResource with wildcards,
conditions with their IfExists forms and Null, policy variables. A statement whose variable has no value matches nothing
(AWS: policy variables). An operator it does not know is an error, never a match.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str]


@dataclass(frozen=True)
class Identity:
    """Policies of one identity, and its permissions boundary when it has one."""

    policies: tuple[Document, ...]
    boundary: Document | None = None

    def may(self, action: str, context: Context, resource: str = "*") -> bool:
        """Tell whether a call is allowed. Resource `*` stands for any one: an allow of some does not count, a deny of some does not."""
        everything = [*self.policies, *([self.boundary] if self.boundary else [])]
        if any(_matches(statement, action, resource, context) for statement in _statements(everything, "Deny")):
            return False
        allowed = any(_matches(statement, action, resource, context) for statement in _statements(self.policies, "Allow"))
        if self.boundary is None:
            return allowed
        return allowed and any(_matches(statement, action, resource, context) for statement in _statements([self.boundary], "Allow"))


def _statements(documents: Iterable[Document], effect: str) -> list[Mapping[str, Any]]:
    found = []
    for document in documents:
        given = document["Statement"]
        found += [each for each in (given if isinstance(given, list) else [given]) if each["Effect"] == effect]
    return found


def _matches(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _covers(statement, "Action", action.lower(), lower=True)
        and _covers(statement, "Resource", resource, lower=False)
        and all(
            _holds(operator, key, expected, context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    )


def _covers(statement: Mapping[str, Any], element: str, value: str, *, lower: bool) -> bool:
    if (element in statement) is (f"Not{element}" in statement):
        raise ValueError(f"a statement needs {element} or Not{element}, and not both: {statement}")
    listed = _list(statement.get(element, statement.get(f"Not{element}")))
    hit = any(fnmatch.fnmatchcase(value, pattern.lower() if lower else pattern) for pattern in listed)
    return hit if element in statement else not hit


def _holds(operator: str, key: str, expected: Any, context: Context) -> bool:
    known = {name.lower(): value for name, value in context.items()}
    actual, optional = known.get(key.lower()), operator.endswith("IfExists")
    kind = operator.removesuffix("IfExists")
    if kind == "Null":
        return (actual is None) is (str(_list(expected)[0]).lower() == "true")
    negative = kind in ("StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike")
    if actual is None:
        return optional or negative
    values = [_filled(str(each), known) for each in _list(expected)]
    if None in values:
        return False
    texts = [each for each in values if each is not None]
    match kind:
        case "StringEquals" | "StringNotEquals":
            hit = actual in texts
        case "Bool":
            hit = actual.lower() in [text.lower() for text in texts]
        case "StringLike" | "StringNotLike" | "ArnLike" | "ArnNotLike" | "ArnEquals" | "ArnNotEquals":
            hit = any(fnmatch.fnmatchcase(actual, text) for text in texts)
        case _:
            raise ValueError(f"{operator} is not known here")
    return hit is not negative


def _filled(text: str, known: Mapping[str, str]) -> str | None:
    """Return a value with its policy variables filled in, None when one has no value."""
    names = re.findall(r"\$\{([^}]+)\}", text)
    if any(name.lower() not in known for name in names):
        return None
    return re.sub(r"\$\{([^}]+)\}", lambda found: known[found.group(1).lower()], text)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
