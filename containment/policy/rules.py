"""Groups, rules and rule sets: the ordered policy that a Controller evaluates.

Rules kept here (a RuleSet that breaks one cannot be constructed):
- rules are in evaluation order, lowest priority number first, with distinct priorities and names;
- every group that a rule names exists, and no group is empty;
- a rule with a WebGroup has ports, and a rule for ICMP has none (the provider fails on both at apply time).

`builder` makes the rules of a stack; `decide` applies them to a flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from types import MappingProxyType
from typing import TypeAlias

from containment.addresses.port_range import PortRange
from containment.names import RFC1918, Action, Protocol, WellKnownObject
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class Logging(StrEnum):
    """When a rule writes a log line (provider: `log_profile`)."""

    NONE = "none"
    START = "start"
    START_AND_END = "start+end"


@dataclass(frozen=True, slots=True)
class TagSelector:
    """VMs that carry all of these tags (a SmartGroup expression with `type = vm`)."""

    tags: Mapping[str, str]

    def __post_init__(self) -> None:
        assert self.tags, "a selector without tags would select every VM"
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))


@dataclass(frozen=True, slots=True)
class CidrSelector:
    """Every address of a network."""

    network: Network


@dataclass(frozen=True, slots=True)
class OpaqueSelector:
    """Members that only the Controller can list (FQDN, geo, threat feed, Kubernetes label): never guessed."""

    description: str


Selector: TypeAlias = TagSelector | CidrSelector | OpaqueSelector


@dataclass(frozen=True, slots=True)
class SmartGroup:
    """Workloads or addresses: a member of any selector is a member of the group."""

    name: str
    selectors: tuple[Selector, ...]

    def __post_init__(self) -> None:
        assert self.selectors, f"{self.name}: an empty SmartGroup is refused by the provider"


ANYWHERE = SmartGroup("Anywhere", (CidrSelector(IPv4Network("0.0.0.0/0")),))
PUBLIC_INTERNET = SmartGroup("Public Internet", (OpaqueSelector("every address outside RFC 1918"),))
WELL_KNOWN_GROUPS: Mapping[WellKnownObject, SmartGroup] = MappingProxyType(
    {WellKnownObject.ANYWHERE: ANYWHERE, WellKnownObject.PUBLIC_INTERNET: PUBLIC_INTERNET}
)


def is_public(address: Address) -> bool | None:
    """Return whether an address is in the Public Internet group, which is all outside RFC 1918; None for IPv6 (undocumented)."""
    return not any(address in network for network in RFC1918) if isinstance(address, IPv4Address) else None


@dataclass(frozen=True, slots=True)
class WebGroup:
    """Names matched against the TLS server name or the HTTP Host header, or URLs, which need decryption.

    Names in `unsure` may be in the group: its content is unknown, as in a group that another program creates.
    """

    name: str
    patterns: tuple[DomainPattern, ...]
    urls: tuple[UrlPattern, ...] = ()
    unsure: tuple[DomainPattern, ...] = ()

    def __post_init__(self) -> None:
        assert self.patterns or self.urls or self.unsure, f"{self.name}: an empty WebGroup is refused by the provider"

    @property
    def expressions(self) -> tuple[str, ...]:
        """Every name and URL as it was written."""
        return (*map(str, self.patterns), *map(str, self.urls))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the policy; it refers to groups by name, and `why` and `source` are for reviewers.

    `decrypts` lets the gateway decrypt TLS to see the URL (provider: `decrypt_policy = DECRYPT_ALLOWED`). `always_applied` marks a deny
    that is applied in monitor as well; the provider has no such field, so it is False for rules read from a state.
    """

    name: str
    priority: int
    action: Action
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    protocol: Protocol
    ports: tuple[PortRange, ...] = ()
    web_groups: tuple[str, ...] = ()
    logging: Logging = Logging.START
    watch: bool = False
    disabled: bool = False
    tls_required: bool = False
    verify_sni: bool = False
    decrypts: bool = False
    always_applied: bool = False
    why: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        assert self.sources, f"{self.name}: no source"
        assert self.destinations, f"{self.name}: no destination"
        assert not (self.protocol is Protocol.ICMP and self.ports), f"{self.name}: ICMP has no ports"
        assert not self.web_groups or self.ports, f"{self.name}: a rule with a WebGroup needs ports"


@dataclass(frozen=True)
class RuleSet:
    """An ordered policy with its groups and the default action, which applies to flows that no rule matches."""

    rules: tuple[Rule, ...]
    smart_groups: Mapping[str, SmartGroup]
    web_groups: Mapping[str, WebGroup]
    default_action: Action = Action.DENY
    by_name: Mapping[str, Rule] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        assert self.rules, "an empty rule list is not a policy"
        priorities = [rule.priority for rule in self.rules]
        assert priorities == sorted(set(priorities)), "rules must be in order of distinct priorities"
        by_name = {rule.name: rule for rule in self.rules}
        assert len(by_name) == len(self.rules), "two rules share a name"
        for rule in self.rules:
            missing = {*rule.sources, *rule.destinations} - {*self.smart_groups} | {*rule.web_groups} - {*self.web_groups}
            assert not missing, f"{rule.name} names groups that do not exist: {sorted(missing)}"
        object.__setattr__(self, "by_name", MappingProxyType(by_name))
        object.__setattr__(self, "smart_groups", MappingProxyType(dict(self.smart_groups)))
        object.__setattr__(self, "web_groups", MappingProxyType(dict(self.web_groups)))
