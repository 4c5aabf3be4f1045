"""Classes of claims: application and server name, as a client can write them.

A WebGroup is matched by a name over TLS or HTTP; without a name only `*` matches; what is neither matches none. A name
may be forged, which is a class of its own wherever a rule verifies names. Both readings of the apex are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from containment.model.flow import Application
from containment.model.reach.addresses import spread
from containment.model.reach.box import Box, Claim
from containment.model.reach.dimension import Kind, Option
from containment.model.reach.globs import Glob
from containment.model.reach.server_names import name_classes
from containment.model.ruleset import WebGroup


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a client says first: an application, a server name if it gives one, and whether that name is forged."""

    application: Application
    name: str | None = None
    forged: bool = False


_APPLICATION = {
    Claim.TLS_NAMED: Application.TLS,
    Claim.TLS_BARE: Application.TLS,
    Claim.HTTP_NAMED: Application.HTTP,
    Claim.HTTP_BARE: Application.HTTP,
    Claim.OTHER: Application.OTHER,
}


@dataclass(frozen=True, slots=True)
class ClaimMarks:
    """Bits beyond the boxes: what every class of an application carries, and what a forged name carries."""

    of: Mapping[Application, int]
    forged: int
    verifying: int
    """The boxes of rules that verify names; only where one of them holds does forging matter."""


_NAMED: Final = (Claim.TLS_NAMED, Claim.HTTP_NAMED)
_BARE: Final = (Claim.TLS_BARE, Claim.HTTP_BARE)


class Claims:
    """What the boxes of one table say of claims; part i of `parts` stands for the boxes `masks[i]`."""

    def __init__(self, parts: Sequence[tuple[WebGroup, ...] | None], masks: Sequence[int], boxes: Sequence[Box], marks: ClaimMarks) -> None:
        self._asking = {claim: sum(1 << index for index, box in enumerate(boxes) if claim in box.claims) for claim in Claim}
        self._decrypting = sum(1 << index for index, box in enumerate(boxes) if box.decrypts)
        self._patterns = _Patterns(parts, masks)
        self._marks = marks

    def kinds(self) -> tuple[list[Kind[Spoken]], list[Kind[Spoken]]]:
        """Return the classes without and with apexes under their wildcards; the same list twice when that does not matter."""
        classes = name_classes(self._patterns.marked)
        without = self._kinds([(*self._patterns.told(held), name) for held, name in classes.without_apex.items()], Claim)
        if classes.with_apex is classes.without_apex:
            return without, without
        return without, self._kinds([(*self._patterns.told(held), name) for held, name in classes.with_apex.items()], Claim)

    def kinds_of(self, name: str, added: int) -> tuple[list[Kind[Spoken]], list[Kind[Spoken]]]:
        """Return the classes of flows that say one name, in both readings, when the boxes `added` hold it too."""
        lists = []
        for held in self._patterns.holding(name):
            bits, unknowns = self._patterns.told(held)
            lists.append(self._kinds([(bits | added, unknowns, name)], _NAMED))
        return lists[0], lists[1]

    def _kinds(self, named: Iterable[_Told], claims: Iterable[Claim]) -> list[Kind[Spoken]]:
        patterns, marks = self._patterns, self._marks
        kinds: dict[tuple[int, tuple[Option, ...]], Spoken] = {}
        for claim in claims:
            application, asking = _APPLICATION[claim], self._asking[claim]
            told: Iterable[_Told] = named if claim in _NAMED else [patterns.bare] if claim in _BARE else [(0, (), None)]
            for bits, unknowns, name in told:
                held = asking & (patterns.unnamed | bits) | marks.of[application]
                may = tuple(one.option(held, asking, self._decrypting, application) for one in unknowns)
                may = tuple(one for one in may if one.bits)
                kinds.setdefault((held, may), Spoken(application, name))
                if claim is Claim.TLS_NAMED and any(bits & marks.verifying for bits in (held, *(one.bits for one in may))):
                    kinds.setdefault((held | marks.forged, may), Spoken(application, name, True))
        return [Kind(held, may, spoken) for (held, may), spoken in kinds.items()]


@dataclass(frozen=True, slots=True)
class _Unsure:
    """Requests to some names that may match: because of a URL, or because the group is not known."""

    bits: int
    what: str
    is_url: bool

    def option(self, held: int, asking: int, decrypting: int, application: Application) -> Option:
        """Return what it may add to a class; a URL on TLS is seen only where the rule decrypts."""
        seen = decrypting if self.is_url and application is Application.TLS else -1
        return Option(self.bits & asking & seen & ~held, self.what)


_Told = tuple[int, Sequence[_Unsure], str | None]
"""Boxes that match a name, what else may, and the name."""


class _Patterns:
    """The patterns of all parts by spelling, each with the bits of its parts; what is unsure has bits of its own behind them."""

    def __init__(self, parts: Sequence[tuple[WebGroup, ...] | None], masks: Sequence[int]) -> None:
        self._masks, self._width = masks, len(parts)
        self.unnamed = spread(sum(1 << index for index, part in enumerate(parts) if part is None), masks)
        self.marked: dict[str, int] = {}
        unsure: dict[tuple[str, str, bool], int] = {}
        for index, part in enumerate(parts):
            bit = 1 << index
            for group in part or ():
                for pattern in group.patterns:
                    self.marked[pattern.text] = self.marked.get(pattern.text, 0) | bit
                for pattern in group.unsure:
                    key = (pattern.text, f"a request that {pattern} in a group not known stands for", False)
                    unsure[key] = unsure.get(key, 0) | bit
                for url in group.urls:
                    key = (url.host.text, f"a request to {url}", True)
                    unsure[key] = unsure.get(key, 0) | bit
        bare = spread(self.marked.get("*", 0), masks)
        self._unsure = [_Unsure(spread(bits, masks), what, is_url) for (_, what, is_url), bits in unsure.items()]
        for place, (text, _, _) in enumerate(unsure):
            self.marked[text] = self.marked.get(text, 0) | 1 << (self._width + place)
        all_unsure = [one for one, (text, _, _) in zip(self._unsure, unsure, strict=True) if text == "*" and not one.is_url]
        self._globs = [Glob(text, bits) for text, bits in self.marked.items() if "*" in text[1:]]
        self.bare: _Told = (bare, all_unsure, None)

    def told(self, held: int) -> tuple[int, list[_Unsure]]:
        """Return the boxes that a name class matches, and what it may match beside them."""
        may = held >> self._width
        return (
            spread(held & ((1 << self._width) - 1), self._masks),
            [one for place, one in enumerate(self._unsure) if may >> place & 1] if may else [],
        )

    def holding(self, name: str) -> tuple[int, int]:
        """Return what matches one normalised name, without and with apexes under their wildcards."""
        marked = self.marked
        held = marked.get(name, 0) | marked.get("*", 0)
        for start in range(len(name)):
            held |= marked.get(f"*{name[start:]}", 0)
        for glob in self._globs:
            held |= glob.bits if glob.matches(name) else 0
        return held, held | marked.get(f"*.{name}", 0)
