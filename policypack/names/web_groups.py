"""Names in WebGroups: what a group lists, and which groups are a deny's while no group has an id.

A WebGroup's names are literal in a first preview; only the rules that use it are not known. Then the group with most
providers of the minimum set is the shadow-model deny's. A program whose denies use more groups than that one has room for
others: groups of which most names could not be permitted (paste sites, tunnels, wide wildcards) are taken for those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from containment.model.fqdn import DomainPattern, Match
from containment.model.permitted.name import refusal_of
from policypack.graph import Resource
from policypack.members import expressions
from policypack.plain import UNKNOWN, field
from policypack.providers import PROVIDERS


def names_in(group: Resource) -> list[Any]:
    """Return a group's names as its resource states them, of URLs their hosts; UNKNOWN for one that is not known."""
    filters = [(field(one, "snifilter"), field(one, "urlfilter")) for one in expressions(group)]
    stated = [[name] if url in (None, "") else [_host(url)] if name in (None, "") else [name, _host(url)] for name, url in filters]
    return ["" if name is None else name for one in stated for name in one]


def pattern_of(raw: Any) -> DomainPattern | None:
    """Return the pattern of a name, None for what is not known or cannot be a name."""
    try:
        return DomainPattern.parse(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def deny_groups(groups: Sequence[Resource], uses: int) -> tuple[list[Resource], list[Resource]]:
    """Return the group of the shadow-model deny, and other groups to be taken for denies', while no group has an id.

    Args:
        groups: every WebGroup of the program.
        uses: how many times its denies refer to a WebGroup; groups beyond that number are a permit's.
    """
    counts = {group: sum(any(_covers(one, name) for one in names_in(group)) for name in PROVIDERS) for group in groups}
    most = max(counts, key=lambda group: counts[group], default=None)
    shadow = [most] if most is not None and counts[most] else []
    others = [group for group in groups if group not in shadow and _is_mostly_refused(group)]
    return shadow, others[: max(0, uses - len(shadow))]


def _covers(raw: Any, name: str) -> bool:
    pattern = pattern_of(raw)
    return pattern is not None and pattern.is_anchored and pattern.matches(name) is not Match.NO


def _is_mostly_refused(group: Resource) -> bool:
    names = [name for name in names_in(group) if name is not UNKNOWN]
    refused = sum(isinstance(name, str) and refusal_of(name) is not None for name in names)
    return refused > len(names) / 2


def _host(url: Any) -> Any:
    if url is UNKNOWN:
        return UNKNOWN
    return str(url or "").split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
