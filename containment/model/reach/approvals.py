"""Approved names of a policy: for each, the owner of the host and the file or key that approved it.

The owner is the catalog's. A host that the catalog does not list belongs to whoever put it into the stack's key; a
sanctioned provider and a waived upload host have an owner of their own in that key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from containment.model.destinations import key_of
from containment.model.fqdn import DomainPattern
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.parse import alias_of
from containment.model.reach.approval import Approval
from containment.model.reach.subject import Fact
from containment.model.spec import ContainmentSpec
from containment.model.url import UrlPattern


def approvals_of_spec(spec: ContainmentSpec, facts: Mapping[str, Fact]) -> tuple[Approval, ...]:
    """Return every name that a stack permits, sorted, each once per place that approves it."""
    stated = [
        (pattern, _source(pattern, group, spec, facts))
        for group, found in spec.destinations.items()
        if group not in DENY_GROUPS
        for pattern in found.patterns
    ]
    urls = alias_of("tls_decryption_urls")
    stated += [(UrlPattern.parse(url).host, urls) for url in spec.decrypted_urls]
    return tuple(sorted({Approval(pattern.text, _owner(pattern, spec, facts), source) for pattern, source in stated}))


def approvals_of_names(names: Iterable[DomainPattern], facts: Mapping[str, Fact]) -> tuple[Approval, ...]:
    """Return the names that a deployed policy permits and the catalog lists, with its owners."""
    return tuple(sorted(Approval(name.text, facts[name.text].owner, facts[name.text].origin) for name in names if name.text in facts))


def _source(pattern: DomainPattern, group: WebGroupId, spec: ContainmentSpec, facts: Mapping[str, Fact]) -> str:
    key = key_of(group)
    in_key = key is not None and pattern.text in {str(one) for one in _configured(spec, key)}
    fact = facts.get(pattern.text)
    return key if key is not None and in_key else fact.origin if fact is not None else spec.destinations[group].origin


def _configured(spec: ContainmentSpec, key: str) -> tuple[str, ...]:
    values = next(getattr(spec.config, name) for name in type(spec.config).model_fields if alias_of(name) == key)
    return tuple(values)


def _owner(pattern: DomainPattern, spec: ContainmentSpec, facts: Mapping[str, Fact]) -> str:
    answerable = [*spec.config.sanctioned_model_providers, *spec.config.upload_waivers]
    named = next((f"{entry.owner} until {entry.until}" for entry in answerable if entry.host == pattern.text), None)
    fact = facts.get(pattern.text)
    if fact is None:
        return named or "not in the catalog: the stack's owner"
    return fact.owner if named is None else f"{fact.owner}; {named}"
