"""Exceptions for wrong input, as one tree.

    ContainmentError
    └── InputError          wrong input: carries every problem found, not only the first
        └── NoSuchStack     a stack that does not exist

A `Problem` has four parts: where, what, why it matters, and the fix. Bugs remain assertions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Replacement:
    """The value that fixes a problem, at `path` inside the file's keys; with `renames` it is the correct spelling of the key."""

    path: tuple[int | str, ...]
    value: Any
    renames: bool = False


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake: where it is (file:key, option or rule), what is wrong, why it matters, and the fix.

    `replacement` is the value that `fix` names, None where the fix is no single value.
    """

    where: str
    what: str
    why: str
    fix: str
    replacement: Replacement | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n    why: {self.why}\n    fix: {self.fix}"


class ContainmentError(Exception):
    """Base of the errors that commands print for the user."""


class InputError(ContainmentError):
    """Input that cannot be used; `problems` contains every mistake, sorted by place."""

    def __init__(self, title: str, problems: Iterable[Problem]) -> None:
        self.title = title
        self.problems = tuple(sorted(set(problems)))
        assert self.problems, "an InputError without a problem explains nothing"
        super().__init__(title)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.title}: {count} problem{'s' if count > 1 else ''}"
        return "\n".join([head, *(f"  {line}" for problem in self.problems for line in str(problem).splitlines())])


class StackNotFoundError(InputError):
    """A stack that does not exist: wrong usage."""
