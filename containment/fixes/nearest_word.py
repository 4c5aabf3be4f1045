"""The known word nearest to a misspelled one, the fix that proposes it, and the allowed number nearest to another."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

SHORT: Final = 12
"""The longest list of words that a fix names in full."""

SIMILAR: Final = 0.6
"""The least similarity of a proposal to the word (difflib's ratio)."""

_AS_LIKE: Final = 0.85
"""The least similarity of a second proposal to the word (difflib's ratio)."""

_JOINTS: Final = re.compile(r"[\s_.-]+")


def find_nearest(word: str, known: Iterable[str], as_like: float = SIMILAR) -> str | None:
    """Return the known word spelled most like `word`, None when none is similar; case, spaces and `_.-` do not count.

    Args:
        word: the word as it is written.
        known: the words that it may be.
        as_like: the least similarity, from 0 to 1 (difflib's ratio).
    """
    return next(iter(_find_close(word, known, as_like)), None)


def _find_close(word: str, known: Iterable[str], cutoff: float = SIMILAR) -> list[str]:
    """Return the known words that are similar to a word, the most similar first."""
    folded = {_fold(one): one for one in known}
    return [folded[one] for one in difflib.get_close_matches(_fold(word), folded, 3, cutoff)]


def join_words(known: Iterable[str], most: int = SHORT) -> str | None:
    """Return the known words as a list for a message, None when there are none or more than `most`."""
    words = list(known)
    return ", ".join(words) if 0 < len(words) <= most else None


def make_proposal(word: str, known: Iterable[str], otherwise: str, verb: str = "write", most: int = SHORT) -> str:
    """Return the fix for a word that is not known.

    Args:
        word: the word as it is written.
        known: the words that it may be.
        otherwise: the fix where no word is similar and the known ones are too many to list.
        verb: the verb of the fix ("write", "use").
        most: the longest list that is given in full.
    """
    words = list(known)
    near, all_ = find_nearest(word, words), join_words(words, most)
    if near is not None:
        if all_ is not None and len(words) > 1:
            return f"{verb} {near} (known: {all_})"
        others = [one for one in _find_close(word, words, _AS_LIKE) if one != near]
        return f"{verb} {near}" + (f", or {' or '.join(others)}" if others else "")
    return otherwise if all_ is None else f"{verb} one of: {all_}"


def _fold(word: str) -> str:
    return _JOINTS.sub("", word.casefold())


def find_nearest_number(wanted: int, allowed: Iterable[int]) -> int:
    """Return the allowed number nearest to `wanted`; of two equally near, the higher."""
    return min(allowed, key=lambda one: (abs(one - wanted), -one))
