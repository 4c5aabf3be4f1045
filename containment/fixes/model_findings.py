"""Pydantic's findings in this product's words: what is wrong, the computed fix, and the value that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel

from containment.config.pulumi_format.engine_values import encode_for_engine
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.fixes.unfit_value import NO_VALUE, UnfitError

_QUOTED: Final = re.compile(r"'([^']*)'")
_DAY: Final = "write a day as YYYY-MM-DD, such as 2027-03-31"
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
            text = encode_for_engine(raw)
            return Wording("is not a text", f'quote it: "{text}"', text)
        if isinstance(raw, list) and len(raw) == 1 and isinstance(raw[0], str):
            return Wording("is not a text", f'write the text alone: "{raw[0]}"', raw[0])
        return Wording("is not a text", "write one text" if raw is None else "write one text, not a list or a mapping")
    if kind.startswith("int"):
        return Wording("is not a whole number", "write a whole number")
    if kind.startswith("bool"):
        return Wording("is not true or false", "write true or false, without quotes")
    if kind in ("tuple_type", "list_type"):
        if isinstance(raw, str) and raw.strip():
            return Wording("is not a list", f"write a list: [{raw}]", [raw])
        return Wording("is not a list", "write a list, [] for an empty one", [] if raw in (None, "") else NO_VALUE)
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        nothing: Any = {} if raw in (None, "", []) else NO_VALUE
        return Wording("is not a mapping of keys to values", "write keys and values, {} for none", nothing)
    if kind.startswith("date"):
        return Wording("is not a day (YYYY-MM-DD)", _DAY)
    if kind.startswith("ip_v4_address"):
        return Wording("is not an IPv4 address", "write an address such as 10.42.10.7")
    if kind.startswith("ip_"):
        return Wording("is not an IP address", "write an address such as 10.42.10.7")
    return Wording("is not a value that is understood here")


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
    """Return a value as a message quotes it."""
    return json.dumps(raw, default=str, ensure_ascii=False)


def format_path(steps: Sequence[int | str]) -> str:
    """Return a path inside a value as text: `[1]` of a list, `billing.cidrs[0]` of a mapping."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps if step != _KEY_STEP).removeprefix(".")


def find_renamed_path(found: Mapping[str, Any]) -> tuple[int | str, ...] | None:
    """Return the key that a mistake is about, None for a mistake in a value."""
    steps = tuple(found["loc"])
    return steps[:-1] if steps[-1:] == (_KEY_STEP,) else steps if found["type"] == "extra_forbidden" else None
