"""Parser of raw stack configuration: a `StackConfig`, and every mistake in the values."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from containment.config.pulumi_format.unquoted_values import find_dates
from containment.config.stack_config import StackConfig
from containment.errors import Problem, Replacement
from containment.fixes.model_findings import describe_finding, find_renamed_path, format_path, format_value, quote_value
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.fixes.unfit_value import NO_VALUE


@dataclass(frozen=True, slots=True)
class MistypedValue:
    """A value whose type the engine refuses: the value as written, the reason, the fix, and the value that the fix names."""

    value: Any
    problem: str
    fix: str | None = None
    replacement: Any = NO_VALUE


@functools.cache
def get_alias(name: str) -> str:
    """Return the configuration key of a field."""
    return to_camel(name)


KEYS = tuple(get_alias(name) for name in StackConfig.model_fields)
"""Every configuration key of a stack."""


def _find_field(key: str) -> FieldInfo | None:
    return next((field for name, field in StackConfig.model_fields.items() if get_alias(name) == key), None)


def get_declared(key: str, part: str) -> str | None:
    """Return `why` or `fix` of a key's declaration, None for an unknown key."""
    field = _find_field(key)
    extra = field.json_schema_extra if field is not None and isinstance(field.json_schema_extra, dict) else {}
    return str(extra[part]) if part in extra else None


def is_shown(key: str) -> bool:
    """Return whether messages quote the key's value; a private key pasted by mistake must not appear in a log."""
    field = _find_field(key)
    extra = field.json_schema_extra if field is not None and isinstance(field.json_schema_extra, dict) else {}
    return bool(extra.get("show", True))


def make_problem(
    where: str,
    key: str,
    value: Any,
    what: str,
    fix: str | None = None,
    replacement: Any = NO_VALUE,
    path: tuple[int | str, ...] | None = None,
) -> Problem:
    """Return the Problem of one key.

    Args:
        where: the file or option that sets the key.
        key: the key, in camelCase.
        value: the value as it is written, None where the message quotes none.
        what: what is wrong with it.
        fix: the fix; the declared one by default.
        replacement: the value that `fix` names, where there is one.
        path: where in the configuration that value goes; the key itself by default.
    """
    quoted = "" if value is None or not is_shown(key) else f" ({quote_value(value)})"
    why = get_declared(key, "why") or "it is not a key of this program"
    mends = None if replacement is NO_VALUE else Replacement((key,) if path is None else path, replacement)
    return Problem(f"{where}:{key}", f"{what}{quoted}", why, fix or get_declared(key, "fix") or "remove it", mends)


def describe_unknown_key(where: str, key: str, why: str = "a misspelled key is silently not applied") -> Problem:
    """Return the Problem of a key that this program does not have."""
    near = find_nearest(key, KEYS)
    fix = make_proposal(key, KEYS, "remove it; docs/config.md lists every key")
    hint = "" if near is None else f"; did you mean {near}?"
    mends = None if near is None else Replacement((key,), near, renames=True)
    return Problem(f"{where}:{key}", f"is not a key of this program{hint}", why, fix, mends)


def _find_unreceived(raw: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield the values that the engine refuses, and the dates that it passes on in another form."""
    for key, value in raw.items():
        if isinstance(value, MistypedValue):
            yield make_problem(where, key, value.value, value.problem, value.fix, value.replacement)
            continue
        for path, text in find_dates(value):
            what = "is a date without quotes, which is passed on as a timestamp"
            where_inside = f"{format_path(path)} " if path else ""
            yield make_problem(where, key, None, f"{where_inside}{what}", f'quote it: "{text}"', text, (key, *path))


def parse_config(raw: Mapping[str, Any], where: str) -> tuple[StackConfig, list[Problem], frozenset[str]]:
    """Return the configuration, every problem of a single value, and the keys that are wrong.

    Wrong keys get their default (a required one, `?`), so that checks between the other keys can still run.
    `where` is the stack file, for the problems.
    """
    required = {get_alias(name) for name, field in StackConfig.model_fields.items() if field.is_required()}
    raw = {key: value for key, value in raw.items() if not (key in required and value == "")}
    problems = list(_find_unreceived(raw, where))
    wrong = {one.where.removeprefix(f"{where}:") for one in problems}
    raw = {key: "?" if key in required and key in wrong else value for key, value in raw.items() if key in required or key not in wrong}
    try:
        return StackConfig.model_validate(raw), problems, frozenset(wrong)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            key = str(found["loc"][0])
            wrong.add(key)
            problems.append(_convert_finding(found, key, where))
        rest = {key: value for key, value in raw.items() if key not in wrong}
        return StackConfig.model_validate({**dict.fromkeys(required - {*rest}, "?"), **rest}), problems, frozenset(wrong)


def _convert_finding(found: Any, key: str, where: str) -> Problem:
    """Convert one finding of pydantic to a Problem."""
    inside = found["loc"][1:]
    if found["type"] == "extra_forbidden" and not inside:
        return describe_unknown_key(where, key)
    if found["type"] == "missing" and not inside:
        return make_problem(where, key, None, "is not set")
    said = describe_finding(found, StackConfig)
    place = format_path(inside)
    fix, value = said.fix, said.value
    if not inside:
        fix, value = _complete_fix(key, found, fix, value)
    what = f"{place} {said.what}" if place else said.what
    renamed = find_renamed_path(found)
    made = make_problem(
        where, key, None if found["type"] == "missing" else found["input"], what, fix, value if renamed is None else NO_VALUE, found["loc"]
    )
    if renamed is not None and value is not NO_VALUE:
        return made._replace(replacement=Replacement(renamed, value, renames=True))
    return made


def _complete_fix(key: str, found: Any, fix: str | None, value: Any) -> tuple[str | None, Any]:
    """Complete a fix from the key's declaration: the default for a missing value, and the bounds of a number."""
    field = _find_field(key)
    assert field is not None, f"{key} is declared"
    if found["input"] is None and not field.is_required():
        default = field.get_default()
        plain = "" if default is None else to_jsonable_python(default)
        return f"remove the key, or write its default: {format_value(plain)}", plain
    bounds = {name: getattr(one, name) for one in field.metadata for name in ("ge", "le") if getattr(one, name, None) is not None}
    if value is NO_VALUE and found["type"].startswith("int") and bounds.keys() == {"ge", "le"}:
        return f"write a whole number from {bounds['ge']} to {bounds['le']}", value
    return fix, value
