"""Ternary logic: YES, NO, and MAYBE for an unknown or undocumented fact.

MAYBE is never a YES: a check that needs a YES fails on it, and a check that must rule something out is not satisfied by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Ternary(StrEnum):
    """The answer to a question; MAYBE where a value is unknown or the Controller's behavior is not documented."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"

    @classmethod
    def of(cls, fact: bool) -> Ternary:
        """Return YES or NO for a known fact."""
        return cls.YES if fact else cls.NO


def any_of(answers: Iterable[Ternary]) -> Ternary:
    """Return the disjunction: YES when one answer is YES, else MAYBE when one is MAYBE, else NO (so NO without any answer)."""
    found = Ternary.NO
    for answer in answers:
        if answer is Ternary.YES:
            return answer
        if answer is Ternary.MAYBE:
            found = answer
    return found


def all_of(answers: Iterable[Ternary]) -> Ternary:
    """Return the conjunction: NO when one answer is NO, else MAYBE when one is MAYBE, else YES.

    Without any answer it is NO, unlike in logic: an empty list of evidence is never permission.
    """
    found = set(answers)
    if not found or Ternary.NO in found:
        return Ternary.NO
    return Ternary.MAYBE if Ternary.MAYBE in found else Ternary.YES


def consensus_of(answers: Iterable[Ternary]) -> Ternary:
    """Return the answer on which all agree; MAYBE when they differ, and without any answer."""
    found = set(answers)
    return found.pop() if len(found) == 1 else Ternary.MAYBE
