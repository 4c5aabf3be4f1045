"""Envoy's configuration for the credential gateway, one builder for cloud and lab.

Rules kept here:
- every request is decided by the service first; without an answer nothing is forwarded (`failure_mode_allow: false`);
- a destination has a cluster of its own, chosen by the first segment of the path and told to the service; the Host and the server name are
  that destination's, and the certificate's name is verified;
- no retry, no upgrade, no trailer, no header of the proxy's own goes upstream; responses are streamed;
- no key, body, path or header is in the configuration or in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from containment.credential_gateway.decision import DenyRule
from containment.credential_gateway.envoy_access_log import LOCAL_REPLIES, build_access_log, build_unread_tokens, build_usage_filters
from containment.credential_gateway.envoy_syntax import TYPE, Json, make_extension
from containment.credential_gateway.route import LARGEST_BODY, MEBIBYTE, CredentialRoute, RouteTable

CLASS_KEY, HOST_KEY = "class", "host"
"""Keys of the context that the proxy gives the service with each request."""
AUTHORIZER: Final = "authorizer"
"""The name of the cluster that is the service."""
_HTTP_OPTIONS: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_DECISION_SECONDS: Final = 5
_HEADER_KILOBYTES: Final = 32
_MOST_CONNECTIONS: Final = 10_000
_LARGEST_ANSWER: Final = 8 * MEBIBYTE
"""The largest JSON response whose tokens are read: the proxy reads it whole. Streams have no such limit."""


@dataclass(frozen=True, kw_only=True)
class ListenerTls:
    """Files of the listener's certificate and private key, in PEM."""

    certificate: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """The address of a destination where it is not resolved by its name: in the lab, and in tests."""

    address: IPv4Address
    port: int


@dataclass(frozen=True, kw_only=True)
class EnvoySettings:
    """What differs between places.

    Attributes:
        address: the address to listen on.
        port: the port to listen on.
        tls: the listener's certificate; None for plain HTTP inside the VPC.
        service_socket: the Unix socket of the decision service.
        authorities: the file with the certificates of the authorities that may sign a destination's.
        access_log: the file of the access log; None for standard output.
        upstreams: addresses of destinations by host; others are resolved by name.
        resolver: the DNS resolver for destinations' names; None for the machine's own.
    """

    address: str
    port: int
    tls: ListenerTls | None
    service_socket: str
    authorities: str
    access_log: str | None
    upstreams: dict[str, Upstream] | None = None
    resolver: IPv4Address | None = None


def build_envoy_configuration(table: RouteTable, settings: EnvoySettings) -> Json:
    """Return Envoy's whole bootstrap configuration. It has no admin listener: that would show headers of requests in flight.

    Args:
        table: the routes, of one class.
        settings: what differs between places.
    """
    routes = sorted(table.routes, key=lambda route: route.host)
    clusters = [build_authorizer(settings.service_socket), *(_build_cluster(route.host, settings) for route in routes)]
    most_connections = make_extension(
        "envoy.resource_monitors.global_downstream_max_connections",
        "resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=str(_MOST_CONNECTIONS),
    )
    return {
        "node": {"id": "credential-gateway", "cluster": "credential-gateway"},
        "static_resources": {"listeners": [_build_listener(routes, settings)], "clusters": clusters},
        "overload_manager": {"resource_monitors": [most_connections]},
    }


def build_authorizer(socket: str) -> Json:
    """Return the cluster of the decision service: gRPC over a Unix socket."""
    return {
        "name": AUTHORIZER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": _assign(AUTHORIZER, {"pipe": {"path": socket}}),
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {"@type": TYPE + "upstreams.http.v3.HttpProtocolOptions", "explicit_http_config": {"http2_protocol_options": {}}}
        },
    }


def _build_cluster(host: str, settings: EnvoySettings) -> Json:
    fixed = (settings.upstreams or {}).get(host)
    address = {"address": str(fixed.address), "port_value": fixed.port} if fixed else {"address": host, "port_value": 443}
    tls = make_extension(
        "envoy.transport_sockets.tls",
        "transport_sockets.tls.v3.UpstreamTlsContext",
        sni=host,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": ["http/1.1"],
            "validation_context": {
                "trusted_ca": {"filename": settings.authorities},
                "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}],
            },
        },
    )
    return {
        "name": host,
        "type": "STATIC" if fixed else "LOGICAL_DNS",
        "dns_lookup_family": "V4_ONLY",
        "connect_timeout": "10s",
        "load_assignment": _assign(host, {"socket_address": address}),
        "transport_socket": tls,
        **({"typed_dns_resolver_config": _build_resolver(settings.resolver)} if settings.resolver is not None else {}),
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {
                "@type": TYPE + "upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": {"idle_timeout": "30s"},
                "explicit_http_config": {"http_protocol_options": {}},
            }
        },
    }


def _build_resolver(address: IPv4Address) -> Json:
    return make_extension(
        "envoy.network.dns_resolver.cares",
        "network.dns_resolver.cares.v3.CaresDnsResolverConfig",
        resolvers=[{"socket_address": {"address": str(address), "port_value": 53}}],
        dns_resolver_options={"no_default_search_domain": True},
    )


def _assign(name: str, address: Json) -> Json:
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}


def _build_listener(routes: Sequence[CredentialRoute], settings: EnvoySettings) -> Json:
    chain: Json = {"filters": [_build_connection_manager(routes, settings)]}
    if settings.tls is not None:
        files = {"certificate_chain": {"filename": settings.tls.certificate}, "private_key": {"filename": settings.tls.key}}
        common = {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": ["http/1.1"],
            "tls_certificates": [files],
        }
        chain["transport_socket"] = make_extension(
            "envoy.transport_sockets.tls", "transport_sockets.tls.v3.DownstreamTlsContext", common_tls_context=common
        )
    return {
        "name": "agents",
        "address": {"socket_address": {"address": settings.address, "port_value": settings.port}},
        "per_connection_buffer_limit_bytes": _LARGEST_ANSWER,
        "filter_chains": [chain],
    }


def _build_connection_manager(routes: Sequence[CredentialRoute], settings: EnvoySettings) -> Json:
    host = {
        "name": "destinations",
        "domains": ["*"],
        "routes": [*(_build_route(route) for route in routes), _build_last_route(routes)],
        "request_headers_to_remove": ["x-forwarded-for", "x-forwarded-proto", "x-request-id"],
        "response_headers_to_remove": ["set-cookie", "server", "via", "x-envoy-upstream-service-time"],
    }
    return make_extension(
        "envoy.filters.network.http_connection_manager",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="agents",
        codec_type="HTTP1",
        http_protocol_options={"enable_trailers": False, "accept_http_10": False},
        max_request_headers_kb=_HEADER_KILOBYTES,
        common_http_protocol_options={"idle_timeout": "300s", "max_headers_count": 100},
        request_headers_timeout="10s",
        request_timeout="60s",
        stream_idle_timeout="300s",
        # The service judges the path as it was sent; a proxy that repairs it first would judge another one than the route's.
        normalize_path=False,
        merge_slashes=False,
        path_with_escaped_slashes_action="KEEP_UNCHANGED",
        # Agents are no internal clients: their x-envoy-* headers command nothing.
        use_remote_address=True,
        skip_xff_append=True,
        internal_address_config={"unix_sockets": False},
        generate_request_id=False,
        server_header_transformation="PASS_THROUGH",
        route_config={"name": "destinations", "virtual_hosts": [host]},
        http_filters=[
            build_unread_tokens(),
            _build_authorization(),
            *build_usage_filters(route.api.usage for route in routes),
            make_extension("envoy.filters.http.router", "filters.http.router.v3.Router", suppress_envoy_headers=True),
        ],
        local_reply_config=LOCAL_REPLIES,
        access_log=[build_access_log(settings.access_log)],
    )


def _build_authorization() -> Json:
    return make_extension(
        "envoy.filters.http.ext_authz",
        "filters.http.ext_authz.v3.ExtAuthz",
        transport_api_version="V3",
        grpc_service={"envoy_grpc": {"cluster_name": AUTHORIZER, "max_receive_message_length": 65536}, "timeout": f"{_DECISION_SECONDS}s"},
        failure_mode_allow=False,
        status_on_error={"code": "ServiceUnavailable"},
        with_request_body=_build_body_settings(LARGEST_BODY),
        encode_raw_headers=True,
        clear_route_cache=False,
        validate_mutations=True,
    )


def _build_body_settings(most: int) -> Json:
    return {"max_request_bytes": most, "allow_partial_message": False, "pack_as_bytes": True}


def _build_route(route: CredentialRoute) -> Json:
    return {
        "name": route.host,
        "match": {"prefix": f"/{route.host}/", "case_sensitive": True},
        # No timeout for the whole response, which may be a long stream; silence ends it (stream_idle_timeout).
        "route": {"cluster": route.host, "host_rewrite_literal": route.host, "timeout": "0s"},
        # One byte above the limit is read, so that a body of the limit passes; the proxy itself refuses a longer one.
        "typed_per_filter_config": _give_context(
            route.agent_class, route.host, {"with_request_body": _build_body_settings(route.max_body_bytes + 1)}
        ),
    }


def _build_last_route(routes: Iterable[CredentialRoute]) -> Json:
    """Return the route of everything else: the service denies it with a reason, and the proxy would do the same alone."""
    agent_class = next(iter(routes)).agent_class
    body = f'{{"error":"denied","rule":"{DenyRule.UNKNOWN_DESTINATION.value}","reason":"no destination"}}\n'
    return {
        "name": "none",
        "match": {"prefix": "/"},
        "direct_response": {"status": 403, "body": {"inline_string": body}},
        "typed_per_filter_config": _give_context(agent_class, "", {"disable_request_body_buffering": True}),
    }


def _give_context(agent_class: str, host: str, body: Json) -> Json:
    return {
        "envoy.filters.http.ext_authz": {
            "@type": TYPE + "filters.http.ext_authz.v3.ExtAuthzPerRoute",
            "check_settings": {"context_extensions": {CLASS_KEY: agent_class, HOST_KEY: host}, **body},
        }
    }
