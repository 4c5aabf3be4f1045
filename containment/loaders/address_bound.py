"""Lists of accepted exceptions in YAML, whose entries have an owner, a reason and an end; and the bound on addresses that one raises.

Waivers, reviewed types and bounds are such lists. This module reads a list and checks what every entry must have. One mistake makes a whole
file void, because it is unknown what the file was meant to accept; callers apply that, and interpret the other keys.

The bound is on private addresses that a policy may permit by address alone; the configuration's checks and the policy pack use it.
`policypack/bounds.yaml` raises the default, which applies while that file is void. Pure except for `current`, which reads file and clock
once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from containment.addresses.address_space import MOST_ADDRESSES as DEFAULT
from containment.errors import Problem
from containment.fixes.words import has_word
from containment.loaders import strict_yaml


@dataclass(frozen=True, slots=True)
class EntryFile:
    """One kind of file: the word for an entry, its keys, and why a mistake matters.

    Args:
        noun: the word for an entry.
        keys: every key of an entry; each is required.
        why: why an entry must be complete.
    """

    noun: str
    keys: tuple[str, ...]
    why: str

    def make_problem(self, where: str, what: str, fix: str = "") -> Problem:
        """Return a problem of a file or an entry."""
        return Problem(where, what, self.why, fix or f"write {', '.join(self.keys)}, as the file's own example shows")

    def parse(self, text: str, name: str) -> tuple[list[tuple[str, dict[str, Any]]], list[Problem]]:
        """Parse a file.

        Args:
            text: the content of the file.
            name: the file's name, for the problems.

        Returns:
            The entries, each with its location, and every problem that an entry of any kind can have.
        """
        try:
            document = strict_yaml.load(text)
        except strict_yaml.StrictYamlError as error:
            return [], [self.make_problem(name, str(error))]
        if document is not None and not isinstance(document, list):
            return [], [self.make_problem(name, f"is not a list of {self.noun}s")]
        placed = [(f"{name}, entry {number}", raw) for number, raw in enumerate(document or (), 1)]
        problems = [problem for where, raw in placed for problem in self._find_problems(raw, where)]
        return [(where, raw) for where, raw in placed if isinstance(raw, dict)], problems

    def _find_problems(self, raw: Any, where: str) -> Iterator[Problem]:
        if not isinstance(raw, dict):
            yield self.make_problem(where, f"is not a {self.noun} ({', '.join(self.keys)})")
            return
        yield from (self.make_problem(where, f"has no {key}") for key in self.keys if raw.get(key) in (None, ""))
        yield from (self.make_problem(where, f"has {key!r}, which is not a key here") for key in raw if key not in self.keys)
        for key in ("owner", "reason"):
            value = raw.get(key)
            if value not in (None, "") and not (isinstance(value, str) and has_word(value)):
                yield self.make_problem(where, f"has {key} {value!r}, which contains no word")


def is_day(value: Any) -> bool:
    """Return whether a value is a date without a time."""
    return isinstance(value, date) and not isinstance(value, datetime)


FILE: Final = Path(__file__).parents[2] / "policypack" / "bounds.yaml"
MOST: Final = 2**20
"""The highest value that the file can set: the addresses of a /12."""
LONGEST: Final = 366
"""The most days from today until a raised bound ends."""

_KEYS: Final = ("bound", "value", "owner", "reason", "until")
_NAME: Final = "private-addresses"
_FILE: Final = EntryFile("bound", _KEYS, "a raised bound lets agents reach more addresses")


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound on one day; `problems` has a sentence per mistake of a file that is void."""

    addresses: int = DEFAULT
    problems: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def read_bound() -> Bound:
    """Return today's bound (UTC) from the pack's file; the default when the file is missing."""
    try:
        text = FILE.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Bound()
    except (OSError, UnicodeDecodeError) as error:
        return Bound(problems=(f"{FILE.name} cannot be read: {error}",))
    return parse(text, datetime.now(UTC).date())


def parse(text: str, today: date) -> Bound:
    """Return the bound that the text of a file sets for a day."""
    read, found = _FILE.parse(text, FILE.name)
    problems = [f"{one.where} {one.what}" for one in found]
    problems += (f"{where} {what}" for where, raw in read for what in _find_mistakes(raw, today))
    if len(read) > 1:
        problems.append(f"{FILE.name} sets {_NAME} more than once")
    return Bound(DEFAULT if problems or not read else int(read[0][1]["value"]), tuple(problems))


def _find_mistakes(raw: dict[str, Any], today: date) -> Iterator[str]:
    if raw.get("bound") not in (None, "", _NAME):
        yield f"has bound {raw['bound']!r}; the only one is {_NAME}"
    value, until = raw.get("value"), raw.get("until")
    if value not in (None, "") and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST):
        yield f"has value {value!r}, which is not a number from 0 to {MOST}"
    if until in (None, ""):
        return
    if not is_day(until):
        yield f"has until {until!r}, which is not a day (YYYY-MM-DD)"
    elif until < today:
        yield f"ended on {until}; remove it, or decide again and write a new end"
    elif (until - today).days > LONGEST:
        yield f"ends on {until}, more than a year from today"
