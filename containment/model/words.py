"""Words in the texts people answer with: an owner or a reason is more than a sign to fill the field. Pure."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[\s\d!-/:-@\[-`{-~]+")
"""White space, digits and ASCII punctuation: what separates words."""


def has_word(text: str) -> bool:
    """Return whether a text contains a word: two letters, of any script, with nothing that separates words between them."""
    return any(sum(map(str.isalpha, part)) >= 2 for part in _BETWEEN.split(text))
