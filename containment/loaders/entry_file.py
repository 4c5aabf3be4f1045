"""Lists of accepted exceptions in YAML, whose entries have an owner, a reason and an end.

Waivers, reviewed types and bounds are such lists. This module reads the list and checks what every entry must have. One mistake makes a
whole file void, because it is unknown what the file was meant to accept; callers apply that, and interpret the other keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
