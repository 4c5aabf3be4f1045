"""Patterns with `*` anywhere, as an automaton over reversed names.

Reading a name from its end, each pattern is in a set of places (bits of one number; a `*` may stand for nothing or go
on). Names that put every pattern in the same places have the same future, so the classes below a suffix are found by
visiting each combination of places once; names that other patterns spell out are left to those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

ALPHABET: Final = "xqzjkvwyabcdefghilmnoprstu0123456789-_."
"""Every character of a name (`fqdn.normalise`); those that examples like to use come first."""

Places = tuple[int, ...]
"""For each glob the places it may be in, as bits; place 0 is before its last character."""


@dataclass(frozen=True, eq=False)
class Glob:
    """One pattern and its bits, ready to read names backwards."""

    text: str
    bits: int
    chars: dict[str, int] = field(init=False)
    stars: int = field(init=False)
    last: int = field(init=False)

    def __post_init__(self) -> None:
        backwards = self.text[::-1]
        chars: dict[str, int] = {}
        for place, char in enumerate(backwards):
            if char != "*":
                chars[char] = chars.get(char, 0) | 1 << place
        object.__setattr__(self, "chars", chars)
        object.__setattr__(self, "stars", sum(1 << place for place, char in enumerate(backwards) if char == "*"))
        object.__setattr__(self, "last", 1 << len(backwards))
        object.__setattr__(self, "_regex", re.compile(re.escape(self.text).replace(r"\*", ".*")))

    def matches(self, name: str) -> bool:
        """Tell whether a name is matched."""
        regex: re.Pattern[str] = self._regex  # type: ignore[attr-defined]
        return regex.fullmatch(name) is not None

    def closed(self, places: int) -> int:
        """Return the places that are reached by letting a `*` stand for nothing."""
        while (more := places | (places & self.stars) << 1) != places:
            places = more
        return places

    def step(self, places: int, char: str) -> int:
        """Return the places after one more character."""
        return self.closed((places & self.chars.get(char, 0)) << 1 | places & self.stars)


class Spelled(Protocol):
    """What other patterns spell out below a suffix."""

    def has(self, word: str) -> bool:
        """Tell whether something is spelled out at or below a reversed spelling."""

    def is_wildcard(self, word: str) -> bool:
        """Tell whether everything below is another class's."""

    def is_exact(self, word: str) -> bool:
        """Tell whether this very name is spelled out."""


def start(globs: Sequence[Glob], key: str) -> Places:
    """Return where each glob stands after a reversed suffix."""
    places = [glob.closed(1) for glob in globs]
    for char in key:
        places = [glob.step(at, char) for glob, at in zip(globs, places, strict=True)]
    return tuple(places)


State = tuple[Places, bool]
"""Where the globs stand, and whether a label has just begun: names that lead to one state go on in the same ways."""

Known = dict[tuple[tuple[Glob, ...], State], dict[int, str]]
"""What was found off the spelled-out names, by globs and state: bits -> the rest of a name."""


def open_classes(globs: tuple[Glob, ...], places: Places, key: str, spelled: Spelled, known: Known) -> dict[int, str]:
    """Return the classes of valid names that go on from `key` and are not spelled out: bits of the globs -> one reversed name.

    Spelled-out prefixes are followed only where they put the globs in places that nothing else has put them in.
    """
    found: dict[int, str] = {}
    seen: set[State] = set()
    front: list[tuple[str, State]] = [(key, (places, key[-1:] in ("", ".")))]
    while front:
        following: list[tuple[str, State]] = []
        for word, state in front:
            if state in seen:
                continue
            onward = list(_onward(globs, word, state, spelled))
            for longer, reached, off in onward:
                if off:
                    seen |= _visit(globs, reached, known)
                    for bits, rest in known[globs, reached].items():
                        found.setdefault(bits, longer + rest)
            at, begun = state
            if not begun and not spelled.is_exact(word):
                found.setdefault(_accepted(globs, at), word)
            following += [(longer, reached) for longer, reached, off in onward if not off]
        front = following
    return found


def _visit(globs: tuple[Glob, ...], state: State, known: Known) -> set[State]:
    """Find everything that goes on from a state with nothing spelled out, keep it in `known`, and return the states seen."""
    seen = {state}
    if (globs, state) in known:
        return seen
    found: dict[int, str] = {}
    front = [("", state)]
    while front:
        following = []
        for word, here in front:
            at, begun = here
            if not begun:
                found.setdefault(_accepted(globs, at), word)
            for longer, reached, _ in _onward(globs, word, here, None):
                if reached not in seen:
                    seen.add(reached)
                    following.append((longer, reached))
        front = following
    known[globs, state] = found
    return seen


def _accepted(globs: Sequence[Glob], at: Places) -> int:
    bits = 0
    for glob, reached in zip(globs, at, strict=True):
        bits |= glob.bits if reached & glob.last else 0
    return bits


def _onward(globs: Sequence[Glob], word: str, state: State, spelled: Spelled | None) -> Iterator[tuple[str, State, bool]]:
    """Yield the spellings one character on, with the state they lead to and whether nothing spelled out is left there.

    Of characters that lead to one state one is enough, unless something is spelled out below it.
    """
    places, begun = state
    done: set[State] = set()
    later = []
    for char in ALPHABET:
        if begun and char == ".":
            continue
        reached = (tuple(glob.step(at, char) for glob, at in zip(globs, places, strict=True)), char == ".")
        if reached in done:
            continue
        longer = word + char
        if spelled is None or not spelled.has(longer):
            done.add(reached)
            yield longer, reached, True
        elif not spelled.is_wildcard(longer):
            later.append((longer, reached))
    for longer, reached in later:
        if reached not in done:
            yield longer, reached, False
