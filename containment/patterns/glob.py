"""Equivalence classes of names for patterns with `*` anywhere, by automata over reversed names.

While a name is read from its end, each pattern is in a set of positions (bits of one number; a `*` may match nothing, or go on). Names
that put every pattern in the same positions continue alike, so the equivalence classes below a suffix are found by visiting each
combination of positions once. Names that other patterns spell out are left to those patterns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from containment.patterns.wildcards import Automaton, compile_pattern, is_match

ALPHABET: Final = "xqzjkvwyabcdefghilmnoprstu0123456789-_."
"""Every character of a normalized name; those preferred in examples come first."""

Places = tuple[int, ...]
"""For each glob the positions that it may be in, as bits; position 0 is before its last character."""


@dataclass(frozen=True, eq=False)
class Glob:
    """One pattern and its bits, compiled to read names backwards."""

    text: str
    bits: int
    automaton: Automaton = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "automaton", compile_pattern(self.text[::-1]))

    def matches(self, name: str) -> bool:
        """Return whether a name is matched."""
        return is_match(self.text, name)


class SpelledNames(Protocol):
    """Names and wildcards that other patterns spell out below a suffix."""

    def has_spelled(self, word: str) -> bool:
        """Return whether something is spelled out at or below a reversed spelling."""

    def is_wildcard(self, word: str) -> bool:
        """Return whether everything below belongs to another class."""

    def is_exact(self, word: str) -> bool:
        """Return whether exactly this name is spelled out."""


def read_suffix(globs: Sequence[Glob], key: str) -> Places:
    """Return the positions of each glob after a reversed suffix."""
    places = tuple(glob.automaton.start for glob in globs)
    for char in key:
        places = _advance(globs, places, char)
    return places


def _advance(globs: Sequence[Glob], places: Places, char: str) -> Places:
    return tuple(glob.automaton.advance(at, char) for glob, at in zip(globs, places, strict=True))


State = tuple[Places, bool]
"""Positions of the globs, and whether a label has just begun; names that lead to one state continue alike."""

Known = dict[tuple[tuple[Glob, ...], State], dict[int, str]]
"""Results of `_visit`, by globs and state: bits -> the rest of a name."""


def find_open_classes(globs: tuple[Glob, ...], places: Places, key: str, spelled: SpelledNames, known: Known) -> dict[int, str]:
    """Return the classes of valid names that continue `key` and are not spelled out: bits of the globs -> one reversed name.

    Spelled-out prefixes are followed only where they put the globs in positions that nothing else has reached.
    """
    found: dict[int, str] = {}
    seen: set[State] = set()
    front: list[tuple[str, State]] = [(key, (places, key[-1:] in ("", ".")))]
    while front:
        following: list[tuple[str, State]] = []
        for word, state in front:
            if state in seen:
                continue
            onward = list(_extend(globs, word, state, spelled))
            for longer, reached, off in onward:
                if off:
                    seen |= _visit(globs, reached, known)
                    for bits, rest in known[globs, reached].items():
                        found.setdefault(bits, longer + rest)
            at, begun = state
            if not begun and not spelled.is_exact(word):
                found.setdefault(_collect_bits(globs, at), word)
            following += [(longer, reached) for longer, reached, off in onward if not off]
        front = following
    return found


def _visit(globs: tuple[Glob, ...], state: State, known: Known) -> set[State]:
    """Find all continuations of a state with nothing spelled out, store them in `known`, and return the states seen."""
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
                found.setdefault(_collect_bits(globs, at), word)
            for longer, reached, _ in _extend(globs, word, here, None):
                if reached not in seen:
                    seen.add(reached)
                    following.append((longer, reached))
        front = following
    known[globs, state] = found
    return seen


def _collect_bits(globs: Sequence[Glob], at: Places) -> int:
    bits = 0
    for glob, reached in zip(globs, at, strict=True):
        bits |= glob.bits if glob.automaton.has_accepted(reached) else 0
    return bits


def _extend(globs: Sequence[Glob], word: str, state: State, spelled: SpelledNames | None) -> Iterator[tuple[str, State, bool]]:
    """Yield the spellings one character longer, with their state and whether nothing is spelled out below them.

    Of characters that lead to the same state one is enough, unless something is spelled out below it.
    """
    places, begun = state
    done: set[State] = set()
    later = []
    for char in ALPHABET:
        if begun and char == ".":
            continue
        reached = (_advance(globs, places, char), char == ".")
        if reached in done:
            continue
        longer = word + char
        if spelled is None or not spelled.has_spelled(longer):
            done.add(reached)
            yield longer, reached, True
        elif not spelled.is_wildcard(longer):
            later.append((longer, reached))
    for longer, reached in later:
        if reached not in done:
            yield longer, reached, False
