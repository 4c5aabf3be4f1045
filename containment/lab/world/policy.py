"""The policy in force at the gateway, as the Controller holds it: groups resolved to addresses and names, rules in the order of evaluation.

Rules kept here:
- rulesets stand in tree order: what hangs on the first attachment point, the policy list, what hangs on the last; inside a list the lowest
  priority number is first. A ruleset that hangs nowhere is not in force. With DCF off nothing is.
- who is in a SmartGroup is what the Controller says, which may have looked at its account some time ago;
- what only a real Controller can resolve selects nothing here, and is reported;
- a gateway applies what can match its own VPC's addresses: one Controller holds every stack's rules, and most are about others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

from containment.model.fqdn import DomainPattern
from containment.model.names import RFC1918, Protocol, WellKnown

Networks = tuple[IPv4Network, ...]
EVERYWHERE: Networks = (IPv4Network("0.0.0.0/0"),)


@dataclass(frozen=True)
class GatewayRule:
    """One rule as the gateway applies it; `ports` empty is any port; `patterns` None: the rule has no WebGroup."""

    uuid: str
    name: str
    permits: bool
    watched: bool
    sources: Networks
    destinations: Networks
    protocol: Protocol
    ports: tuple[tuple[int, int], ...]
    patterns: tuple[DomainPattern, ...] | None
    tls_required: bool
    tls_refused: bool
    verify_sni: bool
    logged: bool

    @property
    def is_l7(self) -> bool:
        """Whether the first bytes of a flow are needed to tell if it matches."""
        return self.patterns is not None or self.tls_required or self.tls_refused


@dataclass(frozen=True)
class GatewayPolicy:
    """Everything the gateway evaluates; `enforcing` False: DCF is off, and every flow passes."""

    enforcing: bool
    rules: tuple[GatewayRule, ...]
    default_permits: bool
    default_logged: bool
    unresolved: tuple[str, ...] = ()

    def rule_names(self) -> dict[str, str]:
        """Return each rule's name by uuid: logs carry only the uuid."""
        return {rule.uuid: rule.name for rule in self.rules}


def seen_from(policy: GatewayPolicy, networks: Iterable[IPv4Network]) -> GatewayPolicy:
    """Return the policy as a gateway of some networks needs it: without the rules that no source there can match."""
    own = tuple(networks)
    rules = tuple(rule for rule in policy.rules if any(one.overlaps(source) for one in own for source in rule.sources))
    return replace(policy, rules=rules)


def read_policy(held: Mapping[str, Any], members: Mapping[str, Any]) -> GatewayPolicy:
    """Return the policy in force: `held` is a Controller's inventory, `members` who it says is in which SmartGroup by uuid."""
    if not held["features"].get("microseg"):
        return GatewayPolicy(False, (), True, False)
    web = _web_groups(held["app_domains"])
    verifying = {key for key, each in held["tls_profiles"].items() if each.get("verify_sni")}
    rules = tuple(_rule(each, members, web, verifying) for each in _ordered(held) if each.get("enforcement") != "DISABLE")
    default = held["default_action"]
    unresolved = tuple(f"{each['name']}: {fields}" for each in members.values() for fields in each["unresolved"])
    return GatewayPolicy(True, rules, default["action"] == "PERMIT", bool(default.get("logging")), unresolved)


def _ordered(held: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _hanging(held, WellKnown.BEFORE_UI_MANAGED.value)
    yield from sorted(held["policy_list"], key=lambda rule: rule["priority"])
    yield from _hanging(held, WellKnown.AFTER_UI_MANAGED.value)


def _hanging(held: Mapping[str, Any], point: str) -> Iterator[Mapping[str, Any]]:
    for each in held["rulesets"].values():
        if each.get("attach_to") == point:
            yield from _of_ruleset(each)
    for each in held["groups"].values():
        if each.get("attach_to") == point:
            yield from _of_group(held, each)


def _of_ruleset(ruleset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(ruleset.get("policies", ()), key=lambda rule: rule["priority"])


def _of_group(held: Mapping[str, Any], group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for child in sorted(group["sub_policies"], key=lambda each: each["priority"]):
        if child.get("list") in held["rulesets"]:
            yield from _of_ruleset(held["rulesets"][child["list"]])
        elif child.get("block") in held["groups"]:
            yield from _of_group(held, held["groups"][child["block"]])
        elif point := (child.get("attachment_point") or {}).get("uuid"):
            yield from _hanging(held, point)


def _rule(
    rule: Mapping[str, Any], members: Mapping[str, Any], web: Mapping[str, tuple[DomainPattern, ...]], verifying: set[str]
) -> GatewayRule:
    protocol = rule["protocol"]
    requirement = rule.get("flow_app_requirement", "APP_UNSPECIFIED")
    filters = rule.get("web_filters") or ()
    return GatewayRule(
        uuid=rule["uuid"],
        name=rule["name"],
        permits=rule["action"] != "DENY",
        watched=bool(rule.get("watch")) or rule.get("enforcement") == "MONITOR",
        sources=_networks(members, rule["src_ads"]),
        destinations=_networks(members, rule["dst_ads"]),
        protocol=Protocol.ANY if protocol == "PROTOCOL_UNSPECIFIED" else Protocol(protocol),
        ports=tuple((int(each["lo"]), int(each.get("hi") or each["lo"])) for each in rule.get("port_ranges") or ()),
        patterns=tuple(pattern for key in filters for pattern in web[key]) if filters else None,
        tls_required=requirement == "TLS_REQUIRED",
        tls_refused=requirement == "NOT_TLS_REQUIRED",
        verify_sni=rule.get("tls_profile") in verifying,
        logged=bool(rule.get("logging")) or bool(rule.get("watch")),
    )


def _web_groups(domains: Mapping[str, Any]) -> dict[str, tuple[DomainPattern, ...]]:
    out: dict[str, tuple[DomainPattern, ...]] = {WellKnown.ALL_WEB.value: (DomainPattern("*"),)}
    for key, each in domains.items():
        filters = [one["all"]["snifilter"] for one in each["selector"]["any"] if "snifilter" in one["all"]]
        out[key] = tuple(dict.fromkeys(DomainPattern.parse(text) for text in filters))
    return out


def _networks(members: Mapping[str, Any], groups: Iterable[str]) -> Networks:
    """Return the IPv4 networks of several groups together, without overlaps."""
    found: list[IPv4Network] = []
    for key in groups:
        if key == WellKnown.ANYWHERE:
            found += EVERYWHERE
        elif key == WellKnown.PUBLIC_INTERNET:
            found += PUBLIC
        else:
            found += [IPv4Network(each, strict=False) for each in members[key]["cidrs"] if ":" not in each]
    return tuple(collapse_addresses(found))


def without(inside: Iterable[IPv4Network], taken: Iterable[IPv4Network]) -> Networks:
    """Return `inside` less everything in `taken`."""
    left = list(inside)
    for hole in taken:
        kept: list[IPv4Network] = []
        for network in left:
            if hole.supernet_of(network):
                continue
            kept += list(network.address_exclude(hole)) if hole.subnet_of(network) else [network]
        left = kept
    return tuple(collapse_addresses(left))


PUBLIC: Networks = without(EVERYWHERE, RFC1918)
"""The group Public Internet: every address outside RFC 1918."""
