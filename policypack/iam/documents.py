"""IAM policy documents as values: those of a role, an endpoint, a trust policy.

A document is JSON text or the object it stands for, with its keys in any case (a program may write either). One that is not
known yet has no statements to judge: it is judged as soon as it is known. One that cannot be read is an error, not an empty one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policypack.plain import UNKNOWN, items


class UnreadableError(ValueError):
    """A document is no policy: no JSON, no object, no statements."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: all of a statement's conditions must hold, one of `values` must fit. Operator and key in lower case."""

    operator: str
    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. What is stated the other way round (NotAction ...) is in the `not_` fields; `principals` has (kind, value)."""

    allows: bool
    actions: tuple[Any, ...]
    not_actions: tuple[Any, ...]
    resources: tuple[Any, ...]
    not_resources: tuple[Any, ...]
    principals: tuple[tuple[str, Any], ...]
    not_principals: tuple[tuple[str, Any], ...]
    conditions: tuple[Condition, ...]


def read(document: Any) -> tuple[Statement, ...]:
    """Return a document's statements; none for one that is not known or not stated. Raises UnreadableError."""
    if document in (None, "") or document is UNKNOWN:
        return ()
    return _read_text(document) if isinstance(document, str) else _statements(document)


@lru_cache(maxsize=256)
def _read_text(document: str) -> tuple[Statement, ...]:
    """Return the statements of JSON text; the stacks of a fleet, and the endpoints of a stack, repeat the same documents."""
    try:
        value = json.loads(document, object_pairs_hook=_object)
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"is no JSON ({error})") from None
    return _statements(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; of a key that is there twice, readers disagree which value counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise UnreadableError(f"has the key {next(key for key in keys if keys.count(key) > 1)} twice in one object")
    return found


def _statements(document: Any) -> tuple[Statement, ...]:
    if not isinstance(document, dict):
        raise UnreadableError("is no policy document")
    keys = _lower(document)
    stated = keys.get("statement", keys.get("statements"))
    return tuple(_statement(one) for one in items(stated) if one is not UNKNOWN)


def _statement(value: Any) -> Statement:
    if not isinstance(value, dict):
        raise UnreadableError("has a statement that is no object")
    stated = _lower(value)
    effect = str(stated.get("effect", "")).lower()
    if effect not in ("allow", "deny") and stated.get("effect") is not UNKNOWN:
        raise UnreadableError("has a statement without an effect")
    return Statement(
        allows=effect != "deny",
        actions=tuple(items(stated.get("action", stated.get("actions")))),
        not_actions=tuple(items(stated.get("notaction", stated.get("notactions")))),
        resources=tuple(items(stated.get("resource", stated.get("resources")))),
        not_resources=tuple(items(stated.get("notresource", stated.get("notresources")))),
        principals=_principals(stated.get("principal", stated.get("principals"))),
        not_principals=_principals(stated.get("notprincipal", stated.get("notprincipals"))),
        conditions=_conditions(stated.get("condition", stated.get("conditions"))),
    )


def _principals(value: Any) -> tuple[tuple[str, Any], ...]:
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple((str(kind).lower(), one) for kind, found in value.items() for one in items(found))
    return tuple(("aws", one) for one in items(value))


def _conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, dict):
        return ()
    return tuple(
        Condition(str(operator).lower(), str(key).lower(), tuple(items(values)))
        for operator, pairs in value.items()
        if isinstance(pairs, dict)
        for key, values in pairs.items()
    )


def _lower(value: dict[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): item for key, item in value.items()}
