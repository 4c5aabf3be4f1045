"""The table of one analysis: boxes, and the classes they make of each dimension.

One question answers all others: is there a flow inside these boxes and outside those? It is answered exactly, because a
flow is one class of each dimension, chosen independently; the few combinations that no flow can have (TLS over ICMP)
are ruled out by marks that only meet in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from containment.model.flow import Application, Carrier, Flow, Source
from containment.model.names import Protocol
from containment.model.reach.addresses import address_kinds
from containment.model.reach.box import Box
from containment.model.reach.claims import ClaimMarks, Claims, Spoken
from containment.model.reach.dimension import Dimension, Kind, Pick
from containment.model.reach.sources import Sources, source_kinds
from containment.model.reach.transports import Transport, transport_kinds
from containment.model.ruleset import Address

MARKS: Final = range(3)
_NO_TLS, _NO_HTTP, _FORGED = MARKS
"""Marks stand behind the boxes: TLS on what carries none, HTTP on what carries none, a forged name."""

Step = tuple[Pick[Source], Pick[Address], Pick[Spoken], Pick[Transport]]


@dataclass(frozen=True)
class Witness:
    """One flow that shows an answer; `given` names what is not known and is taken to hold, `apex` the reading it is true in."""

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
    """Boxes cut into classes, for flows of `sources`."""

    def __init__(self, boxes: Sequence[Box], sources: Iterable[Sources], verifying: int) -> None:
        """`verifying` are the boxes of rules that verify server names, as bits."""
        self.boxes = tuple(boxes)
        self.verifying = verifying
        self.sources = tuple(sources)

    def mark(self, which: int) -> int:
        """Return a mark's bit."""
        return 1 << (len(self.boxes) + which)

    @property
    def forged(self) -> int:
        """The mark of a forged server name, as bits: asked for in `need`, ruled out in `avoid`."""
        return self.mark(_FORGED)

    @property
    def impossible(self) -> int:
        """What no flow has, as bits: always to be avoided."""
        return self.mark(_NO_TLS) | self.mark(_NO_HTTP)

    @cached_property
    def readings(self) -> tuple[tuple[Dimension[Any], ...], ...]:
        """The four dimensions for each reading of `*.x`: apex out, apex in; once when the classes are the same."""
        every = self.impossible | self.forged
        sources = self._dimension(lambda parts, masks: source_kinds(parts, masks, self.sources, every), "sources")
        destinations = self._dimension(lambda parts, masks: address_kinds(parts, masks, None, every), "destinations")
        transports = self._transports(every)
        without, with_apex = self.claims.kinds()
        claims = [Dimension(kinds, self.claim_parts) for kinds in ([without] if with_apex is without else [without, with_apex])]
        return tuple((sources, destinations, claim, transports) for claim in claims)

    @cached_property
    def _webs(self) -> tuple[list[int], list[int], list[int]]:
        return _parts([None if box.web is None else tuple(map(id, box.web)) for box in self.boxes])

    @cached_property
    def claim_parts(self) -> list[int]:
        """The same number for boxes that ask the same of claims; marks behind them."""
        return self._numbered([(number, box.claims, box.decrypts) for number, box in zip(self._webs[2], self.boxes, strict=True)])

    @cached_property
    def claims(self) -> Claims:
        """What the boxes say of claims."""
        marks = ClaimMarks(
            {Application.TLS: self.mark(_NO_TLS), Application.HTTP: self.mark(_NO_HTTP), Application.OTHER: 0}, self.forged, self.verifying
        )
        return Claims([self.boxes[first].web for first in self._webs[0]], self._webs[1], self.boxes, marks)

    def naming(self, name: str, added: int) -> Table:
        """Return the table of the flows that say one name, over TLS or HTTP, when the boxes `added` hold it too.

        `added` must be whole parts: all boxes with the same WebGroups, or none. Everything but the names is shared.
        """
        return _Naming(self, name, added)

    def _numbered(self, keys: Sequence[Any]) -> list[int]:
        numbers: dict[Any, int] = {}
        found = [numbers.setdefault(key, len(numbers)) for key in keys]
        return [*found, *(len(numbers) + mark for mark in MARKS)]

    def _dimension(self, kinds_of: Any, name: str) -> Dimension[Any]:
        groups = [getattr(box, name) for box in self.boxes]
        parts, masks, _ = _parts([tuple(map(id, group)) for group in groups])
        return Dimension(kinds_of([groups[first] for first in parts], masks), self._numbered([tuple(map(id, group)) for group in groups]))

    def _transports(self, every: int) -> Dimension[Transport]:
        keys = [(box.protocol, box.ports, box.web is not None) for box in self.boxes]
        parts, masks, _ = _parts(keys)
        no_tls, no_http = self.mark(_NO_TLS), self.mark(_NO_HTTP)
        base = every & ~no_tls & ~no_http
        marks: dict[Protocol | Carrier, int] = {
            Protocol.TCP: base,
            Protocol.UDP: base | no_http,  # TLS over UDP is QUIC or DTLS
            Protocol.ICMP: base | no_tls | no_http,
            Carrier.OTHER: base | no_tls | no_http,
        }
        return Dimension(transport_kinds([keys[first] for first in parts], masks, marks), self._numbered(keys))

    @cached_property
    def examples(self) -> frozenset[str | None]:
        """The names that stand for a class in some reading."""
        return frozenset(kind.member.name for dimensions in self.readings for kind in dimensions[2].kinds)

    def meets(self, box: int) -> int:
        """Return the boxes that share a flow with one box under some reading, as bits (marks may be among them)."""
        out = 0
        for dimensions in self.readings:
            found = -1
            for dimension in dimensions:
                found &= dimension.meets(box)
            out |= found
        return out

    def find(self, need: int, avoid: int) -> Witness | None:
        """Return a flow inside every box of `need` and outside every box of `avoid`, under some reading; None proves there is none.

        It takes an unknown to hold only where some reading has no flow without one.
        """
        steps = [self._surest(apex, need, avoid) for apex in range(len(self.readings))]
        there = [step for step in steps if step is not None]
        if not there:
            return None
        shown = next((step for step in there if _is_unsure(step)), there[0])
        return self.witness(shown, bool(steps.index(shown)) if None in steps else None)

    def _surest(self, apex: int, need: int, avoid: int) -> Step | None:
        step = self.search(apex, need, avoid)
        return (self.search(apex, need, avoid, sure=True) or step) if step and _is_unsure(step) else step

    def covers_alone(self, need: int, avoid: int) -> int:
        """Return the boxes of `avoid` of which each alone holds every flow inside all boxes of `need`, as bits."""
        boxes = tuple(bits_of(need))
        for dimensions in self.readings:
            for dimension in dimensions:
                for pick in dimension.picks(boxes):
                    avoid &= pick.bits
        return avoid

    def search(self, apex: int, need: int, avoid: int, *, sure: bool = False) -> Step | None:
        """Return one class of each dimension with all of `need` and together nothing of `avoid`, under one reading.

        `sure` takes no unknown to hold.
        """
        boxes = tuple(bits_of(need))
        dimensions = self.readings[apex]
        avoid |= self.impossible
        for box in boxes:
            for dimension in dimensions:
                avoid &= dimension.meets(box)  # what never meets a needed box never has to be avoided
        choices = []
        for place, dimension in enumerate(dimensions):
            least: dict[int, Pick[Any]] = {}
            for pick in dimension.picks(boxes, sure=sure):
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

    def witness(self, step: Step, apex: bool | None) -> Witness:
        """Return the flow that four classes stand for; `apex` is the reading it hangs on, None when there is one in each."""
        source, destination, spoken, transport = step[0].kind.member, step[1].kind.member, step[2].kind.member, step[3].kind.member
        flow = Flow(source, destination, transport.protocol, transport.port, spoken.application, spoken.name, forged=spoken.forged)
        given = [f"the source is {what}" for what in step[0].given]
        given += [f"the destination is {what}" for what in step[1].given] + [f"it is {what}" for what in step[2].given]
        return Witness(flow, tuple(given), apex)


class Edited(Table):
    """Another table in which some boxes hold one name more, for all flows: what does not say the name is that table's answer.

    No class of the other table may have the name as its example.
    """

    def __init__(self, whole: Table, name: str, added: int) -> None:
        super().__init__(whole.boxes, whole.sources, whole.verifying)
        self._whole, self._named = whole, whole.naming(name, added)

    @property
    def readings(self) -> tuple[tuple[Dimension[Any], ...], ...]:
        """The four dimensions, of flows that say the name only."""
        return self._named.readings

    def meets(self, box: int) -> int:
        """Return the boxes that share a flow with one box under some reading, as bits."""
        return self._whole.meets(box) | self._named.meets(box)

    def covers_alone(self, need: int, avoid: int) -> int:
        """Return the boxes of `avoid` of which each alone holds every flow inside all boxes of `need`, as bits."""
        return self._named.covers_alone(need, self._whole.covers_alone(need, avoid))

    def search(self, apex: int, need: int, avoid: int, *, sure: bool = False) -> Step | None:
        """Return one class of each dimension with all of `need` and nothing of `avoid`, under one reading."""
        found = self._whole.search(min(apex, len(self._whole.readings) - 1), need, avoid, sure=sure)
        return found or self._named.search(apex, need, avoid, sure=sure)


class _Naming(Table):
    """Another table's boxes, for flows that say one name."""

    def __init__(self, whole: Table, name: str, added: int) -> None:
        super().__init__(whole.boxes, whole.sources, whole.verifying)
        without, with_apex = whole.claims.kinds_of(name, added)
        sources, destinations, _, transports = whole.readings[0]
        claims = [Dimension(kinds, whole.claim_parts) for kinds in (without, with_apex)]
        self._readings = tuple((sources, destinations, claim, transports) for claim in claims)

    @property
    def readings(self) -> tuple[tuple[Dimension[Any], ...], ...]:
        """The four dimensions, names cut down to one."""
        return self._readings


def _is_unsure(step: Step) -> bool:
    return any(pick.given for pick in step)


def _intersect(choices: Sequence[dict[int, Pick[Any]]], avoid: int) -> list[Pick[Any]] | None:
    """Return one pick of each choice whose bits have nothing in common; states that failed are not tried again."""
    failed: list[set[int]] = [set() for _ in choices]

    def descend(depth: int, left: int) -> list[Pick[Any]] | None:
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


def _parts(keys: Sequence[Any]) -> tuple[list[int], list[int], list[int]]:
    """Return for each distinct key the first box that has it, the boxes that have it as bits, and each box's number of its key."""
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


def bits_of(number: int) -> Iterator[int]:
    """Yield the places of the bits that are set, lowest first."""
    assert number >= 0, "a negative number has no end of bits"
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


__all__ = ["MARKS", "Edited", "Kind", "Table", "Witness", "bits_of"]
