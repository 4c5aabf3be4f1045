"""Look-alikes: names whose letters come from other scripts and read like a known name (UTS 39, confusable detection).

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


def decoded(name: str) -> str:
    """Return a name with its `xn--` labels in Unicode; raises ValueError for a label that is not valid Punycode."""
    if "xn--" not in name:
        return name
    try:
        return ".".join(idna.ulabel(label) if label.startswith("xn--") else label for label in name.split("."))
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"has a label in Punycode that cannot be decoded: {error}") from None


def label_read_as_ascii(name: str) -> tuple[str, str] | None:
    """Return the first label that is not ASCII and reads as if it were, with that reading; None when there is none."""
    for label in decoded(name).split("."):
        if not label.isascii():
            reading = _skeleton(label)
            if reading.isascii():
                return label, reading
    return None


def disguised_letter(raw: str) -> tuple[str, str] | None:
    """Return the first character outside ASCII that UTS 46 maps to ASCII or to nothing, with what it is read as; else None.

    Full-width letters and stops, letters of mathematics and invisible characters are such. A name on the wire (SNI) is ASCII, so one
    that is written with them is the mapped name for a browser and may be none for whatever compares spellings.
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


def mixed_label(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the first label whose letters are of scripts that no language mixes, with those scripts; None when none is."""
    for label in decoded(name).split("."):
        if not label.isascii():
            scripts = _scripts(label)
            if len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER):
                return label, tuple(sorted(scripts))
    return None


def known_name_like(name: str, known: Iterable[str]) -> str | None:
    """Return the shortest known name that a name in other letters reads like, itself, above or below it; None when none does."""
    text = decoded(name)
    if text.isascii():
        return None
    reading = f".{plain(text)}"
    return min(
        (one for one in known if one != name and _reads_as(reading, f".{plain(one)}")), key=lambda one: (len(one), one), default=None
    )


def _reads_as(reading: str, known: str) -> bool:
    return reading.endswith(known) or known.endswith(reading)


def plain(text: str) -> str:
    """Return what names that read alike share: the skeleton without diacritics, with i, l and 1, and o and 0, as one."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return _skeleton(bare).translate(_ALIKE)


_TOGETHER = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
"""Scripts that one language writes together (UTS 39, section 5.2, "highly restrictive")."""


def _scripts(label: str) -> frozenset[str]:
    """Return the scripts of a label's letters, by the library's data; digits, hyphens and marks belong to every script."""
    from confusable_homoglyphs import categories  # type: ignore[import-untyped]

    found = {categories.alias(char) for char in label if char not in _HYPHEN_DOT}
    return frozenset(script for script in found if script not in {"COMMON", "INHERITED"})


def _skeleton(text: str) -> str:
    return "".join(map(_latin, text))


@functools.lru_cache(maxsize=4096)
def _latin(char: str) -> str:
    """Return the ASCII letter or digit that a character looks like, else the character."""
    if char.isascii():
        return char
    from confusable_homoglyphs import confusables

    found = confusables.is_confusable(char, greedy=True, preferred_aliases=[])
    likes = [one["c"] for entry in found or () for one in entry["homoglyphs"]]
    ascii_likes = sorted(one.lower() for one in likes if len(one) == 1 and one.isascii() and one.isalnum())
    return ascii_likes[0] if ascii_likes else char
