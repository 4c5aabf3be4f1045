"""Classes of claims: application and server name, as a client can write them.

A WebGroup is matched by a name over TLS or HTTP; without a name only `*` matches; what is neither matches none. A name
may be forged, which is a class of its own wherever a rule verifies names. Both readings of the apex are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from containment.model.flow import Application
from containment.model.reach.addresses import spread
from containment.model.reach.box import Box, Claim
from containment.model.reach.dimension import Kind, Option
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


def claim_kinds(
    parts: Sequence[tuple[WebGroup, ...] | None], masks: Sequence[int], boxes: Sequence[Box], marks: ClaimMarks
) -> tuple[list[Kind[Spoken]], list[Kind[Spoken]]]:
    """Return the classes without and with apexes under their wildcards; the same list twice when that does not matter."""
    unnamed = spread(sum(1 << index for index, part in enumerate(parts) if part is None), masks)
    asking = {claim: sum(1 << index for index, box in enumerate(boxes) if claim in box.claims) for claim in Claim}
    patterns, unsure = _patterns(parts)
    width = len(parts)
    marked = dict(patterns)
    for place, text in enumerate(unsure):
        marked[text] = marked.get(text, 0) | 1 << (width + place)
    options = [Option(spread(bits, masks), f"a request to {text} that matches") for text, bits in unsure.items()]
    bare = spread(patterns.get("*", 0), masks)
    bare_options = tuple(option for option, text in zip(options, unsure, strict=True) if text == "*")
    classes = name_classes(marked)
    lists: list[list[Kind[Spoken]]] = []
    for names in (classes.without_apex, classes.with_apex):
        if lists and names is classes.without_apex:
            lists.append(lists[0])
            continue
        named = [_named(held, name, masks, options, width) for held, name in names.items()]
        kinds: dict[tuple[int, tuple[Option, ...]], Spoken] = {}
        for claim in Claim:
            application = _APPLICATION[claim]
            told: list[tuple[int, tuple[Option, ...], str | None]]
            if claim in (Claim.TLS_NAMED, Claim.HTTP_NAMED):
                told = list(named)
            else:
                told = [(bare, bare_options, None)] if claim is not Claim.OTHER else [(0, (), None)]
            for bits, unknowns, name in told:
                held = asking[claim] & (unnamed | bits) | marks.of[application]
                may = tuple(Option(one.bits & asking[claim], one.what) for one in unknowns if one.bits & asking[claim])
                kinds.setdefault((held, may), Spoken(application, name))
                if claim is Claim.TLS_NAMED and (held | sum(one.bits for one in may)) & marks.verifying:
                    kinds.setdefault((held | marks.forged, may), Spoken(application, name, True))
        lists.append([Kind(held, may, spoken) for (held, may), spoken in kinds.items()])
    return lists[0], lists[1]


def _patterns(parts: Sequence[tuple[WebGroup, ...] | None]) -> tuple[dict[str, int], dict[str, int]]:
    """Return which parts each pattern belongs to, and which parts each unsure pattern may belong to."""
    patterns: dict[str, int] = {}
    unsure: dict[str, int] = {}
    for index, part in enumerate(parts):
        bit = 1 << index
        for group in part or ():
            for pattern in group.patterns:
                patterns[pattern.text] = patterns.get(pattern.text, 0) | bit
            for pattern in group.unsure:
                unsure[pattern.text] = unsure.get(pattern.text, 0) | bit
    return patterns, unsure


def _named(held: int, name: str, masks: Sequence[int], options: Sequence[Option], width: int) -> tuple[int, tuple[Option, ...], str]:
    bits = spread(held & ((1 << width) - 1), masks)
    may = tuple(option for place, option in enumerate(options) if held >> (width + place) & 1 and option.bits & ~bits)
    return bits, may, name
