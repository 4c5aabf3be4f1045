"""The same rules without CrossGuard: for a program that checks itself, and for state files and previews read offline.

A bare `pulumi up` runs no policy pack. So the program asks `check_resource` about each resource it registers and
`check_order` about its rules, and stops with the message the pack would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policypack.deployed.view import faults_of
from policypack.finding import Fault, Finding, Rule
from policypack.graph import Graph, Resource
from policypack.known_types import INSTANCE, POLICY_LIST, RULESET, SMART_GROUP, SPOKE_GATEWAY, SUBNET, VPC, WEB_GROUP
from policypack.plain import plain
from policypack.registry import RULES
from policypack.waiver_rule import root_of, rule_of
from policypack.waivers import Waived, Waivers, apply

_ORDER: Final = "shadow-model-deny-comes-first"
_ABOUT_ORDER: Final = frozenset(
    {
        _ORDER,
        "agents-are-a-source-by-address",
        "default-deny-is-last",
        "denies-decide-something",
        "denies-are-applied",
        "east-west-is-denied",
        "external-dns-is-denied",
        "permits-are-for-agents",
        "permits-are-narrow",
        "permitted-names-are-not-denied",
        "priorities-are-distinct",
        "web-permits-demand-tls",
    }
)
"""Rules that need no more than rules, groups, hosts and their network: they can be asked before anything is registered."""


def check_resource(
    type_: str, name: str, props: Mapping[str, Any], rules: Sequence[Rule] = RULES, urn: str = "", seen: Sequence[Resource] = ()
) -> list[Finding]:
    """Return what the rules find wrong with one resource, by its inputs and those of the resources registered before it.

    `type_` is the full token (`aws:ec2/instance:Instance`), `props` the inputs under their Pulumi names (camelCase), plain,
    with `policypack.plain.UNKNOWN` for values that are outputs. Say only what the program says: a key left out is not stated.
    Findings name the resource by its `urn`, or by its name when that is not known.
    """
    resource = Resource(urn=urn or name, type=type_, name=name, props=plain(dict(props)))
    return [_finding(rule, fault) for rule in rules if rule.check_resource for fault in rule.check_resource(resource, seen)]


def check_stack(resources: Iterable[Resource], rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return what the rules find wrong with a whole stack."""
    graph = Graph(resources)
    return [_finding(rule, fault) for rule in rules if rule.check_stack for fault in faults_of(rule, graph)]


@dataclass(frozen=True)
class Judgement:
    """What stands against a program, and what is waived."""

    violations: tuple[Finding, ...]
    waived: tuple[Waived, ...] = ()


def check(resources: Iterable[Resource], waivers: Waivers, rules: Sequence[Rule] = RULES) -> Judgement:
    """Return what the pack would say about a whole stack: every rule, the waivers, and the rule about waivers."""
    graph = Graph(resources)
    root = root_of(graph)
    standing, waived = apply(
        (_finding(rule, fault) for rule in rules if rule.check_stack for fault in faults_of(rule, graph)), waivers, root
    )
    about = rule_of(waivers)
    assert about.check_stack is not None
    return Judgement((*standing, *(_finding(about, fault) for fault in about.check_stack(graph))), tuple(waived))


def check_order(
    rules: Sequence[Mapping[str, Any]],
    *,
    web_groups: Mapping[str, Iterable[str]],
    smart_groups: Mapping[str, Sequence[Mapping[str, Any]]],
    host_tags: Mapping[str, str],
    host_cidrs: Sequence[str],
    is_ruleset: bool = True,
    owner: str = "rules",
    vpc_cidr: str = "",
) -> list[Finding]:
    """Return what is wrong with an ordered rule list, before any of its groups has an id.

    `rules` are as the Aviatrix resources take them (camelCase; action, priority, protocol, srcSmartGroups, dstSmartGroups,
    webGroups, portRanges, logging, watch, flowAppRequirement), naming groups by the keys of `web_groups` (key -> domain
    patterns) and `smart_groups` (key -> match expressions), or by a well-known UUID. `host_tags` and `host_cidrs` are the
    agent host's own. `owner` is the URN, or just a name, of what holds the rules. With `vpc_cidr` the rules are those of a
    vended place in that VPC, and every rule about rules is asked; without it, only whether shadow models come first. An
    empty list means the order holds.
    """
    groups = [
        *(_group(SMART_GROUP, key, [dict(one) for one in expressions]) for key, expressions in smart_groups.items()),
        *(_group(WEB_GROUP, key, [{"snifilter": pattern} for pattern in patterns]) for key, patterns in web_groups.items()),
    ]
    subnets = [_made(SUBNET, f"subnet {cidr}", {"cidrBlock": cidr, "vpcId": "vpc"}) for cidr in host_cidrs]
    hosts = [_made(INSTANCE, f"host in {cidr}", {"tags": dict(host_tags), "subnetId": f"subnet {cidr}"}) for cidr in host_cidrs]
    place = [_made(VPC, "vpc", {"cidrBlock": vpc_cidr}), _made(SPOKE_GATEWAY, "spoke", {"vpcId": "vpc"})] if vpc_cidr else []
    kind, key = (RULESET, "rules") if is_ruleset else (POLICY_LIST, "policies")
    held = Resource(urn=owner, type=kind, name=owner.rsplit("::", 1)[-1], props={key: plain(list(rules))})
    asked = _ABOUT_ORDER if vpc_cidr else (_ORDER,)
    return check_stack([*place, *groups, *subnets, *hosts, held], [rule for rule in RULES if rule.id in asked])


def _group(kind: str, key: str, expressions: list[dict[str, Any]]) -> Resource:
    return _made(kind, key, {"selector": {"matchExpressions": expressions}})


def _made(kind: str, name: str, props: dict[str, Any]) -> Resource:
    return Resource(urn=name, type=kind, name=name, props=props, outputs={"id": name})


def _finding(rule: Rule, fault: Fault) -> Finding:
    return Finding(rule, fault.where, fault.what)
