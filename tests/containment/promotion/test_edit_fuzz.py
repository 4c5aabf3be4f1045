"""No file and no entry crashes the editor, and an edit is exact or refused: 300 mutants, `LINES=1000000` for the full count.

An edit that is made has the item once, every other item of the list and every other key as before, and is the same when it is repeated.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from typing import Any

import pytest

from containment.loaders import strict_yaml
from containment.promotion.yaml_edit import CannotEditError, set_list_item
from tests.containment.promotion.test_yaml_edit import ITEM, TEXTS, is_it

COUNT = int(os.environ.get("LINES", "300"))
PATH = ("config", "K")
SPLICES = [
    "\x00",
    "\ufeff",
    "\u2028",
    "\t",
    "- ",
    ": ",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "|\n",
    ">-\n",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "\r",
    "\n\n",
]
SPLICES += [
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "? ",
    "<<: ",
    "K:\n",
    "config:\n",
    "  ",
    "~",
    "é漢",
    "0x1",
    "1e3",
    "2027-01-01",
    "yes",
    "a" * 300,
]
WORDS = [
    "",
    " ",
    "null",
    "yes",
    "0x1F",
    "1e3",
    "2027-01-01",
    "a: b",
    "- x",
    "#x",
    "'",
    '"',
    "\\",
    "{}",
    "[",
    "é漢\u2028",
    "*",
    "&a",
    "!x",
    "%",
    "@",
    "`",
]


def mutate(text: str, chance: random.Random) -> str:
    """Return the text with one to three changes: characters cut, repeated, replaced, or spliced in."""
    for _ in range(chance.randint(1, 3)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 1, 1, 3, 12)))
        text = text[:start] + chance.choice(("", chance.choice(SPLICES), text[start:end] * 2)) + text[end:]
    return text


def make_item(chance: random.Random) -> dict[str, Any]:
    return {**ITEM, "owner": chance.choice(WORDS) + chance.choice(WORDS), "reason": chance.choice(WORDS)}


REFUSED = object()


def read(text: str) -> Any:
    """Return the data of a text, REFUSED for one that the strict reader refuses."""
    try:
        return strict_yaml.load(text)
    except strict_yaml.StrictYamlError:
        return REFUSED


def split(data: Any) -> tuple[list[Any], Mapping[str, Any]]:
    """Return the list of the key, and everything else of a document."""
    whole = dict(data or {})
    config = dict(whole.pop("config", None) or {})
    items = config.pop("K", None) or []
    return list(items), {**whole, "config": config}


@pytest.mark.timeout(7200)
def test_an_edit_is_exact_or_refused() -> None:
    chance = random.Random(15)
    edited = refused = 0
    for _ in range(COUNT):
        text, item = mutate(chance.choice(TEXTS).replace("agent-containment:K", "K"), chance), make_item(chance)
        before = read(text)
        if before is REFUSED:
            refused += 1  # `promote` reads the file strictly before it edits
            continue
        try:
            found = set_list_item(text, PATH, item, is_it)
        except CannotEditError:
            refused += 1
            continue
        edited += 1
        after = read(found)
        assert isinstance(after, dict), (text, found)
        (old, rest), (new, kept) = split(before), split(after)
        assert kept == rest, (text, found)
        assert [one for one in new if is_it(one)][:1] == [item], (text, found)
        assert [one for one in new if not is_it(one)] == [one for one in old if not is_it(one)], (text, found)
        assert set_list_item(found, PATH, item, is_it) == found, (text, found)
    assert edited + refused == COUNT
    assert min(edited, refused) > COUNT // 20
