"""Exceptions for wrong input, as one tree.

    ContainmentError
    └── InputError                  wrong input: contains every problem found, not only the first
        └── UsageError              a wrong command line
            └── StackNotFoundError  a stack that does not exist

A `Problem` has four parts: where, what, why it matters, and the fix. Bugs remain assertions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


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


class UsageError(InputError):
    """A command line that cannot be run: an option is missing, has no such value, or contradicts another."""


class StackNotFoundError(UsageError):
    """A stack that does not exist."""


class PendingInput(Generic[Value]):
    """The result of one reading of `InputReader`; it has a value if `InputReader.require` returned."""

    value: Value

    @property
    def is_read(self) -> bool:
        """Whether the input can be used."""
        return hasattr(self, "value")

    def get_or(self, default: Value) -> Value:
        """Return the value, or another one in place of an input that cannot be used."""
        return getattr(self, "value", default)


class InputReader:
    """Reader of inputs that do not depend on each other: a mistake in one does not hide those in the others.

    Call `read` for each input and `require` once; then use the values.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._errors: list[InputError] = []

    def read(self, function: Callable[[], Value]) -> PendingInput[Value]:
        """Call a function that returns one input; an InputError that it raises waits for `require`."""
        found = PendingInput[Value]()
        try:
            found.value = function()
        except InputError as error:
            self._errors.append(error)
        return found

    def require(self) -> None:
        """Raise the errors of all readings as one; wrong usage if any of them is.

        Raises:
            InputError: at least one input cannot be used; a single error is raised as it is.
        """
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            kind = UsageError if any(isinstance(one, UsageError) for one in self._errors) else InputError
            raise kind(self._title, [problem for one in self._errors for problem in one.problems])
