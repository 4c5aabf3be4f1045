"""Wildcard patterns of IAM: `*` is any text, `?` any one character, letter case does not count.

Both comparisons take time proportional to the patterns' lengths multiplied, at most (the rows are bits of one number), and no
recursion: a policy may contain patterns of thousands of characters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STARS = re.compile(r"\*{2,}")


def is_wild(value: Any) -> bool:
    """Return whether a text has a wildcard in it."""
    return isinstance(value, str) and ("*" in value or "?" in value)


@lru_cache(maxsize=4096)
def meet(one: str, other: str) -> bool:
    """Return whether some text fits both patterns.

    The product of the two patterns' automata, row by row: bit j of `reached` is set when what is read so far of `one` can be
    read up to position j of `other`.
    """
    first, second = (_STARS.sub("*", text.lower()) for text in (one, other))
    stars, any_one, letters = 0, 0, dict[str, int]()
    for position, char in enumerate(second):
        if char == "*":
            stars |= 1 << position
        elif char == "?":
            any_one |= 1 << position
        else:
            letters[char] = letters.get(char, 0) | 1 << position
    everything, end = (1 << len(second)) - 1, 1 << len(second)
    reached = _past(1, stars)
    for char in first:
        if char == "*":
            lowest = reached & -reached
            reached = (everything | end) & ~(lowest - 1)
        else:
            fits = (everything & ~stars) if char == "?" else letters.get(char, 0) | any_one
            reached = _past((reached & stars) | (reached & fits) << 1, stars)
        if not reached:
            return False
    return bool(reached & end)


def _past(reached: int, stars: int) -> int:
    """Return the positions reached, with those behind a star that reads nothing; no two stars are neighbors."""
    return reached | (reached & stars) << 1


def covers(wide: str, narrow: str) -> bool:
    """Return whether every text that fits `narrow` fits `wide`; a yes is exact, a no may be too strict."""
    return bool(_covering(wide.lower()).fullmatch(narrow.lower()))


@lru_cache(maxsize=512)
def _covering(wide: str) -> re.Pattern[str]:
    """Return an expression over patterns: a star covers any part of a pattern, a question mark one character that is no star."""
    parts = {"*": ".*", "?": r"[^*]"}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in _STARS.sub("*", wide)), re.DOTALL)
