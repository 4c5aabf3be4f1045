"""Turns raw stack configuration into a `StackConfig`, or into every mistake in it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from containment.model.config import StackConfig
from containment.model.engine_values import engine_text
from containment.model.errors import Problem
from containment.model.unquoted import dates_in


@dataclass(frozen=True, slots=True)
class Mistyped:
    """In the place of a value whose type the engine refuses: the value as it is written, and why."""

    value: Any
    problem: str


def alias_of(name: str) -> str:
    """Return the configuration key of a field."""
    return to_camel(name)


def _field_of(key: str) -> FieldInfo | None:
    return next((field for name, field in StackConfig.model_fields.items() if alias_of(name) == key), None)


def problem(where: str, key: str, value: Any, what: str) -> Problem:
    """Return the Problem for one key, with the why and the fix its declaration gives."""
    field = _field_of(key)
    extra = field.json_schema_extra if field is not None and isinstance(field.json_schema_extra, dict) else {}
    shown = "" if value is None or not extra.get("show", True) else f" ({json.dumps(value, default=str)})"
    return Problem(
        f"{where}:{key}", f"{what}{shown}", str(extra.get("why", "it is not a key of this program")), str(extra.get("fix", "remove it"))
    )


def _place(path: tuple[int | str, ...]) -> str:
    """Return where inside a value something stands: `[1]` of a list, `billing.cidrs[0]` of an object."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path if step != "[key]")
    return text.removeprefix(".") + (" " if text else "")


def _unreceived(raw: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield the values that the engine refuses, and the dates that it passes on in another form than they are written."""
    for key, value in raw.items():
        if isinstance(value, Mistyped):
            yield problem(where, key, value.value, value.problem)
            continue
        for path, text in dates_in(value):
            what = f'{_place(path)}is a date without quotes, which is passed on as a timestamp; quote it: "{text}"'
            yield problem(where, key, None, what)


def _quoted(kind: str, value: Any) -> str:
    """Return what to write where a text is meant and a number or a boolean arrives."""
    return f'; quote it: "{engine_text(value)}"' if kind == "string_type" and isinstance(value, int | float) else ""


def parse_config(raw: Mapping[str, Any], where: str) -> tuple[StackConfig, list[Problem], frozenset[str]]:
    """Return the configuration, every problem of a single value, and the keys that are wrong.

    Wrong keys hold their default (a required one, `?`), so that checks between the other keys can still run.
    `where` is the file people edit, for the problems.
    """
    required = {alias_of(name) for name, field in StackConfig.model_fields.items() if field.is_required()}
    raw = {key: value for key, value in raw.items() if not (key in required and value == "")}
    problems = list(_unreceived(raw, where))
    wrong = {one.where.removeprefix(f"{where}:") for one in problems}
    raw = {key: "?" if key in required and key in wrong else value for key, value in raw.items() if key in required or key not in wrong}
    try:
        return StackConfig.model_validate(raw), problems, frozenset(wrong)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            key = str(found["loc"][0])
            wrong.add(key)
            inside = len(found["loc"]) > 1
            if found["type"] == "missing" and not inside:
                problems.append(problem(where, key, None, "is not set"))
            elif found["type"] == "extra_forbidden" and not inside:
                keys = {alias_of(name).lower(): alias_of(name) for name in StackConfig.model_fields}
                near = difflib.get_close_matches(key.lower(), keys, 1)
                hint = f"; did you mean {keys[near[0]]}?" if near else ""
                problems.append(
                    Problem(
                        f"{where}:{key}",
                        f"is not a key of this program{hint}",
                        "a misspelt key is silently not applied",
                        "correct or remove it",
                    )
                )
            else:
                said = found["msg"].removeprefix("Value error, ") + _quoted(found["type"], found["input"])
                problems.append(problem(where, key, found["input"], _place(found["loc"][1:]) + said[0].lower() + said[1:]))
        rest = {key: value for key, value in raw.items() if key not in wrong}
        return StackConfig.model_validate({**dict.fromkeys(required - {*rest}, "?"), **rest}), problems, frozenset(wrong)
