"""Envoy's configuration: the whole rule list again, first match wins, for flows whose first bytes decide.

Rules kept here:
- the matcher is a list in the order of the rules, so precedence is the list's own; names of a rule stand in a tree, so that their number
  costs nothing; wildcards other than a leading `*.` are regular expressions beside it;
- a deny is answered without a connection to the destination; a permit whose TLS profile verifies the SNI is connected to where the *VPC
  resolver* says that the name is, any other to the address the client asked for;
- a watched rule is logged, and what follows it decides; HTTP is judged request by request, by its Host;
- what says no name in time is neither TLS nor HTTP.

Verdicts and rules change in chains and in the matcher only, never in what belongs to the listener: that would drain every connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from containment.lab.world.envoy_words import (
    HTTP,
    INPUTS,
    TLS,
    TYPE,
    Json,
    addressed,
    all_of,
    any_name,
    anything,
    exactly,
    input_is,
    typed,
)
from containment.lab.world.gateway_chains import chain_filters, chain_name
from containment.lab.world.gateway_filter import PROXY_PORT
from containment.lab.world.gateway_http import http_filter
from containment.lab.world.policy import GatewayPolicy, GatewayRule
from containment.model.fqdn import DomainPattern

HELLO_SECONDS = 2.0
"""How long the gateway waits for a flow's first bytes."""
_VERIFIED_PORTS = 16


@dataclass
class _Chains:
    """The filter chains that a policy needs, by name; `resolver` is who says where a verified name is."""

    resolver: IPv4Address
    made: dict[str, Json] = field(default_factory=dict)

    def to(self, name: str, how: str, *, logged: bool) -> Json:
        """Return the action that leads to a chain, made if it is new."""
        chain = f"{name}|{how}"
        self.made.setdefault(chain, {"name": chain, "filters": chain_filters(how, logged, self.resolver)})
        return {"action": typed("google.protobuf.StringValue", value=chain)}


def listener(policy: GatewayPolicy, resolver: IPv4Address) -> Json:
    """Return the listener that judges a policy."""
    chains = _Chains(resolver)
    matchers = list(_matchers(policy, 0, None, chains))
    matcher: Json = {"on_no_match": _ending(policy, None, chains)}
    if matchers:
        matcher["matcher_list"] = {"matchers": matchers}
    chains.made["http"] = {"name": "http", "filters": [http_filter(policy)]}
    return {
        "@type": TYPE + "envoy.config.listener.v3.Listener",
        "name": "flows",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": PROXY_PORT}},  # noqa: S104 - inside a network namespace
        "listener_filters": [
            typed("envoy.extensions.filters.listener.original_dst.v3.OriginalDst"),
            typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
            typed("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"),
        ],
        "listener_filters_timeout": f"{HELLO_SECONDS}s",
        "continue_on_listener_filters_timeout": True,
        "per_connection_buffer_limit_bytes": 1 << 20,
        "filter_chain_matcher": matcher if matchers else {"matcher_list": {"matchers": [_nothing(chains, policy)]}, **matcher},
        "filter_chains": list(chains.made.values()),
    }


def _nothing(chains: _Chains, policy: GatewayPolicy) -> Json:
    return {"predicate": TLS, "on_match": _ending(policy, None, chains)}


def _matchers(policy: GatewayPolicy, start: int, watched: GatewayRule | None, chains: _Chains) -> Iterator[Json]:
    """Give the list from one rule on; `watched` is the watched rule that has matched already."""
    for index, rule in enumerate(policy.rules[start:], start):
        base = addressed(rule)
        if base is None or (rule.watched and (watched is not None or rule.permits)):
            continue
        if rule.watched:
            rest = list(_matchers(policy, index + 1, rule, chains))
            ending = _ending(policy, rule, chains)
            on_match: Json = {"matcher": {"matcher_list": {"matchers": rest}, "on_no_match": ending}} if rest else ending
            yield from _entries(rule, base, on_match)
        elif rule.permits and rule.verify_sni and rule.tls_required and rule.patterns is not None:
            ports = _single_ports(rule)
            for port in ports:
                at = [*base, input_is("DestinationPortInput", exactly(str(port)))] if len(ports) > 1 else base
                chain = chains.to(chain_name(rule, watched), f"named:{port}", logged=rule.logged or watched is not None)
                yield from _entries(rule, at, chain)
        else:
            how = "pass" if rule.permits else "stop"
            logged = rule.logged or watched is not None
            yield from _entries(rule, base, chains.to(chain_name(rule, watched), how, logged=logged))


def _single_ports(rule: GatewayRule) -> list[int]:
    ports = [port for low, high in rule.ports for port in range(low, min(high, low + _VERIFIED_PORTS) + 1)]
    if not ports or len(ports) > _VERIFIED_PORTS:
        raise ValueError(f"rule {rule.name}: a rule that verifies the SNI must name at most {_VERIFIED_PORTS} ports")
    return ports


def _ending(policy: GatewayPolicy, watched: GatewayRule | None, chains: _Chains) -> Json:
    permits = policy.default_permits
    own = f"{'PERMIT' if permits else 'DENY'}||true"
    name = own if watched is None else f"DENY|{watched.uuid}|false" if permits else f"DENY|{watched.uuid}|false>{own}"
    return chains.to(name, "pass" if permits else "stop", logged=policy.default_logged or watched is not None)


def _entries(rule: GatewayRule, base: list[Json], on_match: Json) -> Iterator[Json]:
    """Give the list entries of one rule: by address alone, by server name, or over to HTTP."""
    if rule.patterns is None:
        if rule.tls_required:
            base = [*base, TLS]
        elif rule.tls_refused:
            base = [*base, {"not_matcher": TLS}]
        yield {"predicate": all_of(base or [anything()]), "on_match": on_match}
        return
    if not rule.tls_refused:
        yield from _named(rule.patterns, [*base, TLS], on_match)
    if not rule.tls_required:
        to_http = {"action": typed("google.protobuf.StringValue", value="http")}
        yield {"predicate": all_of([*base, {"not_matcher": TLS}, HTTP]), "on_match": to_http}


def _named(patterns: tuple[DomainPattern, ...], base: list[Json], on_match: Json) -> Iterator[Json]:
    if any(pattern.text == "*" for pattern in patterns):
        yield {"predicate": all_of(base), "on_match": on_match}
        return
    tree = [pattern.text for pattern in patterns if pattern.is_exact or _is_leading(pattern)]
    if tree:
        domains = [spelled for text in dict.fromkeys(tree) for spelled in (text, f"{text}.")]
        names = typed("xds.type.matcher.v3.ServerNameMatcher", domain_matchers=[{"domains": domains, "on_match": on_match}])
        yield {
            "predicate": all_of(base),
            "on_match": {"matcher": {"matcher_tree": {"input": typed(INPUTS + "ServerNameInput"), "custom_match": names}}},
        }
    if rest := [pattern for pattern in patterns if not pattern.is_exact and not _is_leading(pattern)]:
        yield {"predicate": all_of([*base, any_name(typed(f"{INPUTS}ServerNameInput"), rest)]), "on_match": on_match}


def _is_leading(pattern: DomainPattern) -> bool:
    return pattern.text.startswith("*.") and "*" not in pattern.text[1:]
