"""Fixes for a wrong spelling: lower-case names, true and false, numbers as text, the host of a URL, a list without repeats."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

_YES: Final = frozenset({"yes", "y", "on", "1", "true", "t", "enabled", "enable"})
_NO: Final = frozenset({"no", "n", "off", "0", "false", "f", "disabled", "disable"})
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PORT: Final = re.compile(r":\d*\Z")


def make_slug(text: str, shortest: int, longest: int) -> str | None:
    """Reduce a text to lower-case letters, digits and dashes that start with a letter; return None when too little is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-").lstrip("0123456789-")[:longest].strip("-")
    return plain if len(plain) >= shortest else None


def read_boolean(raw: Any) -> bool | None:
    """Return the boolean that a text or number means, None when that is not clear."""
    word = str(raw).strip().lower()
    return True if word in _YES else False if word in _NO else None


def extract_host(text: str) -> str | None:
    """Return the host of a URL, or of a text with a port or a path; None for any other text."""
    plain = _SCHEME.sub("", text.strip(), count=1)
    host = re.split(r"[/?#]", plain, maxsplit=1)[0].rpartition("@")[2]
    host = _PORT.sub("", host)
    return host if host and host != text.strip() else None


def remove_repeats(values: Sequence[Any]) -> tuple[list[Any], list[tuple[int, int]]]:
    """Return the values without repeats, and (index of the repeat, index of the first) for each removed value."""
    firsts: dict[Any, int] = {}
    repeats = []
    for place, value in enumerate(values):
        if value in firsts:
            repeats.append((place, firsts[value]))
        else:
            firsts[value] = place
    return list(firsts), repeats


def format_number(value: float) -> str:
    """Return a number's shortest text, with an exponent below 1e-6 and from 1e21 on, as encoding/json writes it.

    Raises ValueError for infinity.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a number that JSON has")
    if not value:
        return "0"
    if not 1e-6 <= abs(value) < 1e21:
        return re.sub(r"e([-+])0", r"e\1", repr(value))
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.removesuffix(".0").partition(".")
    digits, point = whole + fraction, len(whole) + int(exponent or 0)
    text = f"0.{'0' * -point}{digits}" if point <= 0 else f"{digits[:point].ljust(point, '0')}.{digits[point:]}".rstrip(".")
    return f"-{text}" if value < 0 else text
