"""Exceptions for wrong input, as one tree.

    ContainmentError
    └── InputError                  wrong input: contains every problem found, not only the first
        └── UsageError              a wrong command line
            └── StackNotFoundError  a stack that does not exist

A `Problem` has four parts: where, what, why it matters, and the fix. Bugs remain assertions. The models here, and those of everything that
a start of `containment-sandbox` imports, are named tuples: a frozen data class takes ten times as long to define.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from containment.exit_code import Exit


class Replacement(NamedTuple):
    """The value that fixes a problem, at `path` inside the file's keys; with `renames` it is the correct spelling of the key."""

    path: tuple[int | str, ...]
    value: Any
    renames: bool = False


class Problem(NamedTuple):
    """One mistake: where it is (file:key, option or rule), what is wrong, why it matters, and the fix.

    `replacement` is the value that `fix` names, None where the fix is no single value; it is not compared.
    """

    where: str
    what: str
    why: str
    fix: str
    replacement: Replacement | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and self[:4] == other[:4]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:4])

    def __lt__(self, other: tuple[object, ...]) -> bool:
        return self[:4] < other[:4]

    def __le__(self, other: tuple[object, ...]) -> bool:
        return self[:4] <= other[:4]

    def __gt__(self, other: tuple[object, ...]) -> bool:
        return self[:4] > other[:4]

    def __ge__(self, other: tuple[object, ...]) -> bool:
        return self[:4] >= other[:4]

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n    why: {self.why}\n    fix: {self.fix}"


class ContainmentError(Exception):
    """Base of the errors that commands print for the user.

    Attributes:
        problems: every mistake that the error is about; empty for one that does not come from the input.
        exit_code: the exit code of a command that ends with it.
    """

    problems: tuple[Problem, ...] = ()
    exit_code: Exit = Exit.ERROR


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


class UsageError(InputError):
    """A command line that cannot be run: an option is missing, has no such value, or contradicts another."""

    exit_code = Exit.USAGE


class StackNotFoundError(UsageError):
    """A stack that does not exist."""
