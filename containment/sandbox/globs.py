"""Globs with segments: `*` matches within one segment, `**` across segments, `?` one character that is not `/`.

Inclusion is exact and comes with a shortest counterexample: the patterns are automata, and a search visits every combination of their
positions once. Patterns with `[` or `{` have no single meaning among the programs that read them, and are never included in anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

_ANY: Final = "**"
_SEGMENT: Final = "*"
_ONE: Final = "?"
_TOKEN: Final = re.compile(r"\*{2,}|.", re.DOTALL)
_UNREAD: Final = frozenset("[]{}\\")
_MOST_STATES: Final = 100_000
"""Combinations of positions after which a comparison ends without a proof."""
_FRESH: Final = "x"
"""A character for text that only a wildcard matches."""


def has_unread_character(pattern: str) -> bool:
    """Return whether a pattern has characters that are compared with nothing."""
    return bool(_UNREAD & {*pattern})


def find_uncovered_text(narrow: str, wide: Iterable[str]) -> str | None:
    """Return a shortest text that fits `narrow` and none of `wide`, None when every text of `narrow` fits one of them.

    The pattern itself is returned where it cannot be compared: it has characters without a single meaning, or too many wildcards.
    """
    patterns = tuple(sorted({one for one in wide if not has_unread_character(one)}))
    if has_unread_character(narrow):
        return None if narrow in wide else narrow
    return _search(narrow, patterns)


def is_match(pattern: str, text: str) -> bool:
    """Return whether a text fits a pattern."""
    if pattern == _SEGMENT:
        return "/" not in text
    tokens = _tokenize(pattern)
    places = _skip_wildcards(tokens, {0})
    for letter in text:
        places = _advance(tokens, places, letter)
    return len(tokens) in places


@lru_cache(maxsize=16384)
def _search(narrow: str, wide: tuple[str, ...]) -> str | None:
    if narrow in wide:
        return None
    inner, outer = _tokenize(narrow), [_tokenize(one) for one in wide]
    letters = _collect_letters([narrow, *wide])
    start = (_skip_wildcards(inner, {0}), tuple(_skip_wildcards(one, {0}) for one in outer))
    seen, front = {start}, [("", start)]
    while front:
        following = []
        for text, (at, others) in front:
            if len(inner) in at and not any(len(tokens) in places for tokens, places in zip(outer, others, strict=True)):
                return text
            for letter in letters:
                moved = _advance(inner, at, letter)
                if not moved:
                    continue
                state = (moved, tuple(_advance(tokens, places, letter) for tokens, places in zip(outer, others, strict=True)))
                if state not in seen:
                    if len(seen) == _MOST_STATES:
                        return narrow
                    seen.add(state)
                    following.append((text + letter, state))
        front = following
    return None


@lru_cache(maxsize=16384)
def _tokenize(pattern: str) -> tuple[str, ...]:
    return tuple(_ANY if token.startswith(_ANY) else token for token in _TOKEN.findall(pattern))


def _collect_letters(patterns: Sequence[str]) -> list[str]:
    """Return the characters that distinguish the patterns: their own, `/`, and one that represents all others."""
    own = {letter for pattern in patterns for letter in pattern} - {"*", "?", "/"}
    return [_FRESH if _FRESH not in own else _find_fresh_letter(own), *sorted(own), "/"]


def _find_fresh_letter(own: set[str]) -> str:
    return next((letter for letter in "qzjkvwy0123456789~" if letter not in own), "\u00e9")


def _skip_wildcards(tokens: tuple[str, ...], places: Iterable[int]) -> frozenset[int]:
    """Return the places with those behind a wildcard that matches nothing."""
    out = set(places)
    todo = list(out)
    while todo:
        place = todo.pop()
        if place < len(tokens) and tokens[place] in (_ANY, _SEGMENT) and place + 1 not in out:
            out.add(place + 1)
            todo.append(place + 1)
    return frozenset(out)


def _advance(tokens: tuple[str, ...], places: Iterable[int], letter: str) -> frozenset[int]:
    out = set()
    for place in places:
        if place == len(tokens):
            continue
        token = tokens[place]
        if token == _ANY or (token == _SEGMENT and letter != "/"):
            out.add(place)
        elif token == letter or (token == _ONE and letter != "/"):
            out.add(place + 1)
    return _skip_wildcards(tokens, out)
