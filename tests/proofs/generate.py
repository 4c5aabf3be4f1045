"""Random policies in a small world, where every flow that differs can be listed.

The world is small on purpose (few addresses, ports, names over three characters); what policies can say about it is not:
nested and crossing groups, wildcards in every form, unknown groups, URL filters, watched and disabled rules, both kinds of
address, tags, rules that verify names, and every protocol.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from ipaddress import ip_network

from containment.addresses.port_range import PortRange
from containment.names import Action, Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.rules import (
    ANYWHERE,
    PUBLIC_INTERNET,
    CidrSelector,
    OpaqueSelector,
    Rule,
    RuleSet,
    Selector,
    SmartGroup,
    TagSelector,
    WebGroup,
)

NETWORKS = (
    "10.0.0.0/8", "10.42.0.0/16", "10.42.10.0/24", "10.42.10.128/25", "10.42.11.0/24", "10.42.10.7/32", "172.16.0.0/12",
    "192.168.0.0/16", "0.0.0.0/1", "128.0.0.0/1", "8.8.8.8/32", "8.8.0.0/16", "198.51.100.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0",
    "2001:db8:1::/48", "100.64.0.0/10",
)  # fmt: skip
PATTERNS = (
    "*", "*.a.b", "*.b", "*a.b", "a.b", "b", "x.a.b", "b.a.b", "a", "*b", "a.*.b", "*a*", "b*", "*.a", "*.*.b", "a*b", "*.a.*.b", "ab.b",
    "b.b", "*ab.b", "x", "x.x", "*x.b", "a.*",
)  # fmt: skip
TAGS = ({"Role": "agent"}, {"Role": "agent", "Stack": "s"}, {"Stack": "s"}, {"Stack": "t"}, {"Role": "other"})
URLS = ("a.b/x*", "x.a.b/x/y", "*.a.b/x*", "b.b/z")
UNKNOWN = ("a threat feed", "pods labelled agent", "a geo group")
PORTS = ((443, 443), (80, 80), (53, 53), (1, 1023), (440, 450), (443, 8443), (0, 65535), (50, 60))


@dataclass(frozen=True)
class Style:
    """How a policy is made: how many rules, and how often each feature stands in it (0 to 1)."""

    rules: int
    unknown: float = 0.15
    watched: float = 0.2
    web: float = 0.45
    verify: float = 0.1
    unsure: float = 0.05


def make(rng: random.Random, style: Style) -> RuleSet:
    """Return one policy of a style."""
    smart = {f"s{index}": _smart_group(rng, f"s{index}", style) for index in range(rng.randint(2, 6))}
    smart |= {"anywhere": ANYWHERE, "public": PUBLIC_INTERNET}
    web = {f"w{index}": _web_group(rng, f"w{index}", style) for index in range(rng.randint(1, 5))}
    rules = tuple(_rule(rng, index, [*smart], [*web], style) for index in range(style.rules))
    return RuleSet(rules, smart, web, rng.choice([Action.DENY, Action.DENY, Action.PERMIT]))


def change(rng: random.Random, ruleset: RuleSet, style: Style) -> RuleSet:
    """Return a policy that differs a little: a group, a rule, the order or the default action."""
    smart, web, rules = dict(ruleset.smart_groups), dict(ruleset.web_groups), list(ruleset.rules)
    default = ruleset.default_action
    for _ in range(rng.randint(1, 2)):
        kind = rng.randrange(7)
        at = rng.randrange(len(rules))
        if kind == 0:
            name = rng.choice([name for name in smart if name.startswith("s")])
            smart[name] = _smart_group(rng, name, style)
        elif kind == 1:
            name = rng.choice([*web])
            web[name] = replace(web[name], patterns=tuple({*web[name].patterns, DomainPattern(rng.choice(PATTERNS))}))
        elif kind == 2:
            rules[at] = replace(_rule(rng, at, [*smart], [*web], style), name=rules[at].name)
        elif kind == 3 and len(rules) > 1:
            rules.pop(at)
        elif kind == 4:
            other = rng.randrange(len(rules))
            rules[at], rules[other] = rules[other], rules[at]
        elif kind == 5:
            rules[at] = replace(rules[at], verify_sni=not rules[at].verify_sni, tls_required=not rules[at].tls_required)
        else:
            default = rng.choice([Action.DENY, Action.PERMIT])
    ordered = tuple(replace(rule, priority=10 * place) for place, rule in enumerate(rules, 1))
    return RuleSet(ordered, smart, web, default)


def style_of(rng: random.Random) -> Style:
    """Return a style; half have ten rules or more."""
    rules = rng.randint(10, 24) if rng.random() < 0.5 else rng.randint(1, 9)
    return Style(rules, unknown=rng.choice([0.0, 0.15, 0.4]), watched=rng.choice([0.0, 0.3]), web=rng.choice([0.2, 0.5, 0.8]),
                 verify=rng.choice([0.0, 0.3]), unsure=rng.choice([0.0, 0.1]))  # fmt: skip


def _smart_group(rng: random.Random, name: str, style: Style) -> SmartGroup:
    selectors: list[Selector] = []
    for _ in range(rng.randint(1, 3)):
        if rng.random() < style.unknown:
            selectors.append(OpaqueSelector(rng.choice(UNKNOWN)))
        elif rng.random() < 0.25:
            selectors.append(TagSelector(rng.choice(TAGS)))
        else:
            selectors.append(CidrSelector(ip_network(rng.choice(NETWORKS))))
    return SmartGroup(name, tuple(selectors))


def _web_group(rng: random.Random, name: str, style: Style) -> WebGroup:
    patterns = tuple(sorted({DomainPattern(rng.choice(PATTERNS)) for _ in range(rng.randint(1, 4))}))
    if rng.random() >= style.unsure:
        return WebGroup(name, patterns)
    unsure = tuple(sorted({DomainPattern(rng.choice(PATTERNS)) for _ in range(rng.randint(0, 2))}))
    urls = tuple(sorted({UrlPattern.parse(rng.choice(URLS)) for _ in range(rng.randint(1, 2))}))
    return WebGroup(name, () if rng.random() < 0.5 else patterns, urls, unsure)


def _rule(rng: random.Random, index: int, smart: list[str], web: list[str], style: Style) -> Rule:
    protocol = rng.choice([Protocol.TCP, Protocol.TCP, Protocol.TCP, Protocol.UDP, Protocol.ANY, Protocol.ICMP])
    ports: tuple[PortRange, ...] = ()
    groups: tuple[str, ...] = ()
    if protocol is not Protocol.ICMP and rng.random() < 0.7:
        ports = tuple(PortRange(*rng.choice(PORTS)) for _ in range(rng.randint(1, 2)))
        if protocol is not Protocol.UDP and rng.random() < style.web:
            groups = tuple(rng.sample(web, rng.randint(1, min(2, len(web)))))
    everywhere = ["anywhere", "anywhere", "public"]
    return Rule(
        f"rule-{index}",
        10 * (index + 1),
        rng.choice([Action.PERMIT, Action.PERMIT, Action.DENY, Action.DENY, Action.INSPECT_PERMIT]),
        tuple(rng.sample(smart, rng.randint(1, 2))) if rng.random() < 0.6 else ("anywhere",),
        tuple(rng.sample(smart, rng.randint(1, 2))) if rng.random() < 0.5 else (rng.choice(everywhere),),
        protocol,
        ports,
        groups,
        watch=rng.random() < style.watched,
        disabled=rng.random() < 0.05,
        tls_required=rng.random() < (0.4 if groups else 0.05),
        verify_sni=rng.random() < style.verify,
        decrypts=rng.random() < style.unsure * 2,
    )
