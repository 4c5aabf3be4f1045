"""What the evidence of `containment observe` has about promoted destinations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from containment.errors import InputError, Problem
from containment.fixes.networks import read_network
from containment.observe.evidence import Evidence, WouldBeDenied
from containment.patterns.domain import DomainPattern, normalize_or_keep
from containment.ternary import Ternary


@dataclass(frozen=True, slots=True)
class Observation:
    """How often a destination was seen, and when; `count` is 0 for one that the evidence does not contain."""

    name: str
    count: int
    bytes_out: int | None
    bytes_in: int | None
    first_seen: datetime | None
    last_seen: datetime | None
    agents: tuple[str, ...]
    flags: tuple[str, ...]


def select_names(evidence: Evidence, wanted: Sequence[str], *, in_catalog: bool) -> list[str]:
    """Return exact hosts that would be denied; raise InputError for a wanted name that the evidence does not contain.

    Args:
        evidence: the evidence.
        wanted: hosts, or registrable domains, which stand for every host seen below them.
        in_catalog: also select every host that a catalog set lists.
    """
    found: list[str] = [one.name for one in evidence.would_be_denied if in_catalog and one.in_catalog]
    problems = []
    for text in wanted:
        name = normalize_or_keep(text)
        hosts = [one.name for one in evidence.would_be_denied if name in (normalize_or_keep(one.name), one.registrable_domain)]
        if not hosts:
            near = ", ".join(sorted({one.name for one in evidence.would_be_denied})[:10]) or "none"
            why = "only what was seen can be taken from evidence"
            problems.append(
                Problem(f"--from-evidence {text}", "is not among the destinations that would be denied", why, f"use one of: {near}")
            )
        found += hosts
    if problems:
        raise InputError("cannot promote", problems)
    return list(dict.fromkeys(found))


def find_observations(evidence: Evidence, names: Iterable[str]) -> list[Observation]:
    """Return what was seen of each name; a wildcard has the sum of its hosts, a network that of its addresses."""
    return [_find_observation(name, [one for one in evidence.would_be_denied if _is_covered(name, one.name)]) for name in names]


def _is_covered(name: str, host: str) -> bool:
    if (network := read_network(name)) is not None:
        seen = read_network(host)
        return seen is not None and seen.subnet_of(network)
    return DomainPattern.parse(name.partition("/")[0]).matches(host) is Ternary.YES


def _find_observation(name: str, seen: Sequence[WouldBeDenied]) -> Observation:
    return Observation(
        name=name,
        count=sum(one.count for one in seen),
        bytes_out=_add(one.bytes_out for one in seen),
        bytes_in=_add(one.bytes_in for one in seen),
        first_seen=min((one.first_seen for one in seen), default=None),
        last_seen=max((one.last_seen for one in seen), default=None),
        agents=tuple(sorted({one.agent for one in seen})),
        flags=tuple(sorted({str(flag) for one in seen for flag in one.flags})),
    )


def _add(parts: Iterable[int | None]) -> int | None:
    """Return the sum; None if a part is unknown, because a sum of the rest would be too small."""
    known = list(parts)
    return None if not known or any(one is None for one in known) else sum(one or 0 for one in known)
