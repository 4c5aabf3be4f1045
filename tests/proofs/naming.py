"""Classes of server names and of claims, compared with lists of names: all short ones over three characters, and chosen ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager

from containment.model.flow import Application
from containment.model.fqdn import DomainPattern
from containment.model.reach import globs, server_names
from containment.model.reach.box import Box, Claim
from containment.model.reach.claims import ClaimMarks, Claims
from containment.model.reach.server_names import name_classes
from containment.model.ruleset import WebGroup
from tests.proofs.witnessed import fits

SMALL = "ab."
SHORT = [name for length in range(1, 9) for name in map("".join, itertools.product(SMALL, repeat=length)) if all(name.split("."))]


def some_patterns(rng: random.Random) -> list[str]:
    found: set[str] = set()
    while len(found) < rng.randint(1, 6):
        text = "".join(rng.choice("ab.*ab") for _ in range(rng.randint(1, 5)))
        if "**" not in text and all(text.split(".")):
            found.add(text)
    return sorted(found)


@contextmanager
def three_characters() -> Iterator[None]:
    """Make all names consist of three characters, so that all short ones can be listed."""
    kept = globs.ALPHABET, server_names._NOBODY
    for module, name, value in ((globs, "ALPHABET", SMALL), (server_names, "ALPHABET", SMALL), (server_names, "_NOBODY", "a.b")):
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, old in ((globs, "ALPHABET", kept[0]), (server_names, "ALPHABET", kept[0]), (server_names, "_NOBODY", kept[1])):
            setattr(module, name, old)


def small_names(rng: random.Random) -> None:
    """Names over three characters: every class of a short name is found, and none that no name has."""
    with three_characters():
        _compare_names(some_patterns(rng), SHORT)


def names(rng: random.Random) -> None:
    """Names over the whole alphabet: what is spelled out to the last character, and what is left over."""
    pool = ["*.b", "*", "*.x", "b", "x", "a.*.b", "*.a.b", "*a.b", "x.b", "x.a.b", "x*.b", "q.x", "invalid", "x.invalid", "*.invalid"]
    every = [f"*{char}.b" for char in globs.ALPHABET if char != "."]
    chosen = rng.sample(pool, rng.randint(1, 6))
    if rng.random() < 0.5:
        chosen += every if rng.random() < 0.5 else every[:-1]
    if rng.random() < 0.3:
        chosen += [f"{char}.b" for char in globs.ALPHABET if char != "."]
    words = [
        "b",
        "x",
        "a",
        "x.b",
        "q.b",
        "x.x",
        "a.b",
        "x.a.b",
        "y.a.b",
        "q.x",
        "invalid",
        "x.invalid",
        "y.invalid",
        "p.q",
        "a.x.b",
        "aa.b",
        "xa.b",
    ]
    _compare_names(sorted({*chosen}), [*words, *(f"{char}.b" for char in globs.ALPHABET if char != "."), "r9.b", "_-.b"])


def _compare_names(patterns: list[str], listed: list[str]) -> None:
    classes = name_classes({text: 1 << index for index, text in enumerate(patterns)})
    shared = classes.with_apex is classes.without_apex
    differ = False
    for apex, found in ((False, classes.without_apex), (True, classes.with_apex)):

        def bits_of_name(name: str, apex: bool = apex) -> int:
            return sum(1 << index for index, text in enumerate(patterns) if fits(text, name, apex))

        assert {*found} >= {bits_of_name(name) for name in listed}, patterns
        differ = differ or any(bits_of_name(name, False) != bits_of_name(name, True) for name in listed)
        for bits, name in found.items():
            assert all(name.split(".")), "an example is a valid name"
            assert {*name} <= {*globs.ALPHABET}
            assert bits_of_name(name) == bits or (apex and shared and bits_of_name(name, False) == bits), (patterns, name)
    assert shared or differ, "two readings are told only where they differ"


def claims(rng: random.Random) -> None:
    """Applications and names: every class that some name makes, with its unknowns and the mark of a forged name."""
    web = [(WebGroup("g", tuple(map(DomainPattern, rng.sample(["*", "*.b", "a.b", "b", "x"], 2))), unsure=tuple(
        map(DomainPattern, rng.sample(["*", "*.b", "a.b"], rng.randrange(2)))))) for _ in range(2)]  # fmt: skip
    parts: list[tuple[WebGroup, ...] | None] = [None, (web[0],), (web[1],)]
    some = (frozenset({Claim.TLS_NAMED, Claim.TLS_BARE}), frozenset({Claim.TLS_NAMED, Claim.HTTP_NAMED}), frozenset(Claim))
    boxes = [Box((), (), part, rng.choice(some)) for part in parts]
    verifying = rng.choice([0, 1, 2, 4])
    marks = ClaimMarks({Application.TLS: 1 << 8, Application.HTTP: 1 << 9, Application.OTHER: 0}, 1 << 10, verifying)
    lists = Claims(parts, [1, 2, 4], boxes, marks).kinds()
    for apex, kinds in zip((False, True), lists, strict=True):
        for kind in kinds:
            said = kind.member
            claim = {
                (Application.TLS, True): Claim.TLS_NAMED, (Application.TLS, False): Claim.TLS_BARE,
                (Application.HTTP, True): Claim.HTTP_NAMED, (Application.HTTP, False): Claim.HTTP_BARE,
            }.get((said.application, said.name is not None), Claim.OTHER)  # fmt: skip
            held = marks.of[said.application] | (marks.forged if said.forged else 0)
            may = 0
            for index, (part, box) in enumerate(zip(parts, boxes, strict=True)):
                named = claim is not Claim.OTHER and any(_says(one, said.name, apex) for group in part or () for one in group.patterns)
                unsure = claim is not Claim.OTHER and any(_says(one, said.name, apex) for group in part or () for one in group.unsure)
                held |= 1 << index if claim in box.claims and (part is None or named) else 0
                may |= 1 << index if claim in box.claims and unsure and not named else 0
            assert kind.bits == held or (apex and lists[0] is lists[1])
            assert sum({one.bits for one in kind.options}) | 0 >= may
            assert all(one.bits & ~may == 0 and one.bits for one in kind.options)
            if claim is Claim.TLS_NAMED:
                twins = [one for one in kinds if one.options == kind.options and one.bits | marks.forged == kind.bits | marks.forged]
                assert {one.member.forged for one in twins} == ({True, False} if (held | may) & verifying else {False})
            else:
                assert not said.forged


def _says(pattern: DomainPattern, name: str | None, apex: bool) -> bool:
    return pattern.text == "*" if name is None else fits(pattern.text, name, apex)
