"""How Envoy's configuration is written: typed extensions, matchers on a flow's inputs, and what a rule says of addresses and ports.

Only words: which of them make a policy is `gateway_proxy`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Any

from containment.lab.world.nets import ANY
from containment.lab.world.policy import GatewayRule
from containment.model.fqdn import DomainPattern
from containment.model.names import Protocol

Json = dict[str, Any]
TYPE = "type.googleapis.com/"
_AT_ONCE = 1000
"""How many names make one regular expression: one of very many would be larger than Envoy takes."""
INPUTS = "envoy.extensions.matching.common_inputs.network.v3."


def typed(kind: str, **fields: Any) -> Json:
    """Return a typed extension; it is named after the last word of its kind."""
    return {"name": kind.rpartition(".")[2], "typed_config": {"@type": TYPE + kind, **fields}}


def input_is(input_: str, matcher: Json) -> Json:
    """Return a predicate on one of a flow's inputs."""
    return {"single_predicate": {"input": typed(INPUTS + input_), **matcher}}


def exactly(exact: str) -> Json:
    """Match a text exactly."""
    return {"value_match": {"exact": exact}}


def by_regex(pattern: str) -> Json:
    """Match a text that a regular expression (RE2) matches whole."""
    return {"value_match": {"safe_regex": {"google_re2": {}, "regex": pattern}}}


def in_networks(networks: Sequence[IPv4Network]) -> Json:
    """Match an address in any of some networks."""
    ranges = [{"address_prefix": str(each.network_address), "prefix_len": each.prefixlen} for each in networks]
    return {"custom_match": typed("envoy.extensions.matching.input_matchers.ip.v3.Ip", stat_prefix="rules", cidr_ranges=ranges)}


TLS = input_is("TransportProtocolInput", exactly("tls"))
HTTP = input_is("ApplicationProtocolInput", by_regex(".*'http/1.[01]'.*"))


def all_of(predicates: list[Json]) -> Json:
    """Return the predicate that all of some hold."""
    return predicates[0] if len(predicates) == 1 else {"and_matcher": {"predicate": predicates}}


def any_of(predicates: list[Json]) -> Json:
    """Return the predicate that any of some holds."""
    return predicates[0] if len(predicates) == 1 else {"or_matcher": {"predicate": predicates}}


def anything() -> Json:
    """Return a predicate that every flow meets."""
    return input_is("DestinationPortInput", by_regex(".*"))


def addressed(rule: GatewayRule) -> list[Json] | None:
    """Return what a rule says of addresses and ports; None when it can match no TCP flow."""
    if not rule.sources or not rule.destinations or rule.protocol not in (Protocol.TCP, Protocol.ANY):
        return None
    out = []
    if ANY not in rule.sources:
        out.append(input_is("SourceIPInput", in_networks(rule.sources)))
    if ANY not in rule.destinations:
        out.append(input_is("DestinationIPInput", in_networks(rule.destinations)))
    if rule.ports:
        out.append(any_of([input_is("DestinationPortInput", port_is(low, high)) for low, high in rule.ports]))
    return out


def port_is(low: int, high: int) -> Json:
    """Match a port in a range."""
    return exactly(str(low)) if low == high else by_regex("|".join(_digits(low, high)))


def _digits(low: int, high: int) -> Iterator[str]:
    """Give regular expressions that together match the decimal numbers from low to high."""
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high and len(str(low)) == len(str(low + step * 10 - 1)):
            step *= 10
        zeros = len(str(step)) - 1
        yield str(low)[: len(str(low)) - zeros] + "[0-9]" * zeros
        low += step


def any_name(input_: Json, patterns: Sequence[DomainPattern]) -> Json:
    """Return the predicate that an input is a name that any of some patterns matches: any case, with or without a trailing dot."""
    regexes = [_as_regex(patterns[at : at + _AT_ONCE]) for at in range(0, len(patterns), _AT_ONCE)]
    return any_of([{"single_predicate": {"input": input_, **by_regex(each)}} for each in regexes or [_as_regex(())]])


def _as_regex(patterns: Sequence[DomainPattern]) -> str:
    bodies = [".*".join(re.escape(part) for part in pattern.text.split("*")) for pattern in patterns]
    return f"(?i)(?:{'|'.join(bodies)})\\.?"
