"""The house's own lines: types that its people have reviewed (`policypack/types.yaml`, next to the waivers).

Pure but for `load` and `current`: the day is an argument. One mistake in the file makes all of its lines void, as it does in
`waivers.yaml`: it is not known what the file was meant to accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from containment import strict_yaml
from containment.model.errors import Problem
from containment.model.words import has_word
from policypack.type_table.table import lines

FILE: Final = Path(__file__).parents[1] / "types.yaml"
MOST_DAYS: Final = 366
"""A review is due within a year, a leap year included."""

_KEYS: Final = ("type", "owner", "reason", "review")
_TYPE: Final = re.compile(r"[a-z][\w-]*:[\w./-]*:[\w.-]+")
_WHY: Final = "a line accepts a type in every program: its type, reason, owner and end must be plain"
_FIX: Final = f"write {', '.join(_KEYS)}, as the file's own example shows"


@dataclass(frozen=True, slots=True)
class HouseLine:
    """One type that the house has reviewed, through the day `review`."""

    type: str
    owner: str
    reason: str
    review: date


@dataclass(frozen=True)
class House:
    """A file's lines on one day, and what is wrong with it; with problems no line counts."""

    entries: tuple[HouseLine, ...] = ()
    problems: tuple[Problem, ...] = ()

    def has(self, token: str) -> bool:
        """Tell whether a type is reviewed; a provider is when a type of its package is."""
        package = token.removeprefix("pulumi:providers:") if token.startswith("pulumi:providers:") else ""
        return any(token == one.type or (package and one.type.startswith(f"{package}:")) for one in self.entries)


@cache
def current() -> House:
    """Return the lines of the pack's own file today; the file and the clock are read once."""
    return load(datetime.now(UTC).date())


def load(today: date, path: Path = FILE) -> House:
    """Return the lines of a file; a file that is not there has none."""
    try:
        return parse(path.read_text(encoding="utf-8"), today, path.name)
    except FileNotFoundError:
        return House()
    except (OSError, UnicodeDecodeError) as error:
        return House(problems=(_problem(path.name, f"cannot be read: {error}"),))


def parse(text: str, today: date, name: str = FILE.name) -> House:
    """Return the lines of a text on a day."""
    try:
        document = strict_yaml.load(text)
    except strict_yaml.StrictYamlError as error:
        return House(problems=(_problem(name, str(error)),))
    if document is None:
        return House()
    if not isinstance(document, list):
        return House(problems=(_problem(name, "is not a list of types"),))
    read = [(f"{name}, entry {number + 1}", raw) for number, raw in enumerate(document)]
    problems = [problem for where, raw in read for problem in _problems(raw, where, today)]
    if not problems:
        entries = tuple(HouseLine(**{key: raw[key] if key == "review" else raw[key].strip() for key in _KEYS}) for _, raw in read)
        problems += _twice(entries, name)
    return House(problems=tuple(problems)) if problems else House(entries)


def _problems(raw: Any, where: str, today: date) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield _problem(where, f"is not a line ({', '.join(_KEYS)})")
        return
    yield from (_problem(where, f"has no {key}") for key in _KEYS if raw.get(key) in (None, ""))
    yield from (_problem(where, f"has {key!r}, which means nothing here") for key in raw if key not in _KEYS)
    for key in ("owner", "reason"):
        value = raw.get(key)
        if value not in (None, "") and not (isinstance(value, str) and has_word(value)):
            yield _problem(where, f"has {key} {value!r}, which has no word in it")
    if raw.get("type") not in (None, ""):
        yield from _wrong_type(raw["type"], where)
    if raw.get("review") not in (None, ""):
        yield from _wrong_review(raw["review"], where, today)


def _wrong_type(token: Any, where: str) -> Iterator[Problem]:
    if not isinstance(token, str) or not _TYPE.fullmatch(token.strip()):
        yield _problem(where, f"has type {token!r}, which is no type token (package:module:Name, without wildcards)")
    elif token.strip() in lines():
        fix = "remove the line; a property outside its bounds needs a waiver (policypack/waivers.yaml)"
        yield Problem(where, f"has type {token.strip()}, which is in the pack's own table", _WHY, fix)
    elif token.strip().startswith("pulumi:providers:"):
        yield Problem(
            where, f"has type {token.strip()}, which is a provider", _WHY, "name the types that it makes; their provider passes with them"
        )


def _wrong_review(value: Any, where: str, today: date) -> Iterator[Problem]:
    if not isinstance(value, date) or isinstance(value, datetime):
        yield _problem(where, f"has review {value!r}, which is no day (YYYY-MM-DD)")
    elif value < today:
        yield Problem(
            where, f"has been due for review since {value}", _WHY, "review the type again and write a new day, or remove the line"
        )
    elif value - today > timedelta(days=MOST_DAYS):
        yield Problem(where, f"has review {value}, which is more than a year away", _WHY, "write a day within one year")


def _twice(entries: Iterable[HouseLine], name: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, one in enumerate(entries):
        if one.type in seen:
            yield _problem(f"{name}, entry {number + 1}", f"has type {one.type}, as an entry before it does")
        seen.add(one.type)


def _problem(where: str, what: str) -> Problem:
    return Problem(where, what, _WHY, _FIX)
