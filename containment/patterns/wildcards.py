"""Wildcard patterns: `*` matches any text, also dots or nothing, `?` any one character; letter case counts.

The only matcher of domain patterns, IAM patterns and the name classes of `containment.analysis`. A pattern is a nondeterministic
automaton whose positions are the bits of one number, so a comparison takes time proportional to the product of the two lengths at most,
without recursion or backtracking: policies may contain patterns of thousands of characters. Runs of `*` count as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_STARS = re.compile(r"\*{2,}")


def is_wild(value: Any) -> bool:
    """Return whether a text has a wildcard in it."""
    return isinstance(value, str) and ("*" in value or "?" in value)


@dataclass(frozen=True, slots=True, eq=False)
class Automaton:
    """A pattern that reads text; bit `i` of a set of positions means that the first `i` characters of the pattern are used up.

    `letters` has the positions before each character, `singles` those before a `?`, `stars` those before a `*`.
    """

    letters: Mapping[str, int]
    singles: int
    stars: int
    end: int

    @property
    def start(self) -> int:
        """The positions before any text is read."""
        return self._skip_stars(1)

    def advance(self, places: int, char: str) -> int:
        """Return the positions after one more character of a text."""
        return self._skip_stars((places & (self.letters.get(char, 0) | self.singles)) << 1 | places & self.stars)

    def has_accepted(self, places: int) -> bool:
        """Return whether the whole pattern may be used up."""
        return bool(places & self.end)

    def advance_into(self, places: int, char: str) -> int:
        """Return the positions after some text that one character of another pattern matches."""
        if char == "*":
            return -(places & -places) & (self.end << 1) - 1  # every position from the first one on
        if char == "?":
            return self._skip_stars((places & ~self.stars & self.end - 1) << 1 | places & self.stars)
        return self.advance(places, char)

    def advance_over(self, places: int, char: str) -> int:
        """Return the positions after every text that one character of another pattern matches; with `?` a NO may be too strict."""
        if char == "*":
            return self._skip_stars(places & self.stars)
        return self.advance(places, "" if char == "?" else char)

    def _skip_stars(self, places: int) -> int:
        """Add the positions behind a `*` that matches nothing; no two stars are adjacent."""
        return places | (places & self.stars) << 1


@lru_cache(maxsize=8192)
def compile_pattern(pattern: str) -> Automaton:
    """Return the automaton of a pattern."""
    text = _STARS.sub("*", pattern)
    places: dict[str, int] = {}
    for place, char in enumerate(text):
        places[char] = places.get(char, 0) | 1 << place
    stars, singles = places.pop("*", 0), places.pop("?", 0)
    return Automaton(letters=places, singles=singles, stars=stars, end=1 << len(text))


def is_match(pattern: str, text: str) -> bool:
    """Return whether a text fits a pattern; wildcards in the text are ordinary characters."""
    automaton = compile_pattern(pattern)
    return _is_accepted(automaton, automaton.advance, text)


@lru_cache(maxsize=65536)
def has_common_text(one: str, other: str) -> bool:
    """Return whether some text fits both patterns."""
    automaton = compile_pattern(other)
    return _is_accepted(automaton, automaton.advance_into, _STARS.sub("*", one))


@lru_cache(maxsize=65536)
def is_superset(wide: str, narrow: str) -> bool:
    """Return whether every text that fits `narrow` fits `wide`: exact without `?`; with one, a yes is exact and a no may be too strict."""
    automaton = compile_pattern(wide)
    return _is_accepted(automaton, automaton.advance_over, _STARS.sub("*", narrow))


def _is_accepted(automaton: Automaton, step: Callable[[int, str], int], text: str) -> bool:
    places = automaton.start
    for char in text:
        places = step(places, char)
        if not places:
            return False
    return automaton.has_accepted(places)


@lru_cache(maxsize=65536)
def find_common_text(one: str, other: str) -> str | None:
    """Return a shortest text that fits both patterns, None when there is none; the patterns have no `?`."""
    if not has_common_text(one, other):
        return None
    seen: set[tuple[int, int]] = set()
    front: list[tuple[int, int, str]] = [(0, 0, "")]
    while True:  # breadth first over both patterns' positions, by the length of the text; the patterns meet, so it ends
        following: list[tuple[int, int, str]] = []
        stack = front[::-1]
        while stack:
            i, j, text = stack.pop()
            if (i, j) in seen:
                continue
            seen.add((i, j))
            if i == len(one) and j == len(other):
                return text
            a, b = one[i : i + 1], other[j : j + 1]
            stack += [(i + 1, j, text)] * (a == "*") + [(i, j + 1, text)] * (b == "*")
            if a == b != "*" and a:
                following.append((i + 1, j + 1, text + a))
            elif a == "*" and b not in ("", "*"):
                following.append((i, j + 1, text + b))
            elif b == "*" and a not in ("", "*"):
                following.append((i + 1, j, text + a))
        front = following
