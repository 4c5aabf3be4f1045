"""Subject of a question: a policy with its agents, and the known facts about their environment.

It comes from a spec or from a deployed state; the questions are the same. `assumptions` lists what is unknown, and every answer
repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from containment.analysis.classes.sources import ANYBODY, Sources
from containment.catalog.catalog import CatalogSet
from containment.config.spec import ContainmentSpec
from containment.names import DENY_GROUPS, PolicyMode, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.policy.invariants import find_agent_sources
from containment.policy.rules import Network, RuleSet
from containment.sandbox.boundary import Boundary
from containment.tool_scopes.scope import ToolScope


@dataclass(frozen=True, slots=True, order=True)
class Approval:
    """One approved name: its owner, and the catalog file or stack key that approves it (`source`)."""

    name: str
    owner: str
    source: str


@dataclass(frozen=True, slots=True)
class Fact:
    """The catalog's facts about one pattern; `origin` is its file."""

    owner: str
    origin: str
    web_group: WebGroupId
    uploads: bool
    relays: bool
    foreign_tenant: bool

    @property
    def risks(self) -> tuple[str, ...]:
        """The flags that are set, in words."""
        told = (("takes uploads from any account", self.uploads), ("relays", self.relays), ("serves other tenants", self.foreign_tenant))
        return tuple(text for text, holds in told if holds)


@dataclass(frozen=True, slots=True)
class GatewaySubject:
    """A credential gateway: its source, the agents by the addresses of their subnets, and the hosts that it reaches for them.

    Agents are taken by address here: an agent inside the gateway's own subnet would be another program.
    """

    source: Sources
    agents: tuple[Sources, ...]
    hosts: tuple[DomainPattern, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One policy with the facts that questions depend on.

    `denied` are the names that must be out of reach, `approved` those that may be reached; `own` are the environment's networks and
    the private networks that it may reach, `resolvers` its DNS resolvers. `mode` is None when unknown. `approvals` has the owner of
    each approved name. `boundary` is what processes on the hosts may do, and `tools` are the MCP servers and tasks of the agents; both are
    None where the class is unknown.
    `credential_gateway` is None where there is none, and where it is unknown.
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
    boundary: Boundary | None = None
    tools: ToolScope | None = None
    credential_gateway: GatewaySubject | None = None


def collect_facts(sets: Iterable[CatalogSet], region: str) -> dict[str, Fact]:
    """Return the catalog's facts by pattern; a permitted set takes precedence over a denied one."""
    out: dict[str, Fact] = {}
    for one in sorted(sets, key=lambda each: each.web_group not in DENY_GROUPS):
        for entry in one.entries:
            where = f"presets/catalog/{one.name}.yaml"
            fact = Fact(
                owner=entry.owner,
                origin=where,
                web_group=one.web_group,
                uploads=entry.uploads,
                relays=entry.relays,
                foreign_tenant=entry.foreign_tenant,
            )
            out[entry.make_pattern(region).text] = fact
    return out


def find_gateway(spec: ContainmentSpec) -> GatewaySubject | None:
    """Return the credential gateway of a stack, None if it has none."""
    if spec.credential_gateway is None:
        return None
    tags = [source.tags for source in find_agent_sources(spec) if source.address is None]
    agents = tuple(Sources(spec.agent_subnets, one) for one in ({}, *tags))
    hosts = tuple(DomainPattern(route.host) for route in spec.credential_gateway.routes.routes)
    return GatewaySubject(Sources((spec.credential_gateway.subnet,), {}), agents, hosts)


def find_agents(spec: ContainmentSpec) -> tuple[Sources, ...]:
    """Return every kind of agent source of a stack: any address of its subnets without tags, and its tags at any address."""
    tags = [source.tags for source in find_agent_sources(spec) if source.address is None]
    return (Sources(spec.agent_subnets, {}), *(Sources(None, one) for one in tags))
