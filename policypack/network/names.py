"""Who besides the VPC's resolver answers names in an agent's VPC: private zones, namespaces, profiles, resolver endpoints.

A private zone answers before public DNS. When it answers a permitted name with another address, the gateway still reads the
permitted name in the SNI and lets the connection pass. So a zone is harmless only when it is shown to contain no name that a
WebGroup of the program may match, no name of AWS, and no public suffix. A profile and a zone of another program can answer
any name, now or later.

Sources: Route 53 Developer Guide, "Considerations when working with a private hosted zone" and "Amazon Route 53 Profiles".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from containment.model.fqdn import DomainPattern, Match
from policypack.finding import Fault
from policypack.graph import Graph
from policypack.home import leads_to_subnet, leads_to_vpc
from policypack.known_doors import values
from policypack.known_types import (
    NAMESPACE,
    PROFILE_ASSOCIATION,
    RECORD,
    RESOLVER_CONFIG,
    RESOLVER_ENDPOINT,
    RULE_LISTS,
    WEB_GROUP,
    ZONE,
    ZONE_ASSOCIATION,
    ZONE_AUTHORIZATION,
)
from policypack.plain import UNKNOWN, field, items

_OF_AWS: Final = ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "on.aws", "aws.amazon.com", "aws.dev", "aws")
"""Domains under which AWS answers for its services and endpoints."""


def find_answerers(graph: Graph) -> Iterator[Fault]:
    """Yield a fault at everything that may answer names in a host's VPC in the place of public DNS."""
    yield from _find_zones(graph)
    yield from _find_records(graph)
    yield from _find_shared(graph)
    yield from _find_resolvers(graph)


def _find_zones(graph: Graph) -> Iterator[Fault]:
    for kind, path in ((ZONE, "vpcs[].vpcId"), (NAMESPACE, "vpc")):
        for one in graph.of(kind):
            reached = next((vpc for value in values(one, path) if (vpc := leads_to_vpc(graph, one, path.split("[")[0], value))), "")
            danger = reached and describe_danger(graph, one.get("name"))
            if danger:
                yield Fault(one.urn, f"answers names of {reached} with addresses of its own: {danger}")
    for one in graph.of(ZONE_ASSOCIATION):
        reached = leads_to_vpc(graph, one, "vpcId", one.get("vpcId"))
        if not reached:
            continue
        zones = graph.refer(one, "zoneId", one.get("zoneId"), (ZONE,), ("id", "zoneId"))
        dangers = [danger for zone in zones.found if (danger := describe_danger(graph, zone.get("name")))]
        if not zones.found:
            dangers = [f"zone {zones.literal or 'that cannot be traced'} is not of this program, so its names cannot be seen"]
        yield from (Fault(one.urn, f"answers names of {reached} with addresses of a private zone: {danger}") for danger in dangers)


def _find_records(graph: Graph) -> Iterator[Fault]:
    """Yield records in zones of other programs whose names the program permits: such a zone may be one of an agent's VPC."""
    for one in graph.of(RECORD):
        zone = graph.refer(one, "zoneId", one.get("zoneId"), (ZONE,), ("id", "zoneId"))
        name = _parse(one.get("name"))
        if zone.literal and name is not None:
            met = next((text for text in _web_names(graph) if (pattern := _parse(text)) and name.overlaps(pattern) is not Match.NO), "")
            if met:
                yield Fault(one.urn, f"answers {name}, which {met} of a WebGroup matches, in zone {zone.literal} of another program")


def _find_shared(graph: Graph) -> Iterator[Fault]:
    for one in graph.of(ZONE_AUTHORIZATION):
        reached = leads_to_vpc(graph, one, "vpcId", one.get("vpcId"))
        if reached:
            yield Fault(one.urn, f"lets a zone of another account answer names of {reached}")
    for one in graph.of(PROFILE_ASSOCIATION):
        reached = leads_to_vpc(graph, one, "resourceId", one.get("resourceId"))
        if reached:
            yield Fault(one.urn, f"applies a Route 53 profile to {reached}: its zones, rules and DNS firewall may answer any name")


def _find_resolvers(graph: Graph) -> Iterator[Fault]:
    for one in graph.of(RESOLVER_ENDPOINT):
        reached = next(
            (to for value in values(one, "ipAddresses[].subnetId") if (to := leads_to_subnet(graph, one, "ipAddresses", value))), ""
        )
        if reached:
            yield Fault(one.urn, f"is a resolver endpoint in {reached}: other networks ask and answer names through it")
    for one in graph.of(RESOLVER_CONFIG):
        reached, flag = leads_to_vpc(graph, one, "resourceId", one.get("resourceId")), one.get("autodefinedReverseFlag")
        if reached and (flag is UNKNOWN or str(flag).upper() != "ENABLE"):
            shown = "not known before the update" if flag is UNKNOWN else flag
            yield Fault(one.urn, f"sends reverse names of {reached} to public DNS: autodefinedReverseFlag is {shown}, not ENABLE")


def describe_danger(graph: Graph, name: Any) -> str:
    """Return why a zone of this name may answer a name that agents reach, "" when it is shown to answer none."""
    if name is UNKNOWN:
        return "the zone's name is not known before the update"
    zone = _parse(name)
    if zone is None or not zone.is_exact:
        return f"{name!r} is no name of a zone"
    if any(_may_contain(zone, one) for one in map(_parse, _OF_AWS) if one) or any(_is_under(zone.text, one) for one in _OF_AWS):
        return f"{zone} is, or contains, names of AWS that the host and its endpoints use"
    if _is_public_suffix(zone.text):
        return f"{zone} is a public suffix: anybody's names are under it"
    permitted = _web_names(graph)
    if UNKNOWN in permitted:
        return f"a WebGroup has a name that is not known before the update, and {zone} may contain it"
    for text in permitted:
        pattern = _parse(text)
        if pattern is None or _may_contain(zone, pattern):
            return f"zone {zone} may contain {text}, a name of a WebGroup: the gateway believes the name, whatever the address"
    if not graph.of(*RULE_LISTS) and _is_public(zone.text):
        return f"{zone} is a public name, and the permitted names are not in this program"
    return ""


def _web_names(graph: Graph) -> tuple[Any, ...]:
    """Return every SNI and URL pattern of the program's WebGroups; denied names are counted too, they do no harm."""
    return graph.once(_web_names, lambda: tuple(dict.fromkeys(_read_web_names(graph))))


def _read_web_names(graph: Graph) -> Iterator[Any]:
    for group in graph.of(WEB_GROUP):
        for expression in items(field(group.get("selector"), "matchExpressions")):
            if expression is UNKNOWN:
                yield UNKNOWN
            for key in ("snifilter", "urlfilter"):
                value = field(expression, key)
                if value not in (None, ""):
                    yield UNKNOWN if value is UNKNOWN else str(value).partition("://")[2].split("/")[0] or str(value).split("/")[0]


def _may_contain(zone: DomainPattern, pattern: DomainPattern) -> bool:
    """Return whether a zone, its apex and all below it, may contain a name that a pattern matches."""
    below = _parse(f"*.{zone}")
    return zone.overlaps(pattern) is not Match.NO or below is None or below.overlaps(pattern) is not Match.NO


def _is_under(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


@lru_cache(maxsize=4096)
def _parse(text: Any) -> DomainPattern | None:
    try:
        return DomainPattern.parse(str(text))
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _public_suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # read late: the list is large, and few programs have a private zone

    return PublicSuffixList(accept_unknown=False)


def _is_public_suffix(name: str) -> bool:
    return bool(_public_suffixes().publicsuffix(name) == name)


def _is_public(name: str) -> bool:
    """Return whether a name is under a top-level domain of public DNS; `internal` and `home.arpa` are none."""
    return _public_suffixes().publicsuffix(name) is not None and not _is_under(name, "home.arpa")
