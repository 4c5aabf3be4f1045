"""Inputs of one command that do not depend on each other, read so that the mistakes of all are reported at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from containment.errors import ContainmentError, InputError, UsageError
from containment.exit_code import Exit

Value = TypeVar("Value")


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
        self._errors: list[ContainmentError] = []

    @property
    def has_errors(self) -> bool:
        """Whether a reading has raised an error that waits for `require`."""
        return bool(self._errors)

    def read(self, function: Callable[[], Value]) -> PendingInput[Value]:
        """Call a function that returns one input; an error with problems that it raises waits for `require`."""
        found = PendingInput[Value]()
        try:
            found.value = function()
        except ContainmentError as error:
            if not error.problems:
                raise
            self._errors.append(error)
        return found

    def require(self) -> None:
        """Raise the errors of all readings as one; wrong usage if any of them is.

        Raises:
            ContainmentError: at least one input cannot be used; a single error, or one that several readings have, is raised as it is, and
                several as one InputError.
        """
        if len({one.problems for one in self._errors}) == 1:
            raise self._errors[0]
        if self._errors:
            kind = UsageError if any(one.exit_code is Exit.USAGE for one in self._errors) else InputError
            raise kind(self._title, [problem for one in self._errors for problem in one.problems])
