"""Sources of DNS answers in an agent's VPC that override public DNS: private zones, namespaces, profiles, resolver endpoints.

A private zone takes precedence over public DNS. If it answers a permitted name with another address, the gateway still reads the
permitted name in the SNI and permits the connection. So a zone is harmless only if it provably contains no name that a WebGroup of
the program may match, no name of AWS, and no public suffix. A profile or a zone of another program can answer any name, now or later.

Sources: Route 53 Developer Guide, "Considerations when working with a private hosted zone" and "Amazon Route 53 Profiles".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.patterns.domain import DomainPattern, extract_filter_host, parse_pattern
from containment.patterns.permitted_names.public_suffix import has_listed_top_level, is_public_suffix
from containment.ternary import Ternary
from policypack.facts.host_location import describe_subnet, describe_vpc
from policypack.facts.ingress_services import get_values
from policypack.finding import Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, describe, get_field, get_items
from policypack.graph.resources import Graph

_OF_AWS: Final = ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "on.aws", "aws.amazon.com", "aws.dev", "aws")
"""Domains of AWS's services and endpoints."""


def find_answerers(graph: Graph) -> Iterator[Violation]:
    """Yield a fault at every resource that may answer names in a host's VPC instead of public DNS."""
    yield from _find_zones(graph)
    yield from _find_records(graph)
    yield from _find_shared(graph)
    yield from _find_resolvers(graph)


def _find_zones(graph: Graph) -> Iterator[Violation]:
    for kind, path in ((kt.ZONE, "vpcs[].vpcId"), (kt.NAMESPACE, "vpc")):
        for one in graph.find_by_type(kind):
            reached = next((vpc for value in get_values(one, path) if (vpc := describe_vpc(graph, one, path.split("[")[0], value))), "")
            danger = reached and describe_danger(graph, one.get("name"))
            if danger:
                yield Violation(one.urn, f"answers names of {reached} with the zone's addresses: {danger}")
    for one in graph.find_by_type(kt.ZONE_ASSOCIATION):
        reached = describe_vpc(graph, one, "vpcId", one.get("vpcId"))
        if not reached:
            continue
        zones = graph.follow(one, "zoneId", (kt.ZONE,), ("id", "zoneId"))
        dangers = [danger for zone in zones.found if (danger := describe_danger(graph, zone.get("name")))]
        if not zones.found:
            dangers = [f"zone {zones.literal or 'that cannot be traced'} is not of this program, so its names cannot be seen"]
        yield from (Violation(one.urn, f"answers names of {reached} with addresses of a private zone: {danger}") for danger in dangers)


def _find_records(graph: Graph) -> Iterator[Violation]:
    """Yield records of permitted names in zones of other programs: such a zone may be associated with an agent's VPC."""
    for one in graph.find_by_type(kt.RECORD):
        zone = graph.follow(one, "zoneId", (kt.ZONE,), ("id", "zoneId"))
        name = parse_pattern(one.get("name"))
        if zone.literal and name is not None:
            patterns = ((text, parse_pattern(text)) for text in _find_web_names(graph))
            met = next((text for text, pattern in patterns if pattern and name.overlaps(pattern) is not Ternary.NO), "")
            if met:
                yield Violation(one.urn, f"answers {name}, which {met} of a WebGroup matches, in zone {zone.literal} of another program")


def _find_shared(graph: Graph) -> Iterator[Violation]:
    for one in graph.find_by_type(kt.ZONE_AUTHORIZATION):
        reached = describe_vpc(graph, one, "vpcId", one.get("vpcId"))
        if reached:
            yield Violation(one.urn, f"lets a zone of another account answer names of {reached}")
    for one in graph.find_by_type(kt.PROFILE_ASSOCIATION):
        reached = describe_vpc(graph, one, "resourceId", one.get("resourceId"))
        if reached:
            yield Violation(one.urn, f"applies a Route 53 profile to {reached}: its zones, rules and DNS firewall may answer any name")


def _find_resolvers(graph: Graph) -> Iterator[Violation]:
    for one in graph.find_by_type(kt.RESOLVER_ENDPOINT):
        reached = next(
            (to for value in get_values(one, "ipAddresses[].subnetId") if (to := describe_subnet(graph, one, "ipAddresses", value))), ""
        )
        if reached:
            yield Violation(one.urn, f"is a resolver endpoint in {reached}: other networks send and answer DNS queries through it")
    for one in graph.find_by_type(kt.RESOLVER_CONFIG):
        reached, flag = describe_vpc(graph, one, "resourceId", one.get("resourceId")), one.get("autodefinedReverseFlag")
        if reached and (flag is UNKNOWN or str(flag).upper() != "ENABLE"):
            yield Violation(
                one.urn, f"sends reverse names of {reached} to public DNS: autodefinedReverseFlag is {describe(flag)}, not ENABLE"
            )


def describe_danger(graph: Graph, name: Any) -> str:
    """Return why a zone of this name may answer a name that agents use, "" if it provably does not."""
    if name is UNKNOWN:
        return "the zone's name is not known before the update"
    zone = parse_pattern(name)
    if zone is None or not zone.is_exact:
        return f"{name!r} is not a name of a zone"
    if any(_is_overlapping(zone, one) for one in map(parse_pattern, _OF_AWS) if one) or any(_is_under(zone.text, one) for one in _OF_AWS):
        return f"{zone} is, or contains, names of AWS that the host and its endpoints use"
    if is_public_suffix(zone.text):
        return f"{zone} is a public suffix: names of unrelated owners are under it"
    permitted = _find_web_names(graph)
    if UNKNOWN in permitted:
        return f"a WebGroup has a name that is not known before the update, and {zone} may contain it"
    for text in permitted:
        pattern = parse_pattern(text)
        if pattern is None or _is_overlapping(zone, pattern):
            return f"zone {zone} may contain {text}, a name of a WebGroup: the gateway judges by the name, whatever the address"
    if not graph.find_by_type(*kt.RULE_LISTS) and _is_public(zone.text):
        return f"{zone} is a public name, and the permitted names are not in this program"
    return ""


def _find_web_names(graph: Graph) -> tuple[Any, ...]:
    """Return every SNI and URL pattern of the program's WebGroups; denied names are included, which is harmless."""
    return graph.compute_once(_find_web_names, lambda: tuple(dict.fromkeys(_read_web_names(graph))))


def _read_web_names(graph: Graph) -> Iterator[Any]:
    for group in graph.find_by_type(kt.WEB_GROUP):
        for expression in get_items(get_field(group.get("selector"), "matchExpressions")):
            if expression is UNKNOWN:
                yield UNKNOWN
            for key in ("snifilter", "urlfilter"):
                value = get_field(expression, key)
                if value not in (None, ""):
                    yield UNKNOWN if value is UNKNOWN else extract_filter_host(value)


def _is_overlapping(zone: DomainPattern, pattern: DomainPattern) -> bool:
    """Return whether a zone (its apex, and all names below) may contain a name that a pattern matches."""
    below = parse_pattern(f"*.{zone}")
    return zone.overlaps(pattern) is not Ternary.NO or below is None or below.overlaps(pattern) is not Ternary.NO


def _is_under(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _is_public(name: str) -> bool:
    """Return whether a name is under a top-level domain of public DNS; `internal` and `home.arpa` are private."""
    return has_listed_top_level(name) and not _is_under(name, "home.arpa")
