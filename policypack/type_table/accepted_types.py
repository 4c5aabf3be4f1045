"""Types that the user's organization has reviewed and accepts (`policypack/types.yaml`, next to the waivers).

Pure except `load` and `current`: the day is an argument. One mistake in the file voids all its lines, as in `waivers.yaml`,
because it is uncertain what the file was meant to accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from containment.errors import Problem
from containment.loaders.address_bound import EntryFile, is_day
from policypack.type_table.table import load_lines

FILE: Final = Path(__file__).parents[1] / "types.yaml"
MOST_DAYS: Final = 366
"""A review is due within a year, a leap year included."""

_KEYS: Final = ("type", "owner", "reason", "review")
_TYPE: Final = re.compile(r"[a-z][\w-]*:[\w./-]*:[\w.-]+")
_FILE: Final = EntryFile("line", _KEYS, "a line accepts a type in every program, so its type, reason, owner and review must be clear")


@dataclass(frozen=True, slots=True)
class AcceptedType:
    """One type that the organization accepts, through the day `review`."""

    type: str
    owner: str
    reason: str
    review: date


@dataclass(frozen=True)
class AcceptedTypes:
    """The lines of a file on one day, and its problems; with a problem no line counts."""

    entries: tuple[AcceptedType, ...] = ()
    problems: tuple[Problem, ...] = ()

    def has_type(self, token: str) -> bool:
        """Return whether a type is accepted; a provider is accepted with any type of its package."""
        package = token.removeprefix("pulumi:providers:") if token.startswith("pulumi:providers:") else ""
        return any(token == one.type or (package and one.type.startswith(f"{package}:")) for one in self.entries)


@cache
def load_current() -> AcceptedTypes:
    """Return the lines of the pack's own file today; the file and the clock are read once."""
    return load_types(datetime.now(UTC).date())


def load_types(today: date, path: Path = FILE) -> AcceptedTypes:
    """Return the lines of a file; a file that is not there has none."""
    try:
        return parse_types(path.read_text(encoding="utf-8"), today, path.name)
    except FileNotFoundError:
        return AcceptedTypes()
    except (OSError, UnicodeDecodeError) as error:
        return AcceptedTypes(problems=(_FILE.make_problem(path.name, f"cannot be read: {error}"),))


def parse_types(text: str, today: date, name: str = FILE.name) -> AcceptedTypes:
    """Return the lines of a text on a day."""
    read, problems = _FILE.parse(text, name)
    problems += [problem for where, raw in read for problem in _check_entry(raw, where, today)]
    if not problems:
        entries = tuple(AcceptedType(**{key: raw[key] if key == "review" else raw[key].strip() for key in _KEYS}) for _, raw in read)
        problems += _find_duplicates(entries, name)
    return AcceptedTypes(problems=tuple(problems)) if problems else AcceptedTypes(entries)


def _check_entry(raw: dict[str, Any], where: str, today: date) -> Iterator[Problem]:
    if raw.get("type") not in (None, ""):
        yield from _check_type(raw["type"], where)
    if raw.get("review") not in (None, ""):
        yield from _check_review(raw["review"], where, today)


def _check_type(token: Any, where: str) -> Iterator[Problem]:
    if not isinstance(token, str) or not _TYPE.fullmatch(token.strip()):
        yield _FILE.make_problem(where, f"has type {token!r}, which is no type token (package:module:Name, without wildcards)")
    elif token.strip() in load_lines():
        fix = "remove the line; a property outside its bounds needs a waiver (policypack/waivers.yaml)"
        yield _FILE.make_problem(where, f"has type {token.strip()}, which is in the pack's own table", fix)
    elif token.strip().startswith("pulumi:providers:"):
        yield _FILE.make_problem(
            where, f"has type {token.strip()}, which is a provider", "name the types that it makes; their provider passes with them"
        )


def _check_review(value: Any, where: str, today: date) -> Iterator[Problem]:
    if not is_day(value):
        yield _FILE.make_problem(where, f"has review {value!r}, which is no day (YYYY-MM-DD)")
    elif value < today:
        yield _FILE.make_problem(
            where, f"has been due for review since {value}", "review the type again and write a new day, or remove the line"
        )
    elif value - today > timedelta(days=MOST_DAYS):
        yield _FILE.make_problem(where, f"has review {value}, which is more than a year away", "write a day within one year")


def _find_duplicates(entries: Iterable[AcceptedType], name: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, one in enumerate(entries):
        if one.type in seen:
            yield _FILE.make_problem(f"{name}, entry {number + 1}", f"has type {one.type}, as an entry before it does")
        seen.add(one.type)
