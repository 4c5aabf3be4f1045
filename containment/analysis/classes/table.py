"""Table of one analysis: its boxes, and the equivalence classes into which they divide each dimension.

Every question reduces to one: is there a flow inside these boxes and outside those? The answer is exact, because a
flow is any combination of one class per dimension. The few impossible combinations (TLS over ICMP) are excluded by marks
that only their classes have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from containment.analysis.classes.addresses import build_address_classes
from containment.analysis.classes.box import Box
from containment.analysis.classes.dimension import ClassChoice, Dimension
from containment.analysis.classes.l7_matches import ClientHello, L7Conditions, L7Marks
from containment.analysis.classes.sources import Sources, build_source_classes
from containment.analysis.classes.transports import Transport, build_transport_classes
from containment.names import Protocol
from containment.policy.flow import Application, Carrier, Flow, Source
from containment.policy.rules import Address

MARKS: Final = range(3)
_NO_TLS, _NO_HTTP, _FORGED = MARKS
"""Marks are bits behind those of the boxes: TLS over a protocol without it, HTTP over a protocol without it, a forged name."""

Step = tuple[ClassChoice[Source], ClassChoice[Address], ClassChoice[ClientHello], ClassChoice[Transport]]


@dataclass(frozen=True)
class Witness:
    """One flow that shows an answer; `given` lists the unknowns assumed to be true, `apex` the reading in which it is one."""

    flow: Flow
    given: tuple[str, ...] = ()
    apex: bool | None = None

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        doubts = [f"if {what}" for what in self.given]
        if self.apex is not None:
            doubts.append(f"if *.x {'matches' if self.apex else 'does not match'} x")
        flow = self.flow
        port = "" if flow.port is None else f":{flow.port}"
        said = {Application.TLS: "TLS", Application.HTTP: "HTTP", Application.OTHER: ""}[flow.application]
        name = f" naming {flow.server_name}" if flow.server_name else " without a name" if said else ""
        claim = f", {said}{name}{' (forged)' if flow.forged else ''}" if said else ""
        return f"{flow.protocol.value} to {flow.destination}{port}{claim}" + "".join(f", {one}" for one in doubts)


class Table:
    """Boxes divided into classes, for flows of `sources`."""

    def __init__(self, boxes: Sequence[Box], sources: Iterable[Sources], verifying: int) -> None:
        """Divide `boxes` on first use; `verifying` are the boxes of rules that verify server names, as bits."""
        self.boxes = tuple(boxes)
        self.verifying = verifying
        self.sources = tuple(sources)

    def get_mark(self, which: int) -> int:
        """Return a mark's bit."""
        return 1 << (len(self.boxes) + which)

    @property
    def forged(self) -> int:
        """The mark of a forged server name, as bits: required in `need`, excluded in `avoid`."""
        return self.get_mark(_FORGED)

    @property
    def impossible(self) -> int:
        """The marks that no flow has, as bits: always to be avoided."""
        return self.get_mark(_NO_TLS) | self.get_mark(_NO_HTTP)

    @cached_property
    def readings(self) -> tuple[tuple[Dimension[Any], ...], ...]:
        """The four dimensions for each reading of `*.x`: without the apex, with it; one entry when the classes are the same."""
        every = self.impossible | self.forged
        sources = self._build_dimension(lambda parts, masks: build_source_classes(parts, masks, self.sources, every), "sources")
        destinations = self._build_dimension(lambda parts, masks: build_address_classes(parts, masks, None, every), "destinations")
        transports = self._build_transports(every)
        without, with_apex = self.claims.build_classes()
        claims = [Dimension(kinds, self.claim_parts) for kinds in ([without] if with_apex is without else [without, with_apex])]
        return tuple((sources, destinations, claim, transports) for claim in claims)

    @cached_property
    def _webs(self) -> tuple[list[int], list[int], list[int]]:
        return _find_parts([None if box.web is None else tuple(map(id, box.web)) for box in self.boxes])

    @cached_property
    def claim_parts(self) -> list[int]:
        """A number for each box, equal for boxes with the same condition on claims; then one for each mark."""
        return self._assign_numbers([(number, box.claims, box.decrypts) for number, box in zip(self._webs[2], self.boxes, strict=True)])

    @cached_property
    def claims(self) -> L7Conditions:
        """The boxes' conditions on claims."""
        marks = L7Marks(
            {Application.TLS: self.get_mark(_NO_TLS), Application.HTTP: self.get_mark(_NO_HTTP), Application.OTHER: 0},
            self.forged,
            self.verifying,
        )
        return L7Conditions([self.boxes[first].web for first in self._webs[0]], self._webs[1], self.boxes, marks)

    def restrict_to_name(self, name: str, added: int) -> Table:
        """Return the table of flows with one name, over TLS or HTTP, when the boxes `added` match it too.

        `added` must be whole parts: all boxes with the same WebGroups, or none. Everything but the names is shared.
        """
        return _SingleNameTable(self, name, added)

    def _assign_numbers(self, keys: Sequence[Any]) -> list[int]:
        numbers: dict[Any, int] = {}
        found = [numbers.setdefault(key, len(numbers)) for key in keys]
        return [*found, *(len(numbers) + mark for mark in MARKS)]

    def _build_dimension(self, kinds_of: Any, name: str) -> Dimension[Any]:
        groups = [getattr(box, name) for box in self.boxes]
        parts, masks, _ = _find_parts([tuple(map(id, group)) for group in groups])
        return Dimension(
            kinds_of([groups[first] for first in parts], masks), self._assign_numbers([tuple(map(id, group)) for group in groups])
        )

    def _build_transports(self, every: int) -> Dimension[Transport]:
        keys = [(box.protocol, box.ports, box.web is not None) for box in self.boxes]
        parts, masks, _ = _find_parts(keys)
        no_tls, no_http = self.get_mark(_NO_TLS), self.get_mark(_NO_HTTP)
        base = every & ~no_tls & ~no_http
        marks: dict[Protocol | Carrier, int] = {
            Protocol.TCP: base,
            Protocol.UDP: base | no_http,  # TLS over UDP is QUIC or DTLS
            Protocol.ICMP: base | no_tls | no_http,
            Carrier.OTHER: base | no_tls | no_http,
        }
        return Dimension(build_transport_classes([keys[first] for first in parts], masks, marks), self._assign_numbers(keys))

    @cached_property
    def examples(self) -> frozenset[str | None]:
        """The names that are the example of a class in some reading."""
        return frozenset(kind.member.name for dimensions in self.readings for kind in dimensions[2].kinds)

    def find_meeting_boxes(self, box: int) -> int:
        """Return the boxes that share a flow with one box under some reading, as bits (marks may be among them)."""
        out = 0
        for dimensions in self.readings:
            found = -1
            for dimension in dimensions:
                found &= dimension.find_meeting_boxes(box)
            out |= found
        return out

    def find(self, need: int, avoid: int) -> Witness | None:
        """Return a flow inside every box of `need` and outside every box of `avoid`, under some reading; None proves there is none.

        It assumes an unknown only where some reading has no flow without one.
        """
        steps = [self._search_surest(apex, need, avoid) for apex in range(len(self.readings))]
        there = [step for step in steps if step is not None]
        if not there:
            return None
        shown = next((step for step in there if _is_unsure(step)), there[0])
        return self.make_witness(shown, bool(steps.index(shown)) if None in steps else None)

    def _search_surest(self, apex: int, need: int, avoid: int) -> Step | None:
        step = self.search(apex, need, avoid)
        return (self.search(apex, need, avoid, sure=True) or step) if step and _is_unsure(step) else step

    def find_covering_boxes(self, need: int, avoid: int) -> int:
        """Return the boxes of `avoid` of which each alone contains every flow inside all boxes of `need`, as bits."""
        boxes = tuple(iterate_bits(need))
        for dimensions in self.readings:
            for dimension in dimensions:
                for pick in dimension.choose_classes(boxes):
                    avoid &= pick.bits
        return avoid

    def search(self, apex: int, need: int, avoid: int, *, sure: bool = False) -> Step | None:
        """Return one class of each dimension with all of `need`, and nothing of `avoid` in common, under one reading.

        Args:
            apex: The reading, as a position in `readings`.
            need: Boxes that contain the flow, as bits.
            avoid: Boxes that do not contain it, as bits.
            sure: Assume no unknown.
        """
        boxes = tuple(iterate_bits(need))
        dimensions = self.readings[apex]
        avoid |= self.impossible
        for box in boxes:
            for dimension in dimensions:
                avoid &= dimension.find_meeting_boxes(box)  # a box that meets no needed box is avoided anyway
        choices = []
        for place, dimension in enumerate(dimensions):
            least: dict[int, ClassChoice[Any]] = {}
            for pick in dimension.choose_classes(boxes, sure=sure):
                least.setdefault(pick.bits & avoid, pick)
            if not least:
                return None
            choices.append((place, {0: least[0]} if 0 in least else least))
        choices.sort(key=lambda choice: len(choice[1]))
        found = _intersect([choice for _, choice in choices], avoid)
        if found is None:
            return None
        ordered: list[Any] = [None] * len(choices)
        for (place, _), pick in zip(choices, found, strict=True):
            ordered[place] = pick
        return (ordered[0], ordered[1], ordered[2], ordered[3])

    def make_witness(self, step: Step, apex: bool | None) -> Witness:
        """Return the flow that four classes represent; `apex` is the only reading that has one, None when both have."""
        source, destination, spoken, transport = step[0].kind.member, step[1].kind.member, step[2].kind.member, step[3].kind.member
        flow = Flow(source, destination, transport.protocol, transport.port, spoken.application, spoken.name, forged=spoken.forged)
        given = [f"the source is {what}" for what in step[0].given]
        given += [f"the destination is {what}" for what in step[1].given] + [f"it is {what}" for what in step[2].given]
        return Witness(flow, tuple(given), apex)


class IncrementalTable(Table):
    """Another table after one name was added to some boxes; the other table answers for flows without the name.

    No class of the other table may have the name as its example.
    """

    def __init__(self, whole: Table, name: str, added: int) -> None:
        super().__init__(whole.boxes, whole.sources, whole.verifying)
        self._whole, self._named = whole, whole.restrict_to_name(name, added)

    @property
    def readings(self) -> tuple[tuple[Dimension[Any], ...], ...]:
        """The four dimensions, for flows with the name only."""
        return self._named.readings

    def find_meeting_boxes(self, box: int) -> int:
        """Return the boxes that share a flow with one box under some reading, as bits."""
        return self._whole.find_meeting_boxes(box) | self._named.find_meeting_boxes(box)

    def find_covering_boxes(self, need: int, avoid: int) -> int:
        """Return the boxes of `avoid` of which each alone contains every flow inside all boxes of `need`, as bits."""
        return self._named.find_covering_boxes(need, self._whole.find_covering_boxes(need, avoid))

    def search(self, apex: int, need: int, avoid: int, *, sure: bool = False) -> Step | None:
        """Return one class of each dimension as `Table.search` does, from the other table if it has one."""
        found = self._whole.search(min(apex, len(self._whole.readings) - 1), need, avoid, sure=sure)
        return found or self._named.search(apex, need, avoid, sure=sure)


class _SingleNameTable(Table):
    """The boxes of another table, for flows with one name."""

    def __init__(self, whole: Table, name: str, added: int) -> None:
        super().__init__(whole.boxes, whole.sources, whole.verifying)
        without, with_apex = whole.claims.build_classes_of_name(name, added)
        sources, destinations, _, transports = whole.readings[0]
        claims = [Dimension(kinds, whole.claim_parts) for kinds in (without, with_apex)]
        self._readings = tuple((sources, destinations, claim, transports) for claim in claims)

    @property
    def readings(self) -> tuple[tuple[Dimension[Any], ...], ...]:
        """The four dimensions, with names reduced to one."""
        return self._readings


def _is_unsure(step: Step) -> bool:
    return any(pick.given for pick in step)


def _intersect(choices: Sequence[dict[int, ClassChoice[Any]]], avoid: int) -> list[ClassChoice[Any]] | None:
    """Return one pick of each choice whose bits have nothing in common; states that failed are not tried again."""
    failed: list[set[int]] = [set() for _ in choices]

    def descend(depth: int, left: int) -> list[ClassChoice[Any]] | None:
        if not left:
            return [next(iter(choice.values())) for choice in choices[depth:]]
        if depth == len(choices) or left in failed[depth]:
            return None
        for bits, pick in choices[depth].items():
            if (rest := descend(depth + 1, left & bits)) is not None:
                return [pick, *rest]
        failed[depth].add(left)
        return None

    return descend(0, avoid)


def _find_parts(keys: Sequence[Any]) -> tuple[list[int], list[int], list[int]]:
    """Return for each distinct key its first box and all its boxes as bits, and for each box the number of its key."""
    numbers: dict[Any, int] = {}
    firsts: list[int] = []
    masks: list[int] = []
    found = []
    for index, key in enumerate(keys):
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(firsts)
            firsts.append(index)
            masks.append(0)
        masks[number] |= 1 << index
        found.append(number)
    return firsts, masks, found


def iterate_bits(number: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    assert number >= 0, "a negative number has infinitely many set bits"
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


__all__ = ["MARKS", "IncrementalTable", "Table", "Witness", "iterate_bits"]
