"""What a name meets in a list is found by look-up as it is by trying every entry, in the order of the list."""

from __future__ import annotations

import random

import pytest

from containment.catalog.known_hosts import PatternIndex, find_known_hosts, has_overlap
from containment.loaders.presets import load_library
from containment.patterns.domain import DomainPattern

TEXTS = ("a.b", "x.a.b", "*.a.b", "*.b", "b", "*a.b", "a.*.b", "*", "q.b", "*.q.b", "y.q.b", "*.x.a.b")


@pytest.mark.parametrize("seed", range(40))
def test_what_is_met_is_what_trying_every_entry_finds(seed: int) -> None:
    rng = random.Random(seed)
    things = [(DomainPattern(rng.choice(TEXTS)), place) for place in range(rng.randrange(12))]
    listed = PatternIndex(things)
    for text in (*TEXTS, "nobody.example", "*.example"):
        assert listed.find_overlapping(DomainPattern(text)) == [
            place for pattern, place in things if has_overlap(DomainPattern(text), pattern)
        ]


def test_a_wildcard_is_whatever_some_host_under_it_is_and_a_stranger_is_not_listed() -> None:
    library = load_library()
    entry = next(one for found in library.sets.values() for one in found.entries if one.uploads and "*" not in one.pattern)
    exact = entry.make_pattern("us-east-1")
    wider = DomainPattern(f"*.{exact.text.partition('.')[2]}")
    stranger = DomainPattern("nobody-has-reviewed-this.example")
    known = {host.pattern: host for host in find_known_hosts([exact, wider, stranger, exact], library, "us-east-1")}
    assert len(known) == 3
    assert known[exact].uploads
    assert known[wider].uploads
    assert not known[stranger].listed
