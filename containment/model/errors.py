"""What people can get wrong, as one exception tree.

    ContainmentError
    └── InputError          something a person typed: carries every problem found, not the first

A `Problem` says what, where, why it matters and the fix. Bugs stay assertions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake: where it stands (file:key or rule), what it is, why it matters, what to do."""

    where: str
    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n    why: {self.why}\n    fix: {self.fix}"


class ContainmentError(Exception):
    """Anything this package raises for people."""


class InputError(ContainmentError):
    """Input that cannot be used; `problems` has every mistake, sorted by place."""

    def __init__(self, title: str, problems: Iterable[Problem]) -> None:
        self.title = title
        self.problems = tuple(sorted(set(problems)))
        assert self.problems, "an InputError without a problem explains nothing"
        super().__init__(title)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.title}: {count} problem{'s' if count > 1 else ''}"
        return "\n".join([head, *(f"  {line}" for problem in self.problems for line in str(problem).splitlines())])
