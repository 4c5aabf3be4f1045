"""Pydantic's findings in this product's words: what is wrong, the computed fix, and the value that it names.

No message of pydantic itself is printed: its phrases name types of Python, and contain no fix.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from containment.errors import Problem, Replacement
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.fixes.texts import format_number
from containment.fixes.unfit_value import NO_VALUE, UnfitError

_QUOTED: Final = re.compile(r"'([^']*)'")
_DAY: Final = "write a day as YYYY-MM-DD, such as 2027-03-31"
_MOST_QUOTED: Final = 200
"""Characters of a wrong value that a message quotes."""
_MOST_LISTED: Final = 20
"""Findings of one document that are listed; a document of another kind has a finding per key."""
_FIELDS: Final = {
    "owner": "write who answers for it, in words",
    "reason": "write one sentence: what it is for",
    "host": "write one exact host, such as files.example.com",
    "until": _DAY,
    "cidrs": "list private networks, such as [10.9.0.0/28]",
    "ports": "list ports, such as [443]",
}
"""Fixes for the fields of entries in stack files."""
_KEY_STEP: Final = "[key]"
"""The last step of a location that is a mapping's key and not its value (pydantic, `loc`)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of one mistake; `fix` is None where only the key's declaration has one, `value` is the value that `fix` names."""

    what: str
    fix: str | None = None
    value: Any = NO_VALUE


def describe_finding(found: Mapping[str, Any], model: type[BaseModel]) -> Wording:
    """Return the text for one of `ValidationError.errors()`; `model` is the class that was validated."""
    kind, raw, context = str(found["type"]), found["input"], found.get("ctx") or {}
    error = context.get("error")
    if isinstance(error, UnfitError):
        return Wording(error.what, error.fix, error.value)
    if kind == "value_error" and isinstance(error, ValueError):
        return Wording(str(error))
    field = str(found["loc"][-1]) if found["loc"] else ""
    if field in _FIELDS and (kind == "missing" or raw in (None, "", [])):
        what = "is not set" if kind == "missing" else "is empty"
        return Wording(what, f"add {field}: {_FIELDS[field]}" if kind == "missing" else _FIELDS[field])
    match kind:
        case "missing":
            return Wording("is not set", f"add {field}")
        case "extra_forbidden":
            keys = find_keys(model, found["loc"][:-1])
            near = find_nearest(str(found["loc"][-1]), keys)
            fix = make_proposal(str(found["loc"][-1]), keys, "remove it")
            return Wording("is not a key here", fix, NO_VALUE if near is None else near)
        case "enum" | "literal_error":
            words = _QUOTED.findall(str(context.get("expected", "")))
            word = raw if isinstance(raw, str) else ""
            near = find_nearest(word, words)
            fix = make_proposal(word, words, "write one of the known words")
            return Wording(f"is none of {', '.join(words)}", fix, NO_VALUE if near is None else near)
        case "greater_than_equal" | "less_than_equal":
            return _describe_bound(kind, context)
        case "too_short" | "string_too_short":
            return Wording("is empty" if context.get("min_length") == 1 else f"has fewer than {context.get('min_length')} entries")
        case "greater_than" | "less_than":
            low, bound = kind == "greater_than", context.get("gt", context.get("lt"))
            return Wording(f"is not {'above' if low else 'below'} {bound}", f"write a number {'above' if low else 'below'} {bound}")
        case "string_pattern_mismatch":
            return Wording(f"has not the form {context.get('pattern')}")
        case "string_too_long":
            return Wording(f"has more than {context.get('max_length')} characters", "write a shorter text")
        case "too_long":
            most, count = context.get("max_length"), context.get("actual_length")
            removed = f"remove {count - most}" if isinstance(count, int) and isinstance(most, int) else None
            return Wording(f"has {count} entries, and {most} is the most", removed)
    return _describe_type(kind, raw)


def _describe_bound(kind: str, context: Mapping[str, Any]) -> Wording:
    bound = context.get("ge", context.get("le"))
    low = kind == "greater_than_equal"
    return Wording(f"is {'below' if low else 'above'} {bound}", f"write {bound}, the {'lowest' if low else 'highest'}", bound)


def _describe_type(kind: str, raw: Any) -> Wording:
    """Return the text for a value of a wrong type."""
    if kind == "string_type":
        if isinstance(raw, int | float):
            text = _format_scalar(raw)
            return Wording("is not a text", f'quote it: "{text}"', text)
        if isinstance(raw, list) and len(raw) == 1 and isinstance(raw[0], str):
            return Wording("is not a text", f'write the text alone: "{raw[0]}"', raw[0])
        return Wording("is not a text", "write one text" if raw is None else "write one text, not a list or a mapping")
    if kind.startswith("int"):
        return Wording("is not a whole number", "write a whole number")
    if kind.startswith("bool"):
        return Wording("is not true or false", "write true or false, without quotes")
    if kind.startswith(("float", "decimal", "finite_number")):
        return Wording("is not a number", "write a number")
    if kind in ("tuple_type", "list_type", "set_type", "frozen_set_type"):
        if isinstance(raw, str) and raw.strip():
            return Wording("is not a list", f"write a list: [{raw}]", [raw])
        return Wording("is not a list", "write a list, [] for an empty one", [] if raw in (None, "") else NO_VALUE)
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        nothing: Any = {} if raw in (None, "", []) else NO_VALUE
        return Wording("is not a mapping of keys to values", "write keys and values, {} for none", nothing)
    if kind.startswith(("datetime", "timezone")):
        return Wording("is not a time with its zone", "write a time such as 2026-11-29T12:00:00Z")
    if kind.startswith("date"):
        return Wording("is not a day (YYYY-MM-DD)", _DAY)
    if kind.startswith("ip_v4_address"):
        return Wording("is not an IPv4 address", "write an address such as 10.42.10.7")
    if kind.startswith("ip_"):
        return Wording("is not an IP address", "write an address such as 10.42.10.7")
    return Wording("is not a value that is understood here")


def _format_scalar(raw: float) -> str:
    """Return a number or a boolean as the engine passes it on, for a fix that puts it in quotes."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return format_number(raw) if isinstance(raw, float) else str(raw)


def make_problem(where: str, found: Mapping[str, Any], model: type[BaseModel], *, why: str, fix: str) -> Problem:
    """Return the Problem of one of `ValidationError.errors()`, with its value as the file has it.

    Args:
        where: the file.
        found: the finding.
        model: the class that the file's data was validated as.
        why: why a mistake in such a file matters.
        fix: the fix where none can be computed from the value.
    """
    place = tuple(found["loc"])
    said = describe_finding(found, model)
    value = "" if found["type"] == "missing" or isinstance(found["input"], dict | list) else f" (is {quote_value(found['input'])})"
    renamed = find_renamed_path(found)
    mends = None if said.value is NO_VALUE else Replacement(renamed or place, said.value, renames=renamed is not None)
    return Problem(f"{where}:{_format_key(place) or '(whole file)'}", said.what + value, why, said.fix or fix, mends)


def list_problems(where: str, error: ValidationError, model: type[BaseModel], *, why: str, fix: str) -> list[Problem]:
    """Return the Problem of each finding of a document that this program wrote, at most 20 (see `make_problem`)."""
    return [make_problem(where, found, model, why=why, fix=fix) for found in error.errors(include_url=False)[:_MOST_LISTED]]


def summarize_findings(error: ValidationError, model: type[BaseModel], *, root: str = "document", most: int = 5) -> str:
    """Return findings in one line, for a document whose only fix is another document.

    Args:
        error: the findings.
        model: the class that the data was validated as.
        root: the word for the whole document.
        most: the number of findings in the line; it has the number of those that are left out.
    """
    found = error.errors(include_url=False)
    shown = [f"{_format_key(tuple(one['loc'])) or root}: {describe_finding(one, model).what}" for one in found[:most]]
    return "; ".join([*shown, *([f"and {len(found) - most} more"] if len(found) > most else [])])


def _format_key(place: Sequence[int | str]) -> str:
    return ".".join(str(step) for step in place if step != _KEY_STEP)


def find_keys(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """Return the keys that a mapping may have at a path inside a model's data, also inside lists and mappings of models."""
    current: type[BaseModel] | None = model
    for step in place:
        if current is None:
            return []
        field = next((one for name, one in current.model_fields.items() if step in (name, one.alias)), None)
        if field is not None:
            current = next(_find_models(field.annotation), None)
    return [] if current is None else [field.alias or name for name, field in current.model_fields.items()]


def _find_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _find_models(inner)


def quote_value(raw: Any) -> str:
    """Return a value as a message quotes it: as JSON, a date as the file has it, and only the start of a long one."""
    text = format_value(raw)
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..., {len(text)} characters"


def format_value(raw: Any) -> str:
    """Return a whole value as a fix names it."""
    return json.dumps(raw, default=str, ensure_ascii=False)


def format_path(steps: Sequence[int | str]) -> str:
    """Return a path inside a value as text: `[1]` of a list, `billing.cidrs[0]` of a mapping."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps if step != _KEY_STEP).removeprefix(".")


def find_renamed_path(found: Mapping[str, Any]) -> tuple[int | str, ...] | None:
    """Return the key that a mistake is about, None for a mistake in a value."""
    steps = tuple(found["loc"])
    return steps[:-1] if steps[-1:] == (_KEY_STEP,) else steps if found["type"] == "extra_forbidden" else None
