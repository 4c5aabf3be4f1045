"""The error of a value that a validator refuses, with the fix computed from the value."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final


class NoValue(Enum):
    """The type of `NO_VALUE`."""

    NO_VALUE = "no value"


NO_VALUE: Final = NoValue.NO_VALUE
"""Placeholder for a value that cannot be computed (None can be a computed value)."""


class UnfitError(ValueError):
    """A value that a validator refuses.

    Args:
        what: what is wrong, as a phrase that follows the place ("is not a network").
        fix: what to write instead; None where only the key's own declaration has a fix.
        value: the value that `fix` names, NO_VALUE where it names none.
    """

    def __init__(self, what: str, fix: str | None = None, value: Any = NO_VALUE) -> None:
        super().__init__(what)
        self.what, self.fix, self.value = what, fix, value
