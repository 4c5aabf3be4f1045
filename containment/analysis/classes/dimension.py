"""One dimension of the analysis: its equivalence classes, each with the boxes that contain all its members.

Members with the same signature form one class: no box distinguishes them. Where it is unknown whether a member is in
a group (a threat feed, a Kubernetes label), the class has options: an option is an unknown that may add boxes. Unknowns of
one class are independent of each other, and a group is the same unknown in every rule that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

Member = TypeVar("Member")


@dataclass(frozen=True, slots=True)
class Option:
    """An unknown that may be true of a member: the boxes that it adds, and its description for people."""

    bits: int
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class EquivalenceClass(Generic[Member]):
    """One class: its signature, the unknowns that may add to it, and one member."""

    bits: int
    options: tuple[Option, ...]
    member: Member


@dataclass(frozen=True, slots=True, eq=False)
class ClassChoice(Generic[Member]):
    """A class with the unknowns that are assumed to be true, and the bits that result."""

    bits: int
    kind: EquivalenceClass[Member]
    given: tuple[str, ...] = ()


class Dimension(Generic[Member]):
    """The classes of one dimension; boxes with the same set in it (`parts`) share one answer."""

    def __init__(self, kinds: Sequence[EquivalenceClass[Member]], parts: Sequence[int]) -> None:
        """Index the classes by part; `parts[i]` is equal for all boxes with the same set in this dimension."""
        self.kinds = tuple(kinds)
        self._parts = parts
        self._picks: dict[tuple[frozenset[int], bool], tuple[ClassChoice[Member], ...]] = {}
        self._reach: dict[int, int] = {}
        firsts: dict[int, int] = {}
        for box, part in enumerate(parts):
            firsts.setdefault(part, box)
        asked = sum(1 << box for box in firsts.values())
        self._bit = {part: 1 << box for part, box in firsts.items()}
        self._holding: dict[int, list[EquivalenceClass[Member]]] = {part: [] for part in firsts}
        for kind in self.kinds:
            bits = kind.bits
            for option in kind.options:
                bits |= option.bits
            bits &= asked
            while bits:
                low = bits & -bits
                self._holding[parts[low.bit_length() - 1]].append(kind)
                bits ^= low

    def choose_classes(self, need: Sequence[int], *, sure: bool = False) -> tuple[ClassChoice[Member], ...]:
        """Return the classes in all boxes of `need` (their numbers), with the fewest unknowns that this takes, or none if `sure`.

        A pick with all the bits of another is left out: it has at least as much that is to be avoided.
        """
        key = frozenset(self._parts[box] for box in need)
        found = self._picks.get((key, sure))
        if found is None:
            bits = 0
            for part in key:
                bits |= self._bit[part]
            among = min((self._holding[part] for part in key), key=len) if key else self.kinds
            found = self._picks[key, sure] = tuple(
                _keep_minimal(pick for pick in _generate_choices(among, bits) if not (sure and pick.given))
            )
        return found

    def find_meeting_boxes(self, box: int) -> int:
        """Return the boxes that share a member with one box, as bits."""
        part = self._parts[box]
        if part not in self._reach:
            found = 0
            for kind in self._holding[part]:
                found |= kind.bits
                for option in kind.options:
                    found |= option.bits
            self._reach[part] = found
        return self._reach[part]


def _generate_choices(kinds: Iterable[EquivalenceClass[Member]], need: int) -> Iterable[ClassChoice[Member]]:
    for kind in kinds:
        missing = need & ~kind.bits
        if not missing:
            yield ClassChoice(kind.bits, kind)
        elif kind.options:
            yield from _generate_optional_choices(kind, missing)


def _keep_minimal(picks: Iterable[ClassChoice[Member]]) -> list[ClassChoice[Member]]:
    """Return the picks whose bits do not include all bits of another, those with the fewest bits first."""
    out: list[ClassChoice[Member]] = []
    for pick in sorted(picks, key=lambda one: one.bits.bit_count()):
        if all(other.bits & ~pick.bits for other in out):
            out.append(pick)
    return out


def _generate_optional_choices(kind: EquivalenceClass[Member], missing: int) -> Iterable[ClassChoice[Member]]:
    """Yield the class with every smallest choice of unknowns that adds all missing boxes, one unknown for each."""
    wants = []
    while missing:
        low = missing & -missing
        wants.append([option for option in kind.options if option.bits & low])
        missing ^= low
    seen = set()
    for chosen in product(*wants):
        taken = tuple(dict.fromkeys(chosen))
        key = frozenset(taken)
        if key in seen:
            continue
        seen.add(key)
        bits = kind.bits
        for option in taken:
            bits |= option.bits
        yield ClassChoice(bits, kind, tuple(option.what for option in taken))
