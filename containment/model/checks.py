"""Collects problems between values, leaving out those about a value that is already known to be wrong."""

from __future__ import annotations

from typing import Any

from containment.model.errors import Problem
from containment.model.parse import alias_of, problem


class Checks:
    """The problems of one stack file; `wrong` are the keys whose own value was refused."""

    def __init__(self, file: str, wrong: frozenset[str]) -> None:
        self.file, self.wrong, self.problems = file, wrong, list[Problem]()

    def add(self, name: str, value: Any, what: str, *others: str) -> None:
        """Note that a field's value disagrees with the `others`; say nothing when one of them is wrong by itself."""
        if not self.wrong & {alias_of(name), *map(alias_of, others)}:
            self.problems.append(problem(self.file, alias_of(name), value, what))

    def say(self, name: str, what: str, why: str, fix: str, *others: str) -> None:
        """Note a problem with a why and a fix of its own."""
        if not self.wrong & {alias_of(name), *map(alias_of, others)}:
            self.problems.append(Problem(f"{self.file}:{alias_of(name)}", what, why, fix))
