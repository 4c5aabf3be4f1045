"""One dimension of the analysis: its classes, each with the boxes that hold for every member.

Two members with the same signature are one class: no box tells them apart. Where it is not known whether a member is in
a group (a threat feed, a Kubernetes label), the class has options: each an unknown that may add boxes. Unknowns of one
class are independent of each other, and one group is the same unknown in every rule that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

Member = TypeVar("Member")


@dataclass(frozen=True, slots=True)
class Option:
    """An unknown that may hold for a member: the boxes it adds, and what it is, for people."""

    bits: int
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Member]):
    """One class: its signature, the unknowns that may add to it, and one member."""

    bits: int
    options: tuple[Option, ...]
    member: Member


@dataclass(frozen=True, slots=True, eq=False)
class Pick(Generic[Member]):
    """A class with the unknowns that are taken to hold."""

    bits: int
    kind: Kind[Member]
    given: tuple[str, ...] = ()


class Dimension(Generic[Member]):
    """The classes of one dimension; boxes with the same set in it (`parts`) are answered once."""

    def __init__(self, kinds: Sequence[Kind[Member]], parts: Sequence[int]) -> None:
        """`parts[i]` is the same for boxes i that are the same set here."""
        self.kinds = tuple(kinds)
        self._parts = parts
        self._picks: dict[tuple[frozenset[int], bool], tuple[Pick[Member], ...]] = {}
        self._reach: dict[int, int] = {}
        firsts: dict[int, int] = {}
        for box, part in enumerate(parts):
            firsts.setdefault(part, box)
        asked = sum(1 << box for box in firsts.values())
        self._bit = {part: 1 << box for part, box in firsts.items()}
        self._holding: dict[int, list[Kind[Member]]] = {part: [] for part in firsts}
        for kind in self.kinds:
            bits = kind.bits
            for option in kind.options:
                bits |= option.bits
            bits &= asked
            while bits:
                low = bits & -bits
                self._holding[parts[low.bit_length() - 1]].append(kind)
                bits ^= low

    def picks(self, need: Sequence[int], *, sure: bool = False) -> tuple[Pick[Member], ...]:
        """Return the classes in all boxes of `need` (their numbers), with as few unknowns as that takes, or none if `sure`.

        Left out is what has all the bits of another: where that one has something to be avoided, so has this.
        """
        key = frozenset(self._parts[box] for box in need)
        found = self._picks.get((key, sure))
        if found is None:
            bits = 0
            for part in key:
                bits |= self._bit[part]
            among = min((self._holding[part] for part in key), key=len) if key else self.kinds
            found = self._picks[key, sure] = tuple(_least(pick for pick in _picks(among, bits) if not (sure and pick.given)))
        return found

    def meets(self, box: int) -> int:
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


def _picks(kinds: Iterable[Kind[Member]], need: int) -> Iterable[Pick[Member]]:
    for kind in kinds:
        missing = need & ~kind.bits
        if not missing:
            yield Pick(kind.bits, kind)
        elif kind.options:
            yield from _with_options(kind, missing)


def _least(picks: Iterable[Pick[Member]]) -> list[Pick[Member]]:
    """Return the picks whose bits hold no other's, those with the fewest bits first."""
    out: list[Pick[Member]] = []
    for pick in sorted(picks, key=lambda one: one.bits.bit_count()):
        if all(other.bits & ~pick.bits for other in out):
            out.append(pick)
    return out


def _with_options(kind: Kind[Member], missing: int) -> Iterable[Pick[Member]]:
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
        yield Pick(bits, kind, tuple(option.what for option in taken))
