"""Equivalence classes of sources: address, tags and labels, in every combination that a flow can have.

Address and tags are independent of each other. Tags are exact: a source has one value or none for each key. Membership
by anything else (a Kubernetes label) is unknown and an option of every class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from containment.analysis.classes.addresses import build_address_classes, expand_parts
from containment.analysis.classes.dimension import EquivalenceClass, Option
from containment.policy.flow import Source
from containment.policy.rules import Network, SmartGroup, TagSelector


@dataclass(frozen=True, slots=True)
class Sources:
    """The origin of flows in a question: these networks (None: any address) with exactly these tags (None: any tags)."""

    networks: tuple[Network, ...] | None = None
    tags: Mapping[str, str] | None = None


ANYBODY = (Sources(),)


def build_source_classes(
    parts: Sequence[tuple[SmartGroup, ...]], masks: Sequence[int], wanted: Iterable[Sources], marks: int = 0
) -> list[EquivalenceClass[Source]]:
    """Return the classes of sources.

    Args:
        parts: Distinct sets of groups.
        masks: For each part the boxes that have it, as bits.
        wanted: The sources to cover.
        marks: Bits that every class carries.
    """
    tagged: list[tuple[dict[str, str], int]] = []
    addressed: list[tuple[SmartGroup, ...]] = []
    for part, mask in zip(parts, masks, strict=True):
        tagged += [(dict(one.tags), mask) for group in part for one in group.selectors if isinstance(one, TagSelector)]
        addressed.append(tuple(untagged for group in part if (untagged := _remove_tags(group)) is not None))
    found: dict[tuple[int, tuple[Option, ...]], Source] = {}
    for who in wanted:
        tag_sets = _build_tag_classes(tagged, who.tags)
        for place in build_address_classes(addressed, masks, who.networks, marks):
            for bits, tags_of_class in tag_sets.items():
                found.setdefault((place.bits | bits, place.options), Source(place.member, tags_of_class))
    return [EquivalenceClass(bits, options, member) for (bits, options), member in found.items()]


def _remove_tags(group: SmartGroup) -> SmartGroup | None:
    kept = tuple(selector for selector in group.selectors if not isinstance(selector, TagSelector))
    if len(kept) == len(group.selectors):
        return group
    return SmartGroup(group.name, kept) if kept else None


def _build_tag_classes(selectors: Sequence[tuple[dict[str, str], int]], given: Mapping[str, str] | None) -> dict[int, dict[str, str]]:
    """Return the sets of tags that selectors distinguish: boxes -> one such set of tags."""
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
        out.setdefault(expand_parts(still, [mask for _, mask in selectors]), chosen)
    return out
