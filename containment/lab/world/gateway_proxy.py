"""Envoy's configuration: the whole rule list again, first match wins, for flows whose first bytes decide.

Rules kept here:
- the matcher is a list in the order of the rules, so precedence is the list's own; names of a rule stand in a tree, so that their number
  costs nothing; wildcards other than a leading `*.` are regular expressions beside it;
- a deny is answered without a connection to the destination; a permit whose TLS profile verifies the SNI is connected to where the *VPC
  resolver* says that the name is, any other to the address the client asked for;
- a watched rule is logged, and what follows it decides; HTTP is judged request by request, by its Host;
- what says no name in time is neither TLS nor HTTP.

A chain's name is `<verdict>|<uuid>|<enforced>`, twice with `>` between when a watched rule stands before the one that stops the flow.
Verdicts and rules change in chains and in the matcher only, never in what belongs to the listener: that would drain every connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from containment.lab.world.gateway_filter import PERMIT_MARK, PROXY_PORT
from containment.lab.world.logs import UNNAMED
from containment.lab.world.nets import ANY
from containment.lab.world.policy import GatewayPolicy, GatewayRule
from containment.model.fqdn import DomainPattern
from containment.model.names import Protocol

Json = dict[str, Any]
_TYPE = "type.googleapis.com/"
_INPUTS = "envoy.extensions.matching.common_inputs.network.v3."
HELLO_SECONDS = 2.0
"""How long the gateway waits for a flow's first bytes."""
_VERIFIED_PORTS = 16


def _typed(kind: str, **fields: Any) -> Json:
    return {"name": kind.rpartition(".")[2], "typed_config": {"@type": _TYPE + kind, **fields}}


def _is(input_: str, matcher: Json) -> Json:
    return {"single_predicate": {"input": _typed(_INPUTS + input_), **matcher}}


def _text(exact: str) -> Json:
    return {"value_match": {"exact": exact}}


def _regex(pattern: str) -> Json:
    return {"value_match": {"safe_regex": {"google_re2": {}, "regex": pattern}}}


def _within(networks: Sequence[IPv4Network]) -> Json:
    ranges = [{"address_prefix": str(each.network_address), "prefix_len": each.prefixlen} for each in networks]
    return {"custom_match": _typed("envoy.extensions.matching.input_matchers.ip.v3.Ip", stat_prefix="rules", cidr_ranges=ranges)}


_TLS = _is("TransportProtocolInput", _text("tls"))
_HTTP = _is("ApplicationProtocolInput", _regex(".*'http/1.[01]'.*"))


def _all_of(predicates: list[Json]) -> Json:
    return predicates[0] if len(predicates) == 1 else {"and_matcher": {"predicate": predicates}}


def _any_of(predicates: list[Json]) -> Json:
    return predicates[0] if len(predicates) == 1 else {"or_matcher": {"predicate": predicates}}


def _base(rule: GatewayRule) -> list[Json] | None:
    """Return what a rule says of addresses and ports; None when it can match no TCP flow."""
    if not rule.sources or not rule.destinations or rule.protocol not in (Protocol.TCP, Protocol.ANY):
        return None
    out = []
    if ANY not in rule.sources:
        out.append(_is("SourceIPInput", _within(rule.sources)))
    if ANY not in rule.destinations:
        out.append(_is("DestinationIPInput", _within(rule.destinations)))
    if rule.ports:
        out.append(_any_of([_is("DestinationPortInput", _port(low, high)) for low, high in rule.ports]))
    return out


def _port(low: int, high: int) -> Json:
    return _text(str(low)) if low == high else _regex("|".join(_digits(low, high)))


def _digits(low: int, high: int) -> Iterator[str]:
    """Give regular expressions that together match the decimal numbers from low to high."""
    while low <= high:
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high and len(str(low)) == len(str(low + step * 10 - 1)):
            step *= 10
        zeros = len(str(step)) - 1
        yield str(low)[: len(str(low)) - zeros] + "[0-9]" * zeros
        low += step


@dataclass
class _Chains:
    """The filter chains that a policy needs, by name; `resolver` is who says where a verified name is."""

    resolver: IPv4Address
    made: dict[str, Json] = field(default_factory=dict)

    def to(self, name: str, how: str, *, logged: bool) -> Json:
        """Return the action that leads to a chain, made if it is new."""
        chain = f"{name}|{how}"
        self.made.setdefault(chain, {"name": chain, "filters": _filters(how, logged, self.resolver)})
        return {"action": _typed("google.protobuf.StringValue", value=chain)}


def listener(policy: GatewayPolicy, resolver: IPv4Address) -> Json:
    """Return the listener that judges a policy."""
    chains = _Chains(resolver)
    matchers = list(_matchers(policy, 0, None, chains))
    matcher: Json = {"on_no_match": _ending(policy, None, chains)}
    if matchers:
        matcher["matcher_list"] = {"matchers": matchers}
    chains.made["http"] = {"name": "http", "filters": [_http(policy)]}
    return {
        "@type": _TYPE + "envoy.config.listener.v3.Listener",
        "name": "flows",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": PROXY_PORT}},  # noqa: S104 - inside a network namespace
        "listener_filters": [
            _typed("envoy.extensions.filters.listener.original_dst.v3.OriginalDst"),
            _typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"),
            _typed("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector"),
        ],
        "listener_filters_timeout": f"{HELLO_SECONDS}s",
        "continue_on_listener_filters_timeout": True,
        "per_connection_buffer_limit_bytes": 1 << 20,
        "filter_chain_matcher": matcher if matchers else {"matcher_list": {"matchers": [_nothing(chains, policy)]}, **matcher},
        "filter_chains": list(chains.made.values()),
    }


def _nothing(chains: _Chains, policy: GatewayPolicy) -> Json:
    return {"predicate": _TLS, "on_match": _ending(policy, None, chains)}


def _matchers(policy: GatewayPolicy, start: int, watched: GatewayRule | None, chains: _Chains) -> Iterator[Json]:
    """Give the list from one rule on; `watched` is the watched rule that has matched already."""
    for index, rule in enumerate(policy.rules[start:], start):
        base = _base(rule)
        if base is None or (rule.watched and (watched is not None or rule.permits)):
            continue
        if rule.watched:
            rest = list(_matchers(policy, index + 1, rule, chains))
            ending = _ending(policy, rule, chains)
            on_match: Json = {"matcher": {"matcher_list": {"matchers": rest}, "on_no_match": ending}} if rest else ending
            yield from _entries(rule, base, on_match)
        elif rule.permits and rule.verify_sni and rule.tls_required and rule.patterns is not None:
            for port in _single_ports(rule):
                at = [*base, _is("DestinationPortInput", _text(str(port)))] if len(_single_ports(rule)) > 1 else base
                yield from _entries(rule, at, chains.to(_name(rule, watched), f"named:{port}", logged=rule.logged or watched is not None))
        else:
            how = "pass" if rule.permits else "stop"
            logged = rule.logged or watched is not None
            yield from _entries(rule, base, chains.to(_name(rule, watched), how, logged=logged))


def _single_ports(rule: GatewayRule) -> list[int]:
    ports = [port for low, high in rule.ports for port in range(low, min(high, low + _VERIFIED_PORTS) + 1)]
    if not ports or len(ports) > _VERIFIED_PORTS:
        raise ValueError(f"rule {rule.name}: a rule that verifies the SNI must name at most {_VERIFIED_PORTS} ports")
    return ports


def _name(rule: GatewayRule, watched: GatewayRule | None) -> str:
    own = f"{'PERMIT' if rule.permits else 'DENY'}|{rule.uuid}|true"
    if watched is None:
        return own
    first = f"DENY|{watched.uuid}|false"
    return first if rule.permits else f"{first}>{own}"


def _ending(policy: GatewayPolicy, watched: GatewayRule | None, chains: _Chains) -> Json:
    permits = policy.default_permits
    own = f"{'PERMIT' if permits else 'DENY'}||true"
    name = own if watched is None else f"DENY|{watched.uuid}|false" if permits else f"DENY|{watched.uuid}|false>{own}"
    return chains.to(name, "pass" if permits else "stop", logged=policy.default_logged or watched is not None)


def _entries(rule: GatewayRule, base: list[Json], on_match: Json) -> Iterator[Json]:
    """Give the list entries of one rule: by address alone, by server name, or over to HTTP."""
    if rule.patterns is None:
        if rule.tls_required:
            base = [*base, _TLS]
        elif rule.tls_refused:
            base = [*base, {"not_matcher": _TLS}]
        yield {"predicate": _all_of(base or [_anything()]), "on_match": on_match}
        return
    if not rule.tls_refused:
        yield from _named(rule.patterns, [*base, _TLS], on_match)
    if not rule.tls_required:
        to_http = {"action": _typed("google.protobuf.StringValue", value="http")}
        yield {"predicate": _all_of([*base, {"not_matcher": _TLS}, _HTTP]), "on_match": to_http}


def _anything() -> Json:
    return _is("DestinationPortInput", _regex(".*"))


def _named(patterns: tuple[DomainPattern, ...], base: list[Json], on_match: Json) -> Iterator[Json]:
    if any(pattern.text == "*" for pattern in patterns):
        yield {"predicate": _all_of(base), "on_match": on_match}
        return
    tree = [pattern.text for pattern in patterns if pattern.is_exact or _is_leading(pattern)]
    if tree:
        domains = [spelled for text in dict.fromkeys(tree) for spelled in (text, f"{text}.")]
        names = _typed("xds.type.matcher.v3.ServerNameMatcher", domain_matchers=[{"domains": domains, "on_match": on_match}])
        yield {
            "predicate": _all_of(base),
            "on_match": {"matcher": {"matcher_tree": {"input": _typed(_INPUTS + "ServerNameInput"), "custom_match": names}}},
        }
    if rest := [pattern for pattern in patterns if not pattern.is_exact and not _is_leading(pattern)]:
        yield {"predicate": _all_of([*base, _is("ServerNameInput", _regex(_as_regex(rest)))]), "on_match": on_match}


def _is_leading(pattern: DomainPattern) -> bool:
    return pattern.text.startswith("*.") and "*" not in pattern.text[1:]


def _as_regex(patterns: Sequence[DomainPattern]) -> str:
    bodies = [".*".join(re.escape(part) for part in pattern.text.split("*")) for pattern in patterns]
    return f"(?i)(?:{'|'.join(bodies)})\\.?"


# -- what a chain does ------------------------------------------------------------------------------------------------------

_FIELDS = {
    "time": "%START_TIME(%s.%6f)%",
    "chain": "%FILTER_CHAIN_NAME%",
    "when": "%ACCESS_LOG_TYPE%",
    "sni": "%REQUESTED_SERVER_NAME%",
    "src": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
    "dest": "%DOWNSTREAM_LOCAL_ADDRESS%",
    "upstream": "%UPSTREAM_HOST%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "session": "%CONNECTION_ID%",
    "flags": "%RESPONSE_FLAGS%",
}


def _log(**more: str) -> list[Json]:
    return [_typed("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": {**_FIELDS, **more}})]


def _filters(how: str, logged: bool, resolver: IPv4Address) -> list[Json]:
    kind, _, port = how.partition(":")
    if kind == "stop":
        # The one filter that closes before anything is sent on; the log is a TCP proxy's that is never reached.
        return [_typed("envoy.extensions.filters.network.direct_response.v3.Config")]
    proxy = _typed(
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix="flows",
        cluster="named" if kind == "named" else "asked",
        **({"access_log": _log(), "access_log_options": {"flush_access_log_on_start": True}} if logged else {}),
    )
    if kind != "named":
        return [proxy]
    names = _typed(
        "envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig",
        dns_cache_config=_name_cache(resolver),
        port_value=int(port),
    )
    return [names, proxy]


def with_log(made: Json) -> Json:
    """Return a listener that logs the flows its stop chains end (only the listener sees those)."""
    return {**made, "access_log": _log(listener="yes")}


def _http(policy: GatewayPolicy) -> Json:
    judged = _requests(policy)
    on = {"cluster": "asked_http", "timeout": "0s"}
    tunnels = {"match": {"connect_matcher": {}}, "route": {**on, "upgrade_configs": [{"upgrade_type": "CONNECT"}]}}
    rbac = _typed("envoy.extensions.filters.http.rbac.v3.RBAC", matcher=judged, shadow_matcher=judged)
    rule = "%DYNAMIC_METADATA(envoy.filters.http.rbac:shadow_effective_policy_id)%"
    return _typed(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="http",
        strip_any_host_port=True,
        strip_trailing_host_dot=True,
        upgrade_configs=[{"upgrade_type": "websocket"}, {"upgrade_type": "CONNECT"}],
        http_protocol_options={"accept_http_10": True, "default_host_for_http_10": UNNAMED},
        access_log=_log(rule=rule, host="%REQ(:AUTHORITY)%", details="%RESPONSE_CODE_DETAILS%"),
        http_filters=[rbac, _typed("envoy.extensions.filters.http.router.v3.Router")],
        route_config={
            "name": "all",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [tunnels, {"match": {"prefix": "/"}, "route": on}]}],
        },
    )


def _requests(policy: GatewayPolicy) -> Json:
    """Return the rule list for HTTP requests, as RBAC's matcher; its policy names are chain names."""

    def action(name: str, permits: bool) -> Json:
        kind = "ALLOW" if permits else "DENY"
        return {"action": _typed("envoy.config.rbac.v3.Action", name=name, **({"action": kind} if kind == "DENY" else {}))}

    def rest(start: int, watched: GatewayRule | None) -> Json:
        default = policy.default_permits
        own = f"{'PERMIT' if default else 'DENY'}||true"
        first = f"DENY|{watched.uuid}|false" if watched else ""
        ending = action(own if not watched else first if default else f"{first}>{own}", default)
        entries = []
        for index, rule in enumerate(policy.rules[start:], start):
            base = _base(rule)
            if base is None or rule.tls_required or (rule.watched and (watched is not None or rule.permits)):
                continue
            if rule.patterns is not None:
                base = [*base, _host(rule.patterns)]
            on_match = {"matcher": rest(index + 1, rule)} if rule.watched else action(_name(rule, watched), rule.permits)
            entries.append({"predicate": _all_of(base or [_anything()]), "on_match": on_match})
        return {"matcher_list": {"matchers": entries or [{"predicate": _anything(), "on_match": ending}]}, "on_no_match": ending}

    return rest(0, None)


def _host(patterns: tuple[DomainPattern, ...]) -> Json:
    host = _typed("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=":authority")
    return {"single_predicate": {"input": host, **_regex(_as_regex(patterns))}}


def _name_cache(resolver: IPv4Address) -> Json:
    servers = {
        "@type": _TYPE + "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
        "resolvers": [{"socket_address": {"address": str(resolver), "port_value": 53}}],
        "dns_resolver_options": {"no_default_search_domain": True},
    }
    return {
        "name": "names",
        "dns_lookup_family": "V4_ONLY",
        "dns_query_timeout": "5s",
        "dns_refresh_rate": "30s",
        "typed_dns_resolver_config": {"name": "cares", "typed_config": servers},
    }


def bootstrap(folder: str, resolver: IPv4Address) -> Json:
    """Return what Envoy starts with: the two ways out, both under the permit mark, and where the listener's file lies.

    The admin socket's path counts from the folder Envoy is started in: a socket's whole path may have 107 characters only.
    """
    mark = {"socket_options": [{"level": 1, "name": 36, "int_value": PERMIT_MARK, "description": "SO_MARK"}]}
    names = _typed("envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig", dns_cache_config=_name_cache(resolver))
    common = {"lb_policy": "CLUSTER_PROVIDED", "connect_timeout": "5s", "upstream_bind_config": mark}
    return {
        "node": {"id": "gateway", "cluster": "lab"},
        "admin": {"address": {"pipe": {"path": "admin.sock", "mode": 0o600}}},
        "dynamic_resources": {
            "lds_config": {"path_config_source": {"path": f"{folder}/listeners.json", "watched_directory": {"path": folder}}}
        },
        "static_resources": {
            "clusters": [
                {"name": "asked", "type": "ORIGINAL_DST", **common},
                {"name": "asked_http", "type": "ORIGINAL_DST", **common},
                {"name": "named", "cluster_type": names, **common},
            ]
        },
        "overload_manager": {
            "resource_monitors": [
                _typed(
                    "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    max_active_downstream_connections="50000",
                )
                | {"name": "envoy.resource_monitors.global_downstream_max_connections"}
            ]
        },
    }
