"""Words in texts such as an owner or a reason, where one character only fills the field. Pure."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[\s\d!-/:-@\[-`{-~]+")
"""White space, digits and ASCII punctuation: what separates words."""


def has_word(text: str) -> bool:
    """Return whether a text contains a word: two letters of any script without a separator between them."""
    return any(sum(map(str.isalpha, part)) >= 2 for part in _BETWEEN.split(text))
