"""Envoy filter chains: stop a flow, pass it on, or connect it to the address of its name; and log it.

A chain's name is `<verdict>|<uuid>|<enforced>`, twice with `>` between when a watched rule precedes the one that stops the flow.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from containment_lab.gateway.enforced_policy import GatewayRule
from containment_lab.gateway.envoy_syntax import TYPE, Json, make_typed_extension

ASKED_TLS, NAMED_TLS = "asked_tls", "named_tls"
"""Clusters for decrypted TLS: to the address that the client dialed, and to the resolver's address for the server name."""


def format_chain_name(permits: bool, uuid: str, watched: GatewayRule | None) -> str:
    """Return the name of the chain for flows that a rule decides.

    Args:
        permits: Whether the rule permits.
        uuid: The rule's id, empty for the default action.
        watched: The watched rule that has already matched.
    """
    own = f"{'PERMIT' if permits else 'DENY'}|{uuid}|true"
    if watched is None:
        return own
    first = f"DENY|{watched.uuid}|false"
    return first if permits else f"{first}>{own}"


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


def build_access_log(**more: str) -> list[Json]:
    """Return an access log on standard output, one JSON object per line; `more` are further fields."""
    return [
        make_typed_extension("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": {**_FIELDS, **more}})
    ]


def build_chain_filters(how: str, logged: bool, resolver: IPv4Address) -> list[Json]:
    """Return the filters of a chain.

    Args:
        how: `stop`, `pass`, or `named:PORT` for a connection to the resolver's address for the server name.
        logged: Whether the flow is logged.
        resolver: The VPC's resolver.
    """
    kind, _, port = how.partition(":")
    if kind == "stop":
        # The only filter that closes before any data is forwarded; the listener logs the flow (`add_listener_log`).
        return [make_typed_extension("envoy.extensions.filters.network.direct_response.v3.Config")]
    proxy = make_typed_extension(
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix="flows",
        cluster="named" if kind == "named" else "asked",
        **({"access_log": build_access_log(), "access_log_options": {"flush_access_log_on_start": True}} if logged else {}),
    )
    if kind != "named":
        return [proxy]
    names = make_typed_extension(
        "envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig",
        dns_cache_config=build_name_cache(resolver),
        port_value=int(port),
    )
    return [names, proxy]


def add_listener_log(made: Json) -> Json:
    """Return a listener that logs the flows that its stop chains end (only the listener can log those)."""
    return {**made, "access_log": build_access_log(listener="yes")}


def build_name_cache(resolver: IPv4Address) -> Json:
    """Return the DNS cache; Envoy requires the same description wherever it is used."""
    servers = {
        "@type": TYPE + "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
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
