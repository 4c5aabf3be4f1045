"""Classes of server names and of claims, compared with lists of names: all short ones over three characters, and chosen ones."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from containment.analysis.classes import server_names
from containment.analysis.classes.box import Box, L7Match
from containment.analysis.classes.l7_matches import L7Conditions, L7Marks
from containment.analysis.classes.server_names import build_name_classes
from containment.patterns import glob as globs
from containment.patterns.domain import DomainPattern
from containment.patterns.glob import Glob, read_suffix
from containment.patterns.url import UrlPattern
from containment.policy.flow import Application
from containment.policy.rules import WebGroup
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


def spelled_out(rng: random.Random) -> list[str]:
    """Return patterns that spell out all that lies below a suffix, or all but a little of it."""
    tail = rng.choice(["", "b", "ab", ".b"])
    below = [f"*{char}{tail}" for char in SMALL if char != "." or tail[:1] not in ("", ".")]
    found = {f"*{tail}", *rng.sample(below, rng.randint(max(1, len(below) - 1), len(below)))}
    if tail.strip(".") == tail and tail and rng.random() < 0.5:
        found.add(tail)
    if rng.random() < 0.5:
        found |= {text[1:] for text in rng.sample(sorted(found), 2) if text[1:] and all(text[1:].split("."))}
    if rng.random() < 0.5:
        found.add(rng.choice(["a*b", "*a*", "b*", f"a*{tail or 'a'}", f"*.*{tail}", f"*a*{tail}"]).replace("**", "*"))
    return sorted(found | {*rng.sample(some_patterns(rng), 1)})


def small_names(rng: random.Random) -> None:
    """Names over three characters: every class of a short name is found, and none that no name has."""
    with three_characters():
        _compare_names(some_patterns(rng), SHORT)
        _compare_names(spelled_out(rng), SHORT)


def read_backwards(rng: random.Random) -> None:
    """A glob that reads a name from its end accepts what it matches, wherever reading begins."""
    every = [Glob(text, 1 << index) for index, text in enumerate(some_patterns(rng))]
    for name in rng.sample(SHORT, 40):
        cut = rng.randrange(len(name) + 1)
        places = read_suffix(every, name[:cut:-1] if cut < len(name) else "")
        for char in name[cut::-1] if cut < len(name) else name[::-1]:
            places = tuple(glob.automaton.advance(at, char) for glob, at in zip(every, places, strict=True))
        for glob, at in zip(every, places, strict=True):
            assert glob.automaton.has_accepted(at) == glob.matches(name) == fits(glob.text, name, apex=False)


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
    classes = build_name_classes({text: 1 << index for index, text in enumerate(patterns)})
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
    assert shared or {*classes.without_apex} != {*classes.with_apex}, "two readings are told only where their classes differ"
    if len({*globs.ALPHABET}) > len(SMALL):
        _nobody_is_the_example(patterns, classes.without_apex)


def _nobody_is_the_example(patterns: list[str], classes: Mapping[int, str]) -> None:
    """Names that nothing but `*` speaks of have an example that nobody has, if nothing is said of that one's neighbours."""
    others = [text for text in patterns if text != "*"]
    if not any(fits(text, "x.invalid", apex=True) or text.endswith(".invalid") or "*" in text[1:] for text in others):
        assert classes[sum(1 << index for index, text in enumerate(patterns) if text == "*")] == "x.invalid"


def little_is_followed(rng: random.Random) -> None:
    """Names spelled out below a glob are not followed one by one: what lies behind them is known from elsewhere."""
    looked = 0

    class Counting(server_names._PatternIndex):
        def has_spelled(self, word: str) -> bool:
            nonlocal looked
            looked += 1
            return super().has_spelled(word)

    names = {f"{''.join(rng.choice('abc') for _ in range(8))}.b": 1 for _ in range(100)}
    kept, server_names._PatternIndex = server_names._PatternIndex, Counting  # type: ignore[misc]
    try:
        build_name_classes({"*.b": 2, "*abc*.b": 4, **names})
    finally:
        server_names._PatternIndex = kept  # type: ignore[misc]
    assert looked < 40, "as many as there are characters, not as there are names"


def claims(rng: random.Random) -> None:
    """Applications and names: every class that some name makes, with its unknowns and the mark of a forged name."""
    pool = ["*", "*.b", "a.b", "b", "x", "x*", "*b", "*.a.b"]
    web = [
        WebGroup(
            "g",
            tuple(map(DomainPattern, rng.sample(pool, 2))),
            tuple(map(UrlPattern.parse, rng.sample(["a.b/x*", "*.a.b/x*", "x.b/z"], rng.randrange(3)))),
            tuple(map(DomainPattern, rng.sample(["*", "*.b", "a.b", "x*"], rng.randrange(2)))),
        )
        for _ in range(2)
    ]
    parts: list[tuple[WebGroup, ...] | None] = rng.sample([None, (web[0],), (web[1],)], 3)
    some = (frozenset({L7Match.TLS_NAMED, L7Match.TLS_BARE}), frozenset({L7Match.TLS_NAMED, L7Match.HTTP_NAMED}), frozenset(L7Match))
    boxes = [Box((), (), part, rng.choice(some)) for part in parts]
    assert not any(box.decrypts for box in boxes), "nothing is decrypted unless it is said"
    boxes = [replace(box, decrypts=True) if rng.random() < 0.5 else box for box in boxes]
    verifying = rng.choice([0, 1, 2, 4])
    marks = L7Marks({Application.TLS: 1 << 8, Application.HTTP: 1 << 9, Application.OTHER: 0}, 1 << 10, verifying)
    made = L7Conditions(parts, [1, 2, 4], boxes, marks)
    lists = made.build_classes()
    for apex, kinds in zip((False, True), lists, strict=True):
        for kind in kinds:
            said = kind.member
            claim = {
                (Application.TLS, True): L7Match.TLS_NAMED, (Application.TLS, False): L7Match.TLS_BARE,
                (Application.HTTP, True): L7Match.HTTP_NAMED, (Application.HTTP, False): L7Match.HTTP_BARE,
            }.get((said.application, said.name is not None), L7Match.OTHER)  # fmt: skip
            held, options = _claimed(parts, boxes, marks, claim, said.name, apex=apex)
            held |= marks.forged if said.forged else 0
            if not (apex and lists[0] is lists[1]):
                assert kind.bits == held
                assert {(one.what, one.bits) for one in kind.options} == options
            if claim is L7Match.TLS_NAMED:
                twins = [one for one in kinds if one.options == kind.options and one.bits | marks.forged == kind.bits | marks.forged]
                may = functools.reduce(int.__or__, (one.bits for one in kind.options), kind.bits)
                assert {one.member.forged for one in twins} == ({True, False} if may & verifying else {False})
            else:
                assert not said.forged
    _claims_of_one_name(rng, made, parts, boxes, marks)


def _claims_of_one_name(
    rng: random.Random, made: L7Conditions, parts: Sequence[tuple[WebGroup, ...] | None], boxes: Sequence[Box], marks: L7Marks
) -> None:
    """The classes of flows that say one name, when some boxes hold it that did not."""
    name, added = rng.choice(["a.b", "x.a.b", "b", "x", "xa", "q.b", "qb", "q"]), rng.randrange(8)
    for apex, kinds in zip((False, True), made.build_classes_of_name(name, added), strict=True):
        expected = set()
        for claim in (L7Match.TLS_NAMED, L7Match.HTTP_NAMED):
            held, options = _claimed(parts, boxes, marks, claim, name, apex=apex, added=added)
            expected.add((held, frozenset(options)))
            may = functools.reduce(int.__or__, (bits for _, bits in options), held)
            if claim is L7Match.TLS_NAMED and may & marks.verifying:
                expected.add((held | marks.forged, frozenset(options)))
        assert {(kind.bits, frozenset((one.what, one.bits) for one in kind.options)) for kind in kinds} == expected
        assert all(kind.member.name == name and kind.member.forged == bool(kind.bits & marks.forged) for kind in kinds)


def _claimed(
    parts: Sequence[tuple[WebGroup, ...] | None],
    boxes: Sequence[Box],
    marks: L7Marks,
    claim: L7Match,
    name: str | None,
    *,
    apex: bool,
    added: int = 0,
) -> tuple[int, set[tuple[str, int]]]:
    """Return the boxes (and marks) that match a claim for certain, and what each unknown would add."""
    tls = claim in (L7Match.TLS_NAMED, L7Match.TLS_BARE)
    held = marks.of[Application.TLS if tls else Application.OTHER if claim is L7Match.OTHER else Application.HTTP]
    unknown: dict[str, int] = {}
    for index, (part, box) in enumerate(zip(parts, boxes, strict=True)):
        if claim not in box.claims:
            continue
        speaks = claim is not L7Match.OTHER
        named = speaks and any(_says(one, name, apex) for group in part or () for one in group.patterns)
        if part is None or named or added >> index & 1:
            held |= 1 << index
            continue
        for group in part if speaks else ():
            for one in group.unsure:
                if _says(one, name, apex):
                    what = f"a request that {one} in an unknown group matches"
                    unknown[what] = unknown.get(what, 0) | 1 << index
            for url in group.urls:
                if name is not None and fits(url.host.text, name, apex) and (box.decrypts or not tls):
                    unknown[f"a request to {url}"] = unknown.get(f"a request to {url}", 0) | 1 << index
    return held, {*unknown.items()}


def _says(pattern: DomainPattern, name: str | None, apex: bool) -> bool:
    return pattern.text == "*" if name is None else fits(pattern.text, name, apex)
