"""Every class of names is found, none is made up, and its example is in it: compared with all short names of a small alphabet."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from containment.analysis.classes.server_names import build_name_classes
from containment.patterns.glob import ALPHABET
from tests.proofs.naming import SMALL, some_patterns, three_characters

NAMES = [name for length in range(1, 10) for name in map("".join, itertools.product(SMALL, repeat=length)) if all(name.split("."))]


def matches(pattern: str, name: str, *, apex: bool) -> bool:
    if re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name):
        return True
    return apex and pattern.startswith("*.") and "*" not in pattern[2:] and name == pattern[2:]


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(12, 60))])
def test_in_a_world_of_three_characters_classes_are_those_of_all_names(seed: int) -> None:
    patterns = some_patterns(random.Random(seed))
    with three_characters():
        classes = build_name_classes({text: 1 << index for index, text in enumerate(patterns)})
    for apex, found in ((False, classes.without_apex), (True, classes.with_apex)):
        signature = {
            name: sum(1 << index for index, text in enumerate(patterns) if matches(text, name, apex=apex))
            for name in (*NAMES, *found.values())
        }
        assert set(found) >= {signature[name] for name in NAMES}, patterns
        shared = classes.with_apex is classes.without_apex
        for bits, name in found.items():
            assert all(name.split(".")), "an example is a valid name"
            assert signature[name] == bits or (apex and shared), (patterns, name)


def test_a_wildcard_that_is_spelled_out_to_the_last_character_is_no_class() -> None:
    spelled = {f"*{char}.b": 1 << index for index, char in enumerate(ALPHABET) if char != "."}
    nothing_left = build_name_classes({"*.b": 1 << 60, **spelled})
    assert 1 << 60 not in nothing_left.without_apex
    one_left = build_name_classes({"*.b": 1 << 60, **{text: bits for text, bits in spelled.items() if text != "*x.b"}})
    assert one_left.without_apex[1 << 60].endswith("x.b")


def test_whether_the_apex_is_under_its_wildcard_is_two_readings() -> None:
    classes = build_name_classes({"*.a.example": 1, "a.example": 2})
    assert set(classes.without_apex) == {0, 1, 2}
    assert set(classes.with_apex) == {0, 1, 3}


def test_a_hundred_thousand_names_and_a_glob_are_few_classes() -> None:
    names = {f"host{index}.zone{index % 7}.example": 1 << index % 7 for index in range(100_000)}
    classes = build_name_classes({**names, "host*.zone3.example": 1 << 8})
    assert set(classes.without_apex) == {0, 1 << 8, 1 << 3 | 1 << 8, *(1 << zone for zone in range(7) if zone != 3)}
