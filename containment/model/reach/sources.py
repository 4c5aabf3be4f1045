"""Classes of sources: an address, tags and labels, in every combination that a flow can have.

Address and tags are independent of each other. Tags are exact: a source carries for each key one value or none. What a
group selects by anything else (a Kubernetes label) is unknown and an option of every class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from containment.model.flow import Source
from containment.model.reach.addresses import address_kinds, spread
from containment.model.reach.dimension import Kind, Option
from containment.model.ruleset import Network, SmartGroup, TagSelector


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom a question is about: flows from these networks (None: any address) with exactly these tags (None: any tags)."""

    networks: tuple[Network, ...] | None = None
    tags: Mapping[str, str] | None = None


ANYBODY = (Sources(),)


def source_kinds(
    parts: Sequence[tuple[SmartGroup, ...]], masks: Sequence[int], wanted: Iterable[Sources], marks: int = 0
) -> list[Kind[Source]]:
    """Return the classes of sources among `wanted`; part i stands for the boxes `masks[i]`."""
    tagged: list[tuple[dict[str, str], int]] = []
    addressed: list[tuple[SmartGroup, ...]] = []
    for part, mask in zip(parts, masks, strict=True):
        tagged += [(dict(one.tags), mask) for group in part for one in group.selectors if isinstance(one, TagSelector)]
        addressed.append(tuple(untagged for group in part if (untagged := _without_tags(group)) is not None))
    found: dict[tuple[int, tuple[Option, ...]], Source] = {}
    for who in wanted:
        tag_sets = _tag_classes(tagged, who.tags)
        for place in address_kinds(addressed, masks, who.networks, marks):
            for bits, tags_of_class in tag_sets.items():
                found.setdefault((place.bits | bits, place.options), Source(place.member, tags_of_class))
    return [Kind(bits, options, member) for (bits, options), member in found.items()]


def _without_tags(group: SmartGroup) -> SmartGroup | None:
    kept = tuple(selector for selector in group.selectors if not isinstance(selector, TagSelector))
    if len(kept) == len(group.selectors):
        return group
    return SmartGroup(group.name, kept) if kept else None


def _tag_classes(selectors: Sequence[tuple[dict[str, str], int]], given: Mapping[str, str] | None) -> dict[int, dict[str, str]]:
    """Return what tags a source can carry, as far as selectors tell them apart: boxes -> one such set of tags."""
    if given is not None:
        bits = 0
        for tags, mask in selectors:
            bits |= mask if tags.items() <= given.items() else 0
        return {bits: dict(given)}
    values: dict[str, set[str]] = {}
    for tags, _ in selectors:
        for key, value in tags.items():
            values.setdefault(key, set()).add(value)
    every = sum(1 << index for index, _ in enumerate(selectors))
    alive: dict[int, dict[str, str]] = {every: {}}  # selectors not yet contradicted -> tags chosen
    for key in sorted(values):
        silent = sum(1 << index for index, (tags, _) in enumerate(selectors) if key not in tags)
        following: dict[int, dict[str, str]] = {}
        for still, chosen in alive.items():
            following.setdefault(still & silent, chosen)
            for value in sorted(values[key]):
                agree = sum(1 << index for index, (tags, _) in enumerate(selectors) if tags.get(key) == value)
                following.setdefault(still & (silent | agree), {**chosen, key: value})
        alive = following
    out: dict[int, dict[str, str]] = {}
    for still, chosen in alive.items():
        out.setdefault(spread(still, [mask for _, mask in selectors]), chosen)
    return out
