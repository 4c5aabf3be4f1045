"""Collector of problems between values, without those about a value that is already refused."""

from __future__ import annotations

from typing import Any

from containment.config.parser import get_alias, make_problem
from containment.errors import Problem, Replacement
from containment.fixes.unfit_value import NO_VALUE


class Checks:
    """The problems of one stack file; `wrong` has the keys whose own value was refused."""

    def __init__(self, file: str, wrong: frozenset[str]) -> None:
        self.file, self.wrong, self.problems = file, wrong, list[Problem]()

    def add(self, name: str, value: Any, what: str, *others: str, fix: str | None = None, replacement: Any = NO_VALUE) -> None:
        """Record that a field's value disagrees with `others`; record nothing when one of them is wrong by itself.

        Args:
            name: the field to change.
            value: its value, None where the message quotes none.
            what: what is wrong.
            others: fields whose values the check reads as well.
            fix: the fix computed from the values; the declared one by default.
            replacement: the value that `fix` names.
        """
        if not self._is_clouded(name, others):
            self.problems.append(make_problem(self.file, get_alias(name), value, what, fix, replacement))

    def report(self, where: str, what: str, why: str, fix: str, replacement: Replacement | None = None) -> None:
        """Record a problem, whichever values are wrong by themselves."""
        self.problems.append(Problem(where, what, why, fix, replacement))

    def add_explained(self, name: str, what: str, why: str, fix: str, *others: str, replacement: Any = NO_VALUE) -> None:
        """Record a problem whose why and fix are not the declared ones; arguments as in `add`."""
        if not self._is_clouded(name, others):
            key = get_alias(name)
            mends = None if replacement is NO_VALUE else Replacement((key,), replacement)
            self.report(f"{self.file}:{key}", what, why, fix, mends)

    def _is_clouded(self, name: str, others: tuple[str, ...]) -> bool:
        return bool(self.wrong & {get_alias(name), *map(get_alias, others)})
