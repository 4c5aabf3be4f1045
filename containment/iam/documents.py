"""IAM policy documents as values: those of a role, an endpoint or a trust policy.

A document is JSON text or the parsed object, with its keys in any letter case (programs write both). An unknown value is a member of an
enum (the pack's UNKNOWN): an unknown document or statement is left out until it is known. A document that cannot be read is an error,
never an empty document.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from containment import strict_json


class UnreadableError(ValueError):
    """A document that is not a policy: not JSON, not an object, or with a statement that is not valid."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a statement, met when one of `values` matches; all must be met. Operator and key are in lower case."""

    operator: str
    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; NotAction, NotResource and NotPrincipal are in the `not_` fields, `principals` has (kind, value)."""

    allows: bool
    actions: tuple[Any, ...]
    not_actions: tuple[Any, ...]
    resources: tuple[Any, ...]
    not_resources: tuple[Any, ...]
    principals: tuple[tuple[str, Any], ...]
    not_principals: tuple[tuple[str, Any], ...]
    conditions: tuple[Condition, ...]


def read(document: Any) -> tuple[Statement, ...]:
    """Return a document's statements, none for an unknown or unset document; raises UnreadableError."""
    if document in (None, "") or isinstance(document, Enum):
        return ()
    return _read_text(document) if isinstance(document, str) else _parse_statements(document)


@lru_cache(maxsize=256)
def _read_text(document: str) -> tuple[Statement, ...]:
    """Parse JSON text, cached: the stacks of a fleet and the endpoints of a stack repeat the same documents."""
    try:
        return _parse_statements(strict_json.load(document))
    except UnreadableError:
        raise
    except ValueError as error:
        raise UnreadableError(str(error)) from None


def _parse_statements(document: Any) -> tuple[Statement, ...]:
    if not isinstance(document, dict):
        raise UnreadableError("is not a policy document")
    keys = _lower(document)
    stated = keys.get("statement", keys.get("statements"))
    return tuple(_parse_statement(one) for one in _make_list(stated) if not isinstance(one, Enum))


def _parse_statement(value: Any) -> Statement:
    if not isinstance(value, dict):
        raise UnreadableError("has a statement that is not an object")
    stated = _lower(value)
    effect = str(stated.get("effect", "")).lower()
    if effect not in ("allow", "deny") and not isinstance(stated.get("effect"), Enum):
        raise UnreadableError("has a statement without an effect")
    return Statement(
        allows=effect != "deny",
        actions=tuple(_make_list(stated.get("action", stated.get("actions")))),
        not_actions=tuple(_make_list(stated.get("notaction", stated.get("notactions")))),
        resources=tuple(_make_list(stated.get("resource", stated.get("resources")))),
        not_resources=tuple(_make_list(stated.get("notresource", stated.get("notresources")))),
        principals=_parse_principals(stated.get("principal", stated.get("principals"))),
        not_principals=_parse_principals(stated.get("notprincipal", stated.get("notprincipals"))),
        conditions=_parse_conditions(stated.get("condition", stated.get("conditions"))),
    )


def _parse_principals(value: Any) -> tuple[tuple[str, Any], ...]:
    if value is None:
        return ()
    if isinstance(value, dict):
        return tuple((str(kind).lower(), one) for kind, found in value.items() for one in _make_list(found))
    return tuple(("aws", one) for one in _make_list(value))


def _parse_conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, dict):
        return ()
    return tuple(
        Condition(str(operator).lower(), str(key).lower(), tuple(_make_list(values)))
        for operator, pairs in value.items()
        if isinstance(pairs, dict)
        for key, values in pairs.items()
    )


def _lower(value: dict[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): item for key, item in value.items()}


def _make_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
