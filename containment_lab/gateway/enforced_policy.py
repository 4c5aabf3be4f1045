"""The policy in force at the gateway, from the Controller: groups resolved to addresses and names, rules in evaluation order.

Rules kept here:
- rulesets are in tree order: those attached to the first attachment point, the policy list, those attached to the last; within a list the
  lowest priority number is first. An unattached ruleset is not in force. With DCF off no rule is.
- SmartGroup membership comes from the Controller, whose inventory may be some time old;
- an expression that only a real Controller can resolve selects nothing here, and is reported;
- a gateway applies the rules that can match its VPC's addresses: a Controller has the rules of all stacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

from containment.analysis.classes.addresses import get_public_networks
from containment.names import Protocol, WellKnownObject
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern

Networks = tuple[IPv4Network, ...]
DECRYPT = "DECRYPT_ALLOWED"
EVERYWHERE: Networks = (IPv4Network("0.0.0.0/0"),)
PUBLIC: Networks = tuple(get_public_networks())
"""The group Public Internet: every address outside RFC 1918."""


@dataclass(frozen=True)
class GatewayRule:
    """One rule as the gateway applies it; empty `ports` are all ports; `patterns` is None for a rule without a WebGroup."""

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
    decrypted_urls: tuple[UrlPattern, ...] = ()
    """URLs for which the gateway decrypts TLS; URLs of a rule that does not decrypt are left out, as no flow matches them."""

    @property
    def is_l7(self) -> bool:
        """Whether matching needs the first bytes of a flow."""
        return self.patterns is not None or self.tls_required or self.tls_refused


@dataclass(frozen=True)
class GatewayPolicy:
    """The rules and default action of a gateway; `enforcing` False: DCF is off, and every flow passes."""

    enforcing: bool
    rules: tuple[GatewayRule, ...]
    default_permits: bool
    default_logged: bool
    unresolved: tuple[str, ...] = ()

    def map_rule_names(self) -> dict[str, str]:
        """Return each rule's name by uuid: logs contain only the uuid."""
        return {rule.uuid: rule.name for rule in self.rules}


def select_rules_for(policy: GatewayPolicy, networks: Iterable[IPv4Network]) -> GatewayPolicy:
    """Return the policy for a gateway of some networks: without the rules that no source there can match."""
    own = tuple(networks)
    rules = tuple(rule for rule in policy.rules if any(one.overlaps(source) for one in own for source in rule.sources))
    return replace(policy, rules=rules)


def read_policy(held: Mapping[str, Any], members: Mapping[str, Any]) -> GatewayPolicy:
    """Return the policy in force.

    Args:
        held: The Controller's inventory.
        members: Its members of each SmartGroup, by uuid.
    """
    if not held["features"].get("microseg"):
        return GatewayPolicy(False, (), True, False)
    web, (urls, unreadable) = _read_web_groups(held["app_domains"]), _read_urls(held["app_domains"])
    verifying = {key for key, each in held["tls_profiles"].items() if each.get("verify_sni")}
    rules = tuple(_build_rule(each, members, web, urls, verifying) for each in _order_rules(held) if each.get("enforcement") != "DISABLE")
    default = held["default_action"]
    unresolved = [f"{each['name']}: {fields}" for each in members.values() for fields in each["unresolved"]]
    return GatewayPolicy(True, rules, default["action"] == "PERMIT", bool(default.get("logging")), (*unresolved, *unreadable))


def _order_rules(held: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _collect_attached_rules(held, WellKnownObject.BEFORE_UI_MANAGED.value)
    yield from sorted(held["policy_list"], key=lambda rule: rule["priority"])
    yield from _collect_attached_rules(held, WellKnownObject.AFTER_UI_MANAGED.value)


def _collect_attached_rules(held: Mapping[str, Any], point: str) -> Iterator[Mapping[str, Any]]:
    for each in held["rulesets"].values():
        if each.get("attach_to") == point:
            yield from _sort_ruleset(each)
    for each in held["groups"].values():
        if each.get("attach_to") == point:
            yield from _collect_group_rules(held, each)


def _sort_ruleset(ruleset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(ruleset.get("policies", ()), key=lambda rule: rule["priority"])


def _collect_group_rules(held: Mapping[str, Any], group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for child in sorted(group["sub_policies"], key=lambda each: each["priority"]):
        if child.get("list") in held["rulesets"]:
            yield from _sort_ruleset(held["rulesets"][child["list"]])
        elif child.get("block") in held["groups"]:
            yield from _collect_group_rules(held, held["groups"][child["block"]])
        elif point := (child.get("attachment_point") or {}).get("uuid"):
            yield from _collect_attached_rules(held, point)


def _build_rule(
    rule: Mapping[str, Any],
    members: Mapping[str, Any],
    web: Mapping[str, tuple[DomainPattern, ...]],
    urls: Mapping[str, tuple[UrlPattern, ...]],
    verifying: set[str],
) -> GatewayRule:
    protocol = rule["protocol"]
    requirement = rule.get("flow_app_requirement", "APP_UNSPECIFIED")
    filters = rule.get("web_filters") or ()
    return GatewayRule(
        uuid=rule["uuid"],
        name=rule["name"],
        permits=rule["action"] != "DENY",
        watched=bool(rule.get("watch")) or rule.get("enforcement") == "MONITOR",
        sources=_merge_group_networks(members, rule["src_ads"]),
        destinations=_merge_group_networks(members, rule["dst_ads"]),
        protocol=Protocol.ANY if protocol == "PROTOCOL_UNSPECIFIED" else Protocol(protocol),
        ports=tuple((int(each["lo"]), int(each.get("hi") or each["lo"])) for each in rule.get("port_ranges") or ()),
        patterns=tuple(pattern for key in filters for pattern in web[key]) if filters else None,
        tls_required=requirement == "TLS_REQUIRED",
        tls_refused=requirement == "NOT_TLS_REQUIRED",
        verify_sni=rule.get("tls_profile") in verifying,
        logged=bool(rule.get("logging")) or bool(rule.get("watch")),
        decrypted_urls=tuple(url for key in filters for url in urls.get(key, ())) if rule.get("decrypt_policy") == DECRYPT else (),
    )


def _read_web_groups(domains: Mapping[str, Any]) -> dict[str, tuple[DomainPattern, ...]]:
    out: dict[str, tuple[DomainPattern, ...]] = {WellKnownObject.ALL_WEB.value: (DomainPattern("*"),)}
    for key, each in domains.items():
        filters = [one["all"]["snifilter"] for one in each["selector"]["any"] if "snifilter" in one["all"]]
        out[key] = tuple(dict.fromkeys(DomainPattern.parse(text) for text in filters))
    return out


def _read_urls(domains: Mapping[str, Any]) -> tuple[dict[str, tuple[UrlPattern, ...]], list[str]]:
    """Return the URLs of each WebGroup, and one line for each invalid URL."""
    out: dict[str, tuple[UrlPattern, ...]] = {}
    unreadable = []
    for key, each in domains.items():
        found = []
        for text in (one["all"]["urlfilter"] for one in each["selector"]["any"] if "urlfilter" in one["all"]):
            try:
                found.append(_parse_url(text))
            except ValueError as error:
                unreadable.append(f"{each.get('name', key)}: URL {text}: {error}")
        out[key] = tuple(dict.fromkeys(found))
    return out, unreadable


def _parse_url(text: str) -> UrlPattern:
    """Parse a URL of the Controller, which accepts more than a stack file: a host without a path is a URL as well."""
    host, _, path = text.strip().removeprefix("https://").partition("/")
    if "*" in path[:-1]:
        raise ValueError("a `*` before the end of the path")
    return UrlPattern(DomainPattern.parse(host), f"/{path}" if path else "/*")


def _merge_group_networks(members: Mapping[str, Any], groups: Iterable[str]) -> Networks:
    """Return the IPv4 networks of several groups together, without overlaps."""
    found: list[IPv4Network] = []
    for key in groups:
        if key == WellKnownObject.ANYWHERE:
            found += EVERYWHERE
        elif key == WellKnownObject.PUBLIC_INTERNET:
            found += PUBLIC
        else:
            found += [IPv4Network(each, strict=False) for each in members[key]["cidrs"] if ":" not in each]
    return tuple(collapse_addresses(found))
