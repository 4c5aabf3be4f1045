"""The narrowest patterns that cover a list of hosts: the exact hosts, or one wildcard per domain where wildcards are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.public_suffix import find_registrable_domain
from containment.ternary import Ternary


def find_narrowest(names: Sequence[str], *, wildcard: bool) -> list[str]:
    """Return the names to permit, in the order given.

    Several exact hosts of one registrable domain become `*.` and their longest common domain if `wildcard` is set. Text that is no name is
    returned unchanged: the validator of names reports it.
    """
    if not wildcard:
        return list(dict.fromkeys(names))
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        groups.setdefault(_find_group(name), []).append(name)
    return [found for domain, group in groups.items() for found in _cover(domain, group)]


def _find_group(name: str) -> str:
    """Return the registrable domain of an exact host; any other text is a group by itself."""
    try:
        pattern = DomainPattern.parse(name)
    except ValueError:
        return name
    return find_registrable_domain(pattern.text) if pattern.is_exact and "." in pattern.text else name


def _cover(domain: str, names: Sequence[str]) -> list[str]:
    if len(names) < 2:
        return list(names)
    pattern = DomainPattern(f"*.{_find_common_domain(domain, [DomainPattern.parse(name).text for name in names])}")
    left = [name for name in names if pattern.matches(DomainPattern.parse(name).text) is not Ternary.YES]
    return [*([pattern.text] if len(left) < len(names) else []), *left]


def _find_common_domain(domain: str, names: Iterable[str]) -> str:
    """Return the longest domain that is above every name, or the registrable domain."""
    parents = [name.split(".")[1:] if name != domain else name.split(".") for name in names]
    common: list[str] = []
    for labels in zip(*(reversed(one) for one in parents), strict=False):
        if len(set(labels)) > 1:
            break
        common.append(labels[0])
    found = ".".join(reversed(common))
    return found if found.endswith(domain) else domain
