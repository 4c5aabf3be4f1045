"""Look-alike names: letters of other scripts that read like a known name (UTS 39, confusable detection).

The skeleton of a label has every letter replaced by the Latin letter or digit that it looks like; diacritics are dropped
when names are compared with known ones, because a reader of a rule overlooks them too. Names in ASCII are never
look-alikes here: `rn` for `m` is left to the reviewer. Characters that UTS 46 maps to ASCII are disguises of ASCII names.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable

import idna

_ALIKE = str.maketrans("i10", "llo")
_HYPHEN_DOT = frozenset("-.*_")


def decode_name(name: str) -> str:
    """Return a name with its `xn--` labels in Unicode; raises ValueError for a label that is not valid Punycode."""
    if "xn--" not in name:
        return name
    try:
        return ".".join(idna.ulabel(label) if label.startswith("xn--") else label for label in name.split("."))
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"has a label in Punycode that cannot be decoded: {error}") from None


def find_label_read_as_ascii(name: str) -> tuple[str, str] | None:
    """Return the first label that is not ASCII but reads like ASCII, with that reading; None when there is none."""
    for label in decode_name(name).split("."):
        if not label.isascii():
            reading = _compute_skeleton(label)
            if reading.isascii():
                return label, reading
    return None


def find_disguised_letter(raw: str) -> tuple[str, str] | None:
    """Return the first character outside ASCII that UTS 46 maps to ASCII or to nothing, with its reading; else None.

    Examples are full-width letters and stops, mathematical letters and invisible characters. A name on the wire (SNI) is ASCII: a browser
    reads a name with such characters as the mapped name, and software that compares spellings may not.
    """
    for char in raw:
        if not char.isascii():
            try:
                reading = idna.uts46_remap(char, std3_rules=False, transitional=False)
            except idna.IDNAError:
                reading = ""  # a space outside ASCII at an end, which `normalise` strips
            if reading.isascii():
                return char, reading
    return None


def find_mixed_label(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the first label that mixes scripts as no language does, with those scripts; None when there is none."""
    for label in decode_name(name).split("."):
        if not label.isascii():
            scripts = _find_scripts(label)
            if len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER):
                return label, tuple(sorted(scripts))
    return None


def find_known_lookalike(name: str, known: Iterable[str]) -> str | None:
    """Return the shortest known name that a name in other letters reads like, or lies above or below; None when there is none."""
    text = decode_name(name)
    if text.isascii():
        return None
    reading = f".{fold_lookalikes(text)}"
    return min(
        (one for one in known if one != name and _is_alike(reading, f".{fold_lookalikes(one)}")),
        key=lambda one: (len(one), one),
        default=None,
    )


def _is_alike(reading: str, known: str) -> bool:
    return reading.endswith(known) or known.endswith(reading)


def fold_lookalikes(text: str) -> str:
    """Return the form that names which read alike share: the skeleton without diacritics, with i, l and 1, and o and 0, as one."""
    return read_as_latin(text).translate(_ALIKE)


def read_as_latin(text: str) -> str:
    """Return text without diacritics, with every letter replaced by the Latin letter or digit that it looks like."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return _compute_skeleton(bare)


_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that one language writes together (UTS 39, section 5.2, "highly restrictive")."""


def _find_scripts(label: str) -> frozenset[str]:
    """Return the scripts of a label's letters, by the library's data; digits, hyphens and marks belong to every script."""
    from confusable_homoglyphs import categories  # type: ignore[import-untyped]

    found = {categories.alias(char) for char in label if char not in _HYPHEN_DOT}
    return frozenset(script for script in found if script not in {"COMMON", "INHERITED"})


def _compute_skeleton(text: str) -> str:
    return "".join(map(_find_latin, text))


@functools.lru_cache(maxsize=4096)
def _find_latin(char: str) -> str:
    """Return the ASCII letter or digit that a character looks like, else the character."""
    if char.isascii():
        return char
    from confusable_homoglyphs import confusables

    found = confusables.is_confusable(char, greedy=True, preferred_aliases=[])
    likes = [one["c"] for entry in found or () for one in entry["homoglyphs"]]
    ascii_likes = sorted(one.lower() for one in likes if len(one) == 1 and one.isascii() and one.isalnum())
    return ascii_likes[0] if ascii_likes else char
