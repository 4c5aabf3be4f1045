"""Text from an agent, shown exactly: what is invisible, or changes the order of what is read, becomes a visible mark.

Rules kept here:
- nothing is left out or cut; a value's length is part of what is shown where it is long;
- a mark cannot be imitated: the brackets that marks are made of are marked themselves;
- what is drawn on a terminal or a page contains no control, format, private or unassigned character.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

_OPEN, _CLOSE = "\u27e6", "\u27e7"
LONG: Final = 200
"""Characters from which on the length of a value is shown with it."""
_HIDDEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that draw nothing, or nearly, in categories that usually draw something."""
_MARKED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Me"})
_DIRECTIONS: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_NAMES: Final = {"\n": "line break", "\t": "tab", "\r": "carriage return", "\x00": "null", "\x1b": "escape", "\x7f": "delete"}
_MOST_ACCENTS: Final = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a text: as it is, or a mark for one character."""

    text: str
    is_mark: bool = False


def split_text(text: str, *, keeps_lines: bool = False) -> tuple[Segment, ...]:
    """Return a text as segments, with a mark for each character that a reader could miss or misread.

    Args:
        text: the text.
        keeps_lines: whether a line break, after its mark, starts a new line.
    """
    found: list[Segment] = []
    plain: list[str] = []
    accents = 0
    for character in text:
        accents = accents + 1 if unicodedata.category(character) == "Mn" else 0
        if not _is_marked(character) and accents <= _MOST_ACCENTS:
            plain.append(character)
            continue
        found += [Segment("".join(plain))] if plain else []
        plain = ["\n"] if keeps_lines and character == "\n" else []
        found.append(Segment(_name_character(character), is_mark=True))
    return (*found, *([Segment("".join(plain))] if plain else []))


def show_text(text: str, *, keeps_lines: bool = False) -> str:
    """Return a text with its marks for a terminal, where right-to-left letters are marked too: a terminal may reorder them."""
    return "".join(one.text if one.is_mark else _mark_right_to_left(one.text) for one in split_text(text, keeps_lines=keeps_lines))


def find_warnings(text: str) -> tuple[str, ...]:
    """Return what a reader of a text should know about its characters."""
    found = []
    if any(_changes_order(one) for one in text):
        found.append("contains characters that change the order in which text is shown; each is marked")
    if any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in text):
        found.append("contains right-to-left letters; they are shown in the order in which they are stored")
    if any(_is_marked(one) and not _changes_order(one) and one not in "\n\t" for one in text):
        found.append("contains invisible or control characters; each is marked")
    if _has_look_alikes(text):
        found.append("mixes alphabets whose letters look alike")
    return tuple(found)


def list_values(arguments: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each single value of an action's arguments with its path, in order of the keys.

    An empty object or list is a value as well, so that nothing is left out.
    """
    if isinstance(arguments, dict) and arguments:
        for key in sorted(arguments):
            yield from list_values(arguments[key], f"{path}.{_quote_key(key)}" if path else _quote_key(key))
    elif isinstance(arguments, list) and arguments:
        for place, item in enumerate(arguments):
            yield from list_values(item, f"{path}[{place}]")
    else:
        yield path, arguments


def describe_length(text: str) -> str:
    """Return the length of a long text in words, "" for a short one."""
    lines = text.count("\n") + 1
    return f"{len(text)} characters{f', {lines} lines' if lines > 1 else ''}, shown in full" if len(text) > LONG else ""


def _quote_key(key: str) -> str:
    """Return a key that cannot be read as two, or as a place in a list."""
    return key if key and key.isascii() and key.replace("_", "").replace("-", "").isalnum() else json.dumps(key, ensure_ascii=False)


def _is_marked(character: str) -> bool:
    category = unicodedata.category(character)
    if category in _MARKED or (category == "Zs" and character != " ") or character in (_OPEN, _CLOSE) or character in _HIDDEN:
        return True
    code = ord(character)
    return 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF or 0x180B <= code <= 0x180F


def _name_character(character: str) -> str:
    name = _NAMES.get(character) or unicodedata.name(character, "").lower() or "character without a name"
    return f"{_OPEN}U+{ord(character):04X} {name}{_CLOSE}"


def _mark_right_to_left(text: str) -> str:
    return "".join(_name_character(one) if unicodedata.bidirectional(one) in _RIGHT_TO_LEFT else one for one in text)


def _changes_order(character: str) -> bool:
    return unicodedata.bidirectional(character) in _DIRECTIONS or character in "\u200e\u200f\u061c"


def _has_look_alikes(text: str) -> bool:
    from confusable_homoglyphs import confusables  # type: ignore[import-untyped]

    return not text.isascii() and bool(confusables.is_dangerous(text, preferred_aliases=["latin"]))
