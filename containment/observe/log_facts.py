"""Facts derived from logs: observed names in the catalog, permitted names that no flow used, and gaps.

A gap is a time in which one kind of log has no line while another has traffic.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import pairwise
from typing import Any, Final

from containment.catalog.catalog import CatalogSet, Entry
from containment.catalog.known_hosts import PatternIndex
from containment.catalog.preset import Library
from containment.names import DENY_GROUPS, WebGroupId
from containment.observe.evidence import Flag, Gap, NeverUsed
from containment.patterns.domain import DomainPattern, parse_pattern
from containment.patterns.permitted_names.public_suffix import find_registrable_domain
from containment.policy.rules import Logging, RuleSet
from containment.ternary import Ternary

_DENIED: Final = {
    WebGroupId.UNAPPROVED_MODELS: Flag.UNAPPROVED_MODEL,
    WebGroupId.DOH_RESOLVERS: Flag.DOH,
    WebGroupId.PASTE_AND_WEBHOOKS: Flag.PASTE_SITE,
}


@dataclass(frozen=True)
class NameFacts:
    """The registrable domain of a name, the catalog set that lists it, and its flags; an address has no facts."""

    registrable_domain: str
    catalog_set: str | None = None
    flags: tuple[Flag, ...] = ()


class NameIndex:
    """Facts of names from a library's catalog."""

    def __init__(self, library: Library, region: str) -> None:
        entries = ((found, entry) for found in library.sets.values() for entry in found.entries)
        self._index: PatternIndex[tuple[CatalogSet, Entry]] = PatternIndex(
            (entry.make_pattern(region), (found, entry)) for found, entry in entries
        )
        self.find_facts = functools.cache(self._find_facts)

    def _find_facts(self, name: str) -> NameFacts:
        if parse_address(name) is not None:
            return NameFacts(name)
        pattern = parse_pattern(name)
        met = self._index.find_overlapping(pattern) if isinstance(pattern, DomainPattern) and pattern.is_exact else []
        met.sort(key=lambda one: one[0].web_group not in DENY_GROUPS)  # a set that denies the name is the one to name
        flags = {_DENIED[found.web_group] for found, _ in met if found.web_group in _DENIED}
        for _, entry in met:
            flags |= {
                flag
                for flag, is_set in (
                    (Flag.UPLOAD, entry.uploads),
                    (Flag.RELAY, entry.relays),
                    (Flag.MULTI_TENANT, entry.foreign_tenant),
                )
                if is_set
            }
        return NameFacts(find_registrable_domain(name), met[0][0].name if met else None, tuple(sorted(flags)))


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a destination consists of, None for a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def find_unused_names(ruleset: RuleSet, used: Iterable[str]) -> tuple[list[NeverUsed], list[str]]:
    """Return the permitted names without a flow, and the rules for which that is not known because they log nothing.

    Args:
        ruleset: The stack's policy.
        used: The names that flows had.
    """
    names = tuple(used)
    exact = frozenset(names)
    unused: list[NeverUsed] = []
    unlogged: list[str] = []
    for rule in ruleset.rules:
        if not rule.action.permits or rule.disabled or not rule.web_groups:
            continue
        if rule.logging is Logging.NONE:
            unlogged.append(rule.name)
            continue
        for group in rule.web_groups:
            found = ruleset.web_groups[group]
            patterns = {*found.patterns, *found.unsure, *(url.host for url in found.urls)}
            unused += [NeverUsed(name=str(one), rule=rule.name) for one in sorted(patterns) if not _is_used(one, names, exact)]
    return unused, unlogged


def _is_used(pattern: DomainPattern, names: Sequence[str], exact: frozenset[str]) -> bool:
    if pattern.is_exact:
        return pattern.text in exact
    return any(pattern.matches(name) is not Ternary.NO for name in names)


def is_permitted(ruleset: RuleSet, name: str) -> bool:
    """Return whether the first rule that may match a name permits it without a doubt; the broad rules by address do not count."""
    for rule in ruleset.rules:
        answers = [one.matches(name) for group in rule.web_groups for one in ruleset.web_groups[group].patterns]
        if not rule.disabled and any(one is not Ternary.NO for one in answers):
            return rule.action.permits and not rule.watch and Ternary.YES in answers
    return False


def find_gaps(minutes: Iterable[Mapping[str, Any]], longest: timedelta) -> list[Gap]:
    """Return the gaps longer than a time, in order of time.

    The time before a log's first line and after its last one counts too.

    Args:
        minutes: Rows of `ask_minutes`.
        longest: The longest time without a line that is no gap.
    """
    by_source: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in minutes:
        by_source.setdefault(row["source"], []).append((row["first"].astimezone(UTC), row["last"].astimezone(UTC)))
    if len(by_source) < 2:
        return []
    start = min(first for spans in by_source.values() for first, _ in spans)
    end = max(last for spans in by_source.values() for _, last in spans)
    found = []
    for source, spans in by_source.items():
        others = sorted(moment for other, times in by_source.items() if other != source for span in times for moment in span)
        ordered = sorted(spans)
        edges = [(start, start), *ordered, (end, end)]
        for (_, before), (after, _) in pairwise(edges):
            if after - before > longest and _has_traffic(others, before, after):
                found.append(make_gap(source, before, after))
    return sorted(found, key=lambda gap: (gap.start, gap.source))


def make_gap(source: str, start: datetime, end: datetime) -> Gap:
    """Return a gap of a source."""
    return Gap(source=source, start=start, end=end, seconds=max(0, int((end - start).total_seconds())))


def _has_traffic(moments: Sequence[datetime], start: datetime, end: datetime) -> bool:
    """Return whether some moment lies in a time, its ends included: another log's last line may be the window's end."""
    return bisect_left(moments, start) < bisect_right(moments, end)
