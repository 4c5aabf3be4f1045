"""Equivalence classes of server names: all valid names, by the patterns that match them.

Exact names and patterns with one leading `*` are nested or disjoint, like networks: sorted by their reversed spelling,
each directly follows the pattern that covers it, and one pass finds every class. Patterns with `*` elsewhere
(`ec2.*.amazonaws.com`) can overlap; an automaton (`containment.patterns.glob`) evaluates them, only below the suffix after their last `*`.

Whether `*.x` matches `x` is undocumented, so there are classes for both readings. A name is valid as in DNS, without the
limit of 253 characters (some classes have only longer names).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from containment.patterns.glob import ALPHABET, Glob, Known, find_open_classes, read_suffix

_END: Final = "\x01"
"""Closes the reversed spelling of an exact name: it sorts right behind a wildcard of the same spelling."""


_NOBODY: Final = "dilavni.x"
"""A name that cannot exist, reversed (RFC 2606): the example of the class of all other names."""


@dataclass(frozen=True, slots=True)
class NameClasses:
    """One name of every class, by signature, without and with apexes under their wildcards (one object when they are equal)."""

    without_apex: Mapping[int, str]
    with_apex: Mapping[int, str]


@dataclass(slots=True)
class _OpenWildcard:
    """A wildcard during the pass: its reversed suffix, its signature and the globs whose names may be below it."""

    key: str
    bits: int
    globs: tuple[Glob, ...]


def build_name_classes(patterns: Mapping[str, int]) -> NameClasses:
    """Return the classes into which patterns (normalized spelling -> bits) divide all valid names."""
    own: dict[str, int] = {"": 0}  # by key: a wildcard's reversed suffix, or an exact name reversed and closed
    globs: dict[str, list[Glob]] = {}
    apexes: dict[str, int] = {}
    for text, bits in patterns.items():
        tail = text.rpartition("*")[2]
        if len(tail) == len(text):
            own[text[::-1] + _END] = bits
            continue
        key = tail[::-1]
        own.setdefault(key, 0)
        if len(tail) + 1 == len(text):
            own[key] |= bits
            if tail.startswith("."):
                apexes[key[:-1] + _END] = bits
        else:
            globs.setdefault(key, []).append(Glob(text, bits))
    for key in apexes:
        own.setdefault(key, 0)
    return _collect_classes(own, sorted(own), globs, apexes)


def _collect_classes(
    own: Mapping[str, int], keys: Sequence[str], globs: Mapping[str, Sequence[Glob]], apexes: Mapping[str, int]
) -> NameClasses:
    plain: dict[int, str] = {}
    doubtful: list[tuple[int, int, str]] = []  # an apex: its classes in both readings
    stack = [_OpenWildcard("", own[""], tuple(globs.get("", ())))]
    wildcards = [stack[0]]
    for key in keys:
        if not key:
            continue
        while not key.startswith(stack[-1].key):
            stack.pop()
        above = stack[-1]
        bits = above.bits | own[key]
        if key[-1] != _END:
            stack.append(_OpenWildcard(key, bits, above.globs + tuple(globs[key]) if key in globs else above.globs))
            wildcards.append(stack[-1])
            continue
        if above.globs:
            name = key[-2::-1]
            for glob in above.globs:
                if glob.matches(name):
                    bits |= glob.bits
        if key in apexes and bits | apexes[key] != bits:
            doubtful.append((bits, bits | apexes[key], key[-2::-1]))
        elif bits not in plain:
            plain[bits] = key[-2::-1]
    below = _PatternIndex(own, keys)
    known: Known = {}
    for opened in wildcards:
        for bits, name in _find_remaining_classes(opened, below, known):
            plain.setdefault(bits, name)
    if all(bits in plain and more in plain for bits, more, _ in doubtful):
        return NameClasses(plain, plain)
    without, with_apex = dict(plain), dict(plain)
    for bits, more, name in doubtful:
        without.setdefault(bits, name)
        with_apex.setdefault(more, name)
    return NameClasses(without, with_apex)


def _find_remaining_classes(opened: _OpenWildcard, below: _PatternIndex, known: Known) -> list[tuple[int, str]]:
    """Return the classes of names under a wildcard that no exact name or wildcard below it matches, each with one such name."""
    if opened.globs:
        found = find_open_classes(opened.globs, read_suffix(opened.globs, opened.key), opened.key, below, known)
        return [(opened.bits | bits, word[::-1]) for bits, word in found.items()]
    word = _find_free_name(opened.key, below)
    return [] if word is None else [(opened.bits, word[::-1])]


class _PatternIndex:
    """The patterns below a reversed spelling: exact names, and wildcards whose names form separate classes."""

    def __init__(self, own: Mapping[str, int], keys: Sequence[str]) -> None:
        self._own, self._keys = own, keys

    def has_spelled(self, word: str) -> bool:
        """Return whether some key starts with `word`."""
        at = bisect_left(self._keys, word)
        return at < len(self._keys) and self._keys[at].startswith(word)

    def is_wildcard(self, word: str) -> bool:
        """Return whether all names below belong to another wildcard."""
        return word in self._own

    def is_exact(self, word: str) -> bool:
        """Return whether this exact name is a pattern."""
        return word + _END in self._own


def _find_free_name(key: str, below: _PatternIndex) -> str | None:
    """Return the reversed spelling of a valid name under `key` that no exact name or wildcard below matches, None if there is none."""
    if not key and not below.has_spelled(_NOBODY[:-1]) and not any(below.is_wildcard(_NOBODY[:end]) for end in range(1, len(_NOBODY))):
        return _NOBODY
    front = [key]
    while front:
        word = front.pop()
        later = []
        for char in ALPHABET:
            if char == "." and word[-1:] in ("", "."):
                continue
            longer = word + char
            if not below.is_wildcard(longer):
                if char != "." and not below.is_exact(longer):
                    return longer
                later.append(longer)
        front += reversed(later)
    return key if key[-1:] not in ("", ".") and not below.is_exact(key) else None
