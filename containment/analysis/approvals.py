"""Approved names of a policy, each with the owner of the host and the file or key that approves it.

The catalog names an owner, and the entry of a configuration key (a destination, a sanctioned provider, a waived upload host) another
one. A host with neither belongs to the stack's owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from containment.analysis.subject import Approval, Fact
from containment.config.destination_entry import DestinationEntry
from containment.config.destinations import find_key
from containment.config.parser import get_alias
from containment.config.spec import ContainmentSpec
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern


def collect_spec_approvals(spec: ContainmentSpec, facts: Mapping[str, Fact]) -> tuple[Approval, ...]:
    """Return every name that a stack permits, sorted, with one entry per file or key that approves it."""
    stated = [
        (pattern, _find_source(pattern, group, spec, facts))
        for group, found in spec.destinations.items()
        if group not in DENY_GROUPS
        for pattern in found.patterns
    ]
    urls = get_alias("tls_decryption_urls")
    stated += [(UrlPattern.parse(url).host, urls) for url in spec.decrypted_urls]
    return tuple(sorted({Approval(pattern.text, _find_owner(pattern, spec, facts), source) for pattern, source in stated}))


def collect_name_approvals(names: Iterable[DomainPattern], facts: Mapping[str, Fact]) -> tuple[Approval, ...]:
    """Return the names that a deployed policy permits and the catalog lists, with the catalog's owners."""
    return tuple(sorted(Approval(name.text, facts[name.text].owner, facts[name.text].origin) for name in names if name.text in facts))


def _find_source(pattern: DomainPattern, group: WebGroupId, spec: ContainmentSpec, facts: Mapping[str, Fact]) -> str:
    key = find_key(group)
    in_key = key is not None and pattern.text in {str(one) for one in _read_configured_values(spec, key)}
    fact = facts.get(pattern.text)
    return key if key is not None and in_key else fact.origin if fact is not None else spec.destinations[group].origin


def _read_configured_values(spec: ContainmentSpec, key: str) -> tuple[str, ...]:
    values = next(getattr(spec.config, name) for name in type(spec.config).model_fields if get_alias(name) == key)
    return tuple(values)


def _find_owner(pattern: DomainPattern, spec: ContainmentSpec, facts: Mapping[str, Fact]) -> str:
    named = next((f"{owner} until {until}" for name, owner, until in _list_entries(spec) if name == pattern.text), None)
    fact = facts.get(pattern.text)
    if fact is None:
        return named or "not in the catalog: the stack's owner"
    return fact.owner if named is None else f"{fact.owner}; {named}"


def _list_entries(spec: ContainmentSpec) -> Iterator[tuple[str, str, date]]:
    """Yield name, owner and last day of every entry in the stack's keys."""
    for key in type(spec.config).model_fields:
        value = getattr(spec.config, key)
        if isinstance(value, tuple):
            yield from ((item.name, item.owner, item.until) for item in value if isinstance(item, DestinationEntry))
    for waived in (*spec.config.sanctioned_model_providers, *spec.config.upload_waivers):
        yield waived.host, waived.owner, waived.until
