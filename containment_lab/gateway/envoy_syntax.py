"""Envoy configuration syntax: typed extensions, matchers on a flow's inputs, and a rule's addresses and ports.

Syntax only: `proxy_configuration` builds a policy from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Any

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment_lab.gateway.enforced_policy import GatewayRule
from containment_lab.linux.nftables_syntax import ANY

Json = dict[str, Any]
TYPE = "type.googleapis.com/"
_AT_ONCE = 1000
"""Number of names per regular expression: Envoy limits its size."""
INPUTS = "envoy.extensions.matching.common_inputs.network.v3."


def make_typed_extension(kind: str, **fields: Any) -> Json:
    """Return a typed extension, named after the last word of its kind."""
    return {"name": kind.rpartition(".")[2], "typed_config": {"@type": TYPE + kind, **fields}}


SERVER_NAME = make_typed_extension(INPUTS + "ServerNameInput")


def match_input(input_: str, matcher: Json) -> Json:
    """Return a predicate on one of a flow's inputs."""
    return {"single_predicate": {"input": make_typed_extension(INPUTS + input_), **matcher}}


def match_exact(exact: str) -> Json:
    """Match a text exactly."""
    return {"value_match": {"exact": exact}}


def match_prefix(prefix: str) -> Json:
    """Match a text with a prefix."""
    return {"value_match": {"prefix": prefix}}


def match_regex(pattern: str) -> Json:
    """Match a text that a regular expression (RE2) matches whole."""
    return {"value_match": {"safe_regex": {"google_re2": {}, "regex": pattern}}}


def match_networks(networks: Sequence[IPv4Network]) -> Json:
    """Match an address in any of some networks."""
    ranges = [{"address_prefix": str(each.network_address), "prefix_len": each.prefixlen} for each in networks]
    return {
        "custom_match": make_typed_extension("envoy.extensions.matching.input_matchers.ip.v3.Ip", stat_prefix="rules", cidr_ranges=ranges)
    }


TLS = match_input("TransportProtocolInput", match_exact("tls"))
HTTP = match_input("ApplicationProtocolInput", match_regex(".*'http/1.[01]'.*"))


def combine_all(predicates: list[Json]) -> Json:
    """Return the predicate that all of some predicates are true."""
    return predicates[0] if len(predicates) == 1 else {"and_matcher": {"predicate": predicates}}


def combine_any(predicates: list[Json]) -> Json:
    """Return the predicate that any of some predicates is true."""
    return predicates[0] if len(predicates) == 1 else {"or_matcher": {"predicate": predicates}}


def match_everything() -> Json:
    """Return a predicate that is true for every flow."""
    return match_input("DestinationPortInput", match_regex(".*"))


def match_rule_addresses(rule: GatewayRule) -> list[Json] | None:
    """Return the predicates of a rule's addresses and ports; None if it can match no TCP flow."""
    if not rule.sources or not rule.destinations or rule.protocol not in (Protocol.TCP, Protocol.ANY):
        return None
    out = []
    if ANY not in rule.sources:
        out.append(match_input("SourceIPInput", match_networks(rule.sources)))
    if ANY not in rule.destinations:
        out.append(match_input("DestinationIPInput", match_networks(rule.destinations)))
    if rule.ports:
        out.append(combine_any([match_input("DestinationPortInput", match_port(low, high)) for low, high in rule.ports]))
    return out


def match_port(low: int, high: int) -> Json:
    """Match a port in a range."""
    return match_exact(str(low)) if low == high else match_regex("|".join(_generate_digit_patterns(low, high)))


def _generate_digit_patterns(low: int, high: int) -> Iterator[str]:
    """Yield regular expressions that together match the decimal numbers from low to high."""
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high and len(str(low)) == len(str(low + step * 10 - 1)):
            step *= 10
        zeros = len(str(step)) - 1
        yield str(low)[: len(str(low)) - zeros] + "[0-9]" * zeros
        low += step


def generate_name_entries(
    input_: Json, patterns: Sequence[DomainPattern], base: list[Json], on_match: Json, *, dotted: bool
) -> Iterator[Json]:
    """Yield matcher-list entries for flows that satisfy some predicates and have a name that matches any of some patterns.

    Exact names and `*.` names are in one tree, so that their number does not affect speed; other wildcards are regular expressions.

    Args:
        input_: The input with the name, in lower case.
        patterns: The patterns.
        base: The predicates.
        on_match: The action or matcher after a match.
        dotted: Whether the input may end with a dot.
    """
    texts = dict.fromkeys(pattern.text for pattern in patterns)
    if "*" in texts:
        yield {"predicate": combine_all(base or [match_everything()]), "on_match": on_match}
        return
    tree = [text for text in texts if "*" not in text or (text.startswith("*.") and "*" not in text[1:])]
    if tree:
        domains = tree + [text + "." for text in tree] if dotted else tree
        names = make_typed_extension("xds.type.matcher.v3.ServerNameMatcher", domain_matchers=[{"domains": domains, "on_match": on_match}])
        yield {
            "predicate": combine_all(base or [match_everything()]),
            "on_match": {"matcher": {"matcher_tree": {"input": input_, "custom_match": names}}},
        }
    if len(tree) < len(texts):
        in_tree = set(tree)
        rest = [text for text in texts if text not in in_tree]
        yield {"predicate": combine_all([*base, match_name(input_, rest)]), "on_match": on_match}


def match_name(input_: Json, texts: list[str]) -> Json:
    """Match a name, in lower case, against a few patterns (`named` is for many)."""
    regexes = [_convert_to_regex(texts[at : at + _AT_ONCE]) for at in range(0, len(texts), _AT_ONCE)]
    return combine_any([{"single_predicate": {"input": input_, **match_regex(each)}} for each in regexes])


def _convert_to_regex(texts: list[str]) -> str:
    names = "|".join(texts).replace(".", "\\.").replace("*", ".*")  # a name has no other special character
    return f"(?i)(?:{names})\\.?"
