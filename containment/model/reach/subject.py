"""What a question is about: a policy with the agents it is for, and what is known of the place around them.

It comes from a spec, or from a state that somebody deployed; the questions are the same. What is not known is said in
`assumptions`, and every answer repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from containment.model.catalog import CatalogSet
from containment.model.fqdn import DomainPattern
from containment.model.invariants import agent_sources
from containment.model.names import DENY_GROUPS, PolicyMode, WebGroupId
from containment.model.reach.approval import Approval
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.ruleset import Network, RuleSet
from containment.model.spec import ContainmentSpec


@dataclass(frozen=True, slots=True)
class Fact:
    """What the catalog says of one pattern; `origin` is its file."""

    owner: str
    origin: str
    web_group: WebGroupId
    uploads: bool
    relays: bool
    foreign_tenant: bool

    @property
    def risks(self) -> tuple[str, ...]:
        """The flags that are set, in words."""
        told = (("takes uploads from strangers", self.uploads), ("relays", self.relays), ("serves other tenants", self.foreign_tenant))
        return tuple(text for text, holds in told if holds)


@dataclass(frozen=True, slots=True)
class Subject:
    """One policy to ask about.

    `denied` are the names that must be out of reach, `approved` those that may be reached; `own` are the networks of the
    place itself and the private ones it may reach, `resolvers` its DNS resolvers. `mode` None is not known. `approvals` has
    the owner of each approved name.
    """

    title: str
    ruleset: RuleSet
    agents: tuple[Sources, ...] = ANYBODY
    mode: PolicyMode | None = None
    denied: tuple[DomainPattern, ...] = ()
    approved: tuple[DomainPattern, ...] = ()
    own: tuple[Network, ...] = ()
    resolvers: tuple[Network, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))
    assumptions: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()


def facts_of(sets: Iterable[CatalogSet], region: str) -> dict[str, Fact]:
    """Return what the catalog says, by pattern; a permitted set's word goes before a denied one's."""
    out: dict[str, Fact] = {}
    for one in sorted(sets, key=lambda each: each.web_group not in DENY_GROUPS):
        for entry in one.entries:
            where = f"presets/catalog/{one.name}.yaml"
            fact = Fact(entry.owner, where, one.web_group, entry.uploads, entry.relays, entry.foreign_tenant)
            out[entry.in_region(region).text] = fact
    return out


def agents_of(spec: ContainmentSpec) -> tuple[Sources, ...]:
    """Return every way to be an agent of a stack: any address of its subnets without tags, and its tags at any address."""
    tags = [source.tags for source in agent_sources(spec) if source.address is None]
    return (Sources(spec.agent_subnets, {}), *(Sources(None, one) for one in tags))
