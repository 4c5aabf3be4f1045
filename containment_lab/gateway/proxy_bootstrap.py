"""Envoy's bootstrap configuration: clusters for the gateway's outbound connections, and the path of the listener's file."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

from containment_lab.gateway.address_filter import PERMIT_MARK
from containment_lab.gateway.envoy_syntax import TYPE, Json, make_typed_extension
from containment_lab.gateway.filter_chains import ASKED_TLS, NAMED_TLS, build_name_cache

LISTENERS = "listeners.pb"
"""The listener's file. Binary: Envoy reads a long list of names from it several times faster than from JSON."""
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_UPSTREAM_HTTP = {
    _HTTP_OPTIONS: {
        "@type": TYPE + _HTTP_OPTIONS,
        "common_http_protocol_options": {"idle_timeout": "5s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
}
"""HTTP/1.1 to destinations; idle connections are closed before a destination closes them during a request."""


def build_bootstrap(folder: str, resolver: IPv4Address, authority: Path) -> Json:
    """Return Envoy's bootstrap configuration: clusters with the permit mark, and the path of the listener's file.

    The admin socket's path is relative to Envoy's working directory: a socket's whole path has at most 107 characters.

    Args:
        folder: The folder of the listener's file.
        resolver: The VPC's resolver.
        authority: The certificate (PEM) of the authority that signs destinations' certificates.
    """
    mark = {"socket_options": [{"level": 1, "name": 36, "int_value": PERMIT_MARK, "description": "SO_MARK"}]}
    kind = "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig"
    # "Insecure" in Envoy's sense: a destination's certificate is compared with the connection's server name, not with the Host.
    names = make_typed_extension(kind, dns_cache_config=build_name_cache(resolver), allow_insecure_cluster_options=True)
    common = {"lb_policy": "CLUSTER_PROVIDED", "connect_timeout": "5s", "upstream_bind_config": mark}
    over_tls = {"transport_socket": _build_upstream_tls(authority), "typed_extension_protocol_options": _UPSTREAM_HTTP, **common}
    return {
        "node": {"id": "gateway", "cluster": "lab"},
        "admin": {"address": {"pipe": {"path": "admin.sock", "mode": 0o600}}},
        "dynamic_resources": {"lds_config": {"path_config_source": {"path": f"{folder}/{LISTENERS}"}}},
        "static_resources": {
            "clusters": [
                {"name": "asked", "type": "ORIGINAL_DST", **common},
                {"name": "asked_http", "type": "ORIGINAL_DST", **common},
                {"name": "named", "cluster_type": names, **common},
                {"name": ASKED_TLS, "type": "ORIGINAL_DST", **over_tls},
                {"name": NAMED_TLS, "cluster_type": names, **over_tls},
            ]
        },
        "overload_manager": {
            "resource_monitors": [
                make_typed_extension(
                    "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    max_active_downstream_connections="50000",
                )
                | {"name": "envoy.resource_monitors.global_downstream_max_connections"}
            ]
        },
    }


def _build_upstream_tls(authority: Path) -> Json:
    """Return the TLS context for destinations: certificates must be from the authority and for the connection's server name."""
    validation = {"trusted_ca": {"filename": str(authority)}}
    kind = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    return make_typed_extension(kind, common_tls_context={"alpn_protocols": ["http/1.1"], "validation_context": validation})
