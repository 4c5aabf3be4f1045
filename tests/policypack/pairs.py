"""In which properties the samples go wrong: where a program and its repaired twin differ, as (resource type, property) pairs.

A resource that only one of the two declares, or that one of them declares as a component, is one pair, with DECLARED as its property, so
that a large one counts no more than a small one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DECLARED = "(declared)"

Registered = Iterable[Mapping[str, Any]]


def differences(bad: Registered, repaired: Registered) -> set[tuple[str, str]]:
    """Return the (type, top-level property) pairs in which two recordings differ."""
    one, other = ({each["urn"]: each for each in recording} for recording in (bad, repaired))
    found = {(each["type"], DECLARED) for urn in one.keys() ^ other.keys() for each in [one.get(urn) or other[urn]]}
    found |= {
        (one[urn]["type"], DECLARED) for urn in one.keys() & other.keys() if bool(one[urn]["provider"]) != bool(other[urn]["provider"])
    }
    for urn in one.keys() & other.keys():
        before, after = one[urn]["inputs"], other[urn]["inputs"]
        found |= {(one[urn]["type"], key) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return found
