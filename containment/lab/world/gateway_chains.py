"""What becomes of a flow once its chain is chosen: stopped, passed on, or connected to where its name is; and what is logged of it.

With what Envoy starts with: its ways out, which the chains use.

A chain's name is `<verdict>|<uuid>|<enforced>`, twice with `>` between when a watched rule stands before the one that stops the flow.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from containment.lab.world.envoy_words import TYPE, Json, typed
from containment.lab.world.gateway_filter import PERMIT_MARK
from containment.lab.world.policy import GatewayRule


def chain_name(rule: GatewayRule, watched: GatewayRule | None) -> str:
    """Return the name of the chain for flows that a rule decides, after the watched rule that has matched already."""
    own = f"{'PERMIT' if rule.permits else 'DENY'}|{rule.uuid}|true"
    if watched is None:
        return own
    first = f"DENY|{watched.uuid}|false"
    return first if rule.permits else f"{first}>{own}"


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


def access_log(**more: str) -> list[Json]:
    """Return an access log on standard output, one JSON object a line."""
    return [typed("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", log_format={"json_format": {**_FIELDS, **more}})]


def chain_filters(how: str, logged: bool, resolver: IPv4Address) -> list[Json]:
    """Return the filters of a chain: `stop`, `pass`, or `named:PORT` for a connection to where the resolver says that the name is."""
    kind, _, port = how.partition(":")
    if kind == "stop":
        # The one filter that closes before anything is sent on; the log is a TCP proxy's that is never reached.
        return [typed("envoy.extensions.filters.network.direct_response.v3.Config")]
    proxy = typed(
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix="flows",
        cluster="named" if kind == "named" else "asked",
        **({"access_log": access_log(), "access_log_options": {"flush_access_log_on_start": True}} if logged else {}),
    )
    if kind != "named":
        return [proxy]
    names = typed(
        "envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.FilterConfig",
        dns_cache_config=name_cache(resolver),
        port_value=int(port),
    )
    return [names, proxy]


def with_log(made: Json) -> Json:
    """Return a listener that logs the flows its stop chains end (only the listener sees those)."""
    return {**made, "access_log": access_log(listener="yes")}


def name_cache(resolver: IPv4Address) -> Json:
    """Return the cache of names: every place that has one must describe it alike."""
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


def bootstrap(folder: str, resolver: IPv4Address) -> Json:
    """Return what Envoy starts with: the two ways out, both under the permit mark, and where the listener's file lies.

    The admin socket's path counts from the folder Envoy is started in: a socket's whole path may have 107 characters only.
    """
    mark = {"socket_options": [{"level": 1, "name": 36, "int_value": PERMIT_MARK, "description": "SO_MARK"}]}
    names = typed("envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig", dns_cache_config=name_cache(resolver))
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
                typed(
                    "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    max_active_downstream_connections="50000",
                )
                | {"name": "envoy.resource_monitors.global_downstream_max_connections"}
            ]
        },
    }
