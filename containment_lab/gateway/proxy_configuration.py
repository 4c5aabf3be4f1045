"""Envoy's listener configuration: all rules, first match wins, for flows that are decided by their first bytes.

Rules kept here:
- the matcher is a list in the order of the rules, so the first match wins; a rule's names are in a tree, so that their number does not
  affect speed; wildcards other than a leading `*.` are separate regular expressions;
- a denied flow causes no connection to the destination; a permit with a TLS profile that verifies the SNI connects to the *VPC resolver's*
  address for the name, any other permit to the address that the client dialed;
- a watched rule is logged, and a later rule decides; HTTP is evaluated by request, by its Host;
- TLS to a server name of a URL, in a rule that decrypts, is decrypted from that rule on and evaluated by request (`decryption`);
- a flow that sends no name in time is neither TLS nor HTTP.

A policy changes only chains and the matcher, never properties of the listener: that would drain every connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from containment_lab.gateway import envoy_syntax as syntax
from containment_lab.gateway.address_filter import PROXY_PORT
from containment_lab.gateway.decryption import Certificates, build_decrypting_chain, name_decrypting_chain
from containment_lab.gateway.enforced_policy import GatewayPolicy, GatewayRule
from containment_lab.gateway.filter_chains import build_chain_filters, format_chain_name
from containment_lab.gateway.http_matchers import build_http_filter

HELLO_SECONDS = 2.0
"""Seconds that the gateway waits for a flow's first bytes."""
_VERIFIED_PORTS = 16


@dataclass
class _Chains:
    """The filter chains that a policy needs, by name; `resolver` resolves verified names."""

    policy: GatewayPolicy
    resolver: IPv4Address
    certificates: Certificates
    made: dict[str, syntax.Json] = field(default_factory=dict)

    def select_chain(self, name: str, how: str, *, logged: bool) -> syntax.Json:
        """Return the action that selects a chain; create the chain if it is new."""
        chain = f"{name}|{how}"
        self.made.setdefault(chain, {"name": chain, "filters": build_chain_filters(how, logged, self.resolver)})
        return _make_chain_action(chain)

    def select_decrypting_chain(self, start: int, watched: GatewayRule | None) -> syntax.Json:
        """Return the action that selects the chain that decrypts TLS from a rule on."""
        chain = name_decrypting_chain(self.policy.rules[start], watched)
        if chain not in self.made:
            self.made[chain] = build_decrypting_chain(self.policy, start, watched, self.resolver, self.certificates)
        return _make_chain_action(chain)


def _make_chain_action(chain: str) -> syntax.Json:
    return {"action": syntax.make_typed_extension("google.protobuf.StringValue", value=chain)}


def build_listener(policy: GatewayPolicy, resolver: IPv4Address, certificates: Certificates) -> syntax.Json:
    """Return the listener that enforces a policy.

    Args:
        policy: The policy.
        resolver: The resolver for verified names.
        certificates: The gateway's certificates, for TLS that it decrypts.
    """
    chains = _Chains(policy, resolver, certificates)
    matchers = list(_generate_matchers(policy, 0, None, chains))
    default = _make_default_action(policy, None, chains)
    matchers = matchers or [{"predicate": syntax.TLS, "on_match": default}]
    chains.made["http"] = {"name": "http", "filters": [build_http_filter(policy)]}
    return {
        "@type": syntax.TYPE + "envoy.config.listener.v3.Listener",
        "name": "flows",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": PROXY_PORT}},  # noqa: S104 - inside a network namespace
        "listener_filters": [
            syntax.make_typed_extension("envoy.extensions.filters.listener.original_dst.v3.OriginalDst"),
            syntax.make_typed_extension("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
            syntax.make_typed_extension("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"),
        ],
        "listener_filters_timeout": f"{HELLO_SECONDS}s",
        "continue_on_listener_filters_timeout": True,
        "per_connection_buffer_limit_bytes": 1 << 20,
        "filter_chain_matcher": {"on_no_match": default, "matcher_list": {"matchers": matchers}},
        "filter_chains": list(chains.made.values()),
    }


def _generate_matchers(policy: GatewayPolicy, start: int, watched: GatewayRule | None, chains: _Chains) -> Iterator[syntax.Json]:
    """Yield the matcher list from a rule on; `watched` is the watched rule that has already matched."""
    for index, rule in enumerate(policy.rules[start:], start):
        base = syntax.match_rule_addresses(rule)
        if base is None or (rule.watched and (watched is not None or rule.permits)):
            continue
        opening = (
            list(_generate_decryption_entries(rule, base, chains.select_decrypting_chain(index, watched)))
            if rule.decrypted_urls and not rule.tls_refused
            else []
        )
        name, logged = format_chain_name(rule.permits, rule.uuid, watched), rule.logged or watched is not None
        if rule.watched:
            rest = list(_generate_matchers(policy, index + 1, rule, chains))
            ending = _make_default_action(policy, rule, chains)
            on_match: syntax.Json = {"matcher": {"matcher_list": {"matchers": rest}, "on_no_match": ending}} if rest else ending
            yield from [*_generate_rule_entries(rule, base, on_match), *opening]
        elif rule.permits and rule.verify_sni and rule.tls_required and rule.patterns:
            ports = _list_single_ports(rule)
            for port in ports:
                at = [*base, syntax.match_input("DestinationPortInput", syntax.match_exact(str(port)))] if len(ports) > 1 else base
                yield from _generate_rule_entries(rule, at, chains.select_chain(name, f"named:{port}", logged=logged))
            yield from opening
        else:
            chain = chains.select_chain(name, "pass" if rule.permits else "stop", logged=logged)
            yield from [*_generate_rule_entries(rule, base, chain), *opening]


def _generate_decryption_entries(rule: GatewayRule, base: list[syntax.Json], on_match: syntax.Json) -> Iterator[syntax.Json]:
    """Yield the list entries of flows that a rule decrypts: those with a server name that matches one of its URLs."""
    yield from syntax.generate_name_entries(
        syntax.SERVER_NAME, [url.host for url in rule.decrypted_urls], [*base, syntax.TLS], on_match, dotted=True
    )


def _list_single_ports(rule: GatewayRule) -> list[int]:
    ports = [port for low, high in rule.ports for port in range(low, min(high, low + _VERIFIED_PORTS) + 1)]
    if not ports or len(ports) > _VERIFIED_PORTS:
        raise ValueError(f"rule {rule.name}: a rule that verifies the SNI must name at most {_VERIFIED_PORTS} ports")
    return ports


def _make_default_action(policy: GatewayPolicy, watched: GatewayRule | None, chains: _Chains) -> syntax.Json:
    permits = policy.default_permits
    name = format_chain_name(permits, "", watched)
    return chains.select_chain(name, "pass" if permits else "stop", logged=policy.default_logged or watched is not None)


def _generate_rule_entries(rule: GatewayRule, base: list[syntax.Json], on_match: syntax.Json) -> Iterator[syntax.Json]:
    """Yield the list entries of one rule: by address alone, by server name, or to the HTTP chain."""
    if rule.patterns is None:
        if rule.tls_required:
            base = [*base, syntax.TLS]
        elif rule.tls_refused:
            base = [*base, {"not_matcher": syntax.TLS}]
        yield {"predicate": syntax.combine_all(base or [syntax.match_everything()]), "on_match": on_match}
        return
    if not rule.tls_refused:
        yield from syntax.generate_name_entries(syntax.SERVER_NAME, rule.patterns, [*base, syntax.TLS], on_match, dotted=True)
    if not rule.tls_required:
        to_http = _make_chain_action("http")
        yield {"predicate": syntax.combine_all([*base, {"not_matcher": syntax.TLS}, syntax.HTTP]), "on_match": to_http}
