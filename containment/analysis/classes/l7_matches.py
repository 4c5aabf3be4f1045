"""Equivalence classes of claims: application and server name, as a client can send them.

A WebGroup matches a name over TLS or HTTP; without a name only `*` matches; other applications match none. A forged name
is a separate class wherever a rule verifies names. There are classes for both readings of the apex (`*.x` matches `x`, or not).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from containment.analysis.classes.addresses import expand_parts
from containment.analysis.classes.box import Box, L7Match
from containment.analysis.classes.dimension import EquivalenceClass, Option
from containment.analysis.classes.server_names import build_name_classes
from containment.patterns.glob import Glob
from containment.policy.flow import Application
from containment.policy.rules import WebGroup


@dataclass(frozen=True, slots=True)
class ClientHello:
    """The first message of a client: application, server name if there is one, and whether that name is forged."""

    application: Application
    name: str | None = None
    forged: bool = False


_APPLICATION = {
    L7Match.TLS_NAMED: Application.TLS,
    L7Match.TLS_BARE: Application.TLS,
    L7Match.HTTP_NAMED: Application.HTTP,
    L7Match.HTTP_BARE: Application.HTTP,
    L7Match.OTHER: Application.OTHER,
}


@dataclass(frozen=True, slots=True)
class L7Marks:
    """Bits beyond the boxes: those of every class of an application, and those of a forged name."""

    of: Mapping[Application, int]
    forged: int
    verifying: int
    """The boxes of rules that verify names; forging matters only where one of them matches."""


_NAMED: Final = (L7Match.TLS_NAMED, L7Match.HTTP_NAMED)
_BARE: Final = (L7Match.TLS_BARE, L7Match.HTTP_BARE)


class L7Conditions:
    """The conditions of one table's boxes on claims; the boxes `masks[i]` (bits) have part i of `parts`."""

    def __init__(self, parts: Sequence[tuple[WebGroup, ...] | None], masks: Sequence[int], boxes: Sequence[Box], marks: L7Marks) -> None:
        self._asking = {claim: sum(1 << index for index, box in enumerate(boxes) if claim in box.claims) for claim in L7Match}
        self._decrypting = sum(1 << index for index, box in enumerate(boxes) if box.decrypts)
        self._patterns = _Patterns(parts, masks)
        self._marks = marks

    def build_classes(self) -> tuple[list[EquivalenceClass[ClientHello]], list[EquivalenceClass[ClientHello]]]:
        """Return the classes without and with apexes under their wildcards; the same list twice when they are equal."""
        classes = build_name_classes(self._patterns.marked)
        without = self._build_classes([(*self._patterns.resolve_boxes(held), name) for held, name in classes.without_apex.items()], L7Match)
        if classes.with_apex is classes.without_apex:
            return without, without
        return without, self._build_classes(
            [(*self._patterns.resolve_boxes(held), name) for held, name in classes.with_apex.items()], L7Match
        )

    def build_classes_of_name(
        self, name: str, added: int
    ) -> tuple[list[EquivalenceClass[ClientHello]], list[EquivalenceClass[ClientHello]]]:
        """Return the classes of flows with one name, in both readings, when the boxes `added` match it too."""
        lists = []
        for held in self._patterns.find_patterns(name):
            bits, unknowns = self._patterns.resolve_boxes(held)
            lists.append(self._build_classes([(bits | added, unknowns, name)], _NAMED))
        return lists[0], lists[1]

    def _build_classes(self, named: Iterable[_NameMatch], claims: Iterable[L7Match]) -> list[EquivalenceClass[ClientHello]]:
        patterns, marks = self._patterns, self._marks
        kinds: dict[tuple[int, tuple[Option, ...]], ClientHello] = {}
        for claim in claims:
            application, asking = _APPLICATION[claim], self._asking[claim]
            told: Iterable[_NameMatch] = named if claim in _NAMED else [patterns.bare] if claim in _BARE else [(0, (), None)]
            for bits, unknowns, name in told:
                held = asking & (patterns.unnamed | bits) | marks.of[application]
                may = tuple(one.make_option(held, asking, self._decrypting, application) for one in unknowns)
                may = tuple(one for one in may if one.bits)
                kinds.setdefault((held, may), ClientHello(application, name))
                if claim is L7Match.TLS_NAMED and any(bits & marks.verifying for bits in (held, *(one.bits for one in may))):
                    kinds.setdefault((held | marks.forged, may), ClientHello(application, name, True))
        return [EquivalenceClass(held, may, spoken) for (held, may), spoken in kinds.items()]


@dataclass(frozen=True, slots=True)
class _UnsureRequest:
    """Requests to some names that may match, because of a URL or because the group's content is unknown."""

    bits: int
    what: str
    is_url: bool

    def make_option(self, held: int, asking: int, decrypting: int, application: Application) -> Option:
        """Return what it may add to a class; a URL in TLS is visible only where the rule decrypts."""
        seen = decrypting if self.is_url and application is Application.TLS else -1
        return Option(self.bits & asking & seen & ~held, self.what)


_NameMatch = tuple[int, Sequence[_UnsureRequest], str | None]
"""The boxes that match a name, the requests with it that may match more, and the name."""


class _Patterns:
    """The patterns of all parts by spelling, each with the bits of its parts; unsure requests have bits behind those of the parts."""

    def __init__(self, parts: Sequence[tuple[WebGroup, ...] | None], masks: Sequence[int]) -> None:
        self._masks, self._width = masks, len(parts)
        self.unnamed = expand_parts(sum(1 << index for index, part in enumerate(parts) if part is None), masks)
        self.marked: dict[str, int] = {}
        unsure: dict[tuple[str, str, bool], int] = {}
        for index, part in enumerate(parts):
            bit = 1 << index
            for group in part or ():
                for pattern in group.patterns:
                    self.marked[pattern.text] = self.marked.get(pattern.text, 0) | bit
                for pattern in group.unsure:
                    key = (pattern.text, f"a request that {pattern} in an unknown group matches", False)
                    unsure[key] = unsure.get(key, 0) | bit
                for url in group.urls:
                    key = (url.host.text, f"a request to {url}", True)
                    unsure[key] = unsure.get(key, 0) | bit
        bare = expand_parts(self.marked.get("*", 0), masks)
        self._unsure = [_UnsureRequest(expand_parts(bits, masks), what, is_url) for (_, what, is_url), bits in unsure.items()]
        for place, (text, _, _) in enumerate(unsure):
            self.marked[text] = self.marked.get(text, 0) | 1 << (self._width + place)
        all_unsure = [one for one, (text, _, _) in zip(self._unsure, unsure, strict=True) if text == "*" and not one.is_url]
        self._globs = [Glob(text, bits) for text, bits in self.marked.items() if "*" in text[1:]]
        self.bare: _NameMatch = (bare, all_unsure, None)

    def resolve_boxes(self, held: int) -> tuple[int, list[_UnsureRequest]]:
        """Return the boxes that a class of names matches, and the unsure requests that may match more."""
        may = held >> self._width
        return (
            expand_parts(held & ((1 << self._width) - 1), self._masks),
            [one for place, one in enumerate(self._unsure) if may >> place & 1] if may else [],
        )

    def find_patterns(self, name: str) -> tuple[int, int]:
        """Return the patterns that match one normalized name, as bits, without and with apexes under their wildcards."""
        marked = self.marked
        held = marked.get(name, 0) | marked.get("*", 0)
        for start in range(len(name)):
            held |= marked.get(f"*{name[start:]}", 0)
        for glob in self._globs:
            held |= glob.bits if glob.matches(name) else 0
        return held, held | marked.get(f"*.{name}", 0)
