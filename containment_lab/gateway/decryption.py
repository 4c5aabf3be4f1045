"""TLS decryption: for server names of URLs in rules that decrypt; requests are evaluated one by one and encrypted again.

Rules kept here:
- a flow is decrypted when its server name matches a URL of the first rule that could match it, never when an earlier rule decides by name;
- the client gets a certificate for that name from the gateway's authority; a name for which none can be issued
  (`choose_certificate_name`) gets one for another name, which clients refuse;
- the destination's certificate must be valid for the server name, whatever the Host is; the gateway connects to the same address as for an
  undecrypted flow: the resolver's answer if the rule verifies the server name, else the address that the client dialed;
- HTTP/1.1 only, offered by ALPN: a client without it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from containment.patterns.domain import DomainPattern
from containment_lab.gateway.enforced_policy import GatewayPolicy, GatewayRule
from containment_lab.gateway.envoy_syntax import Json, make_typed_extension
from containment_lab.gateway.filter_chains import ASKED_TLS, NAMED_TLS, build_name_cache
from containment_lab.gateway.http_matchers import PATH_IN_LUA, build_connection_manager
from containment_lab.gateway.logs import OPENED
from containment_lab.gateway.request_matchers import VERIFIED, YES, Header, RequestMatcher, build_lua_filter
from containment_lab.internet.certificates import UNNAMED

Certificates = Callable[[list[str]], str]
"""Returns certificate and key for some names, in PEM."""
_ARRIVING = f"""
  local host = string.lower(headers:get(":authority") or "")
  local sni = string.gsub(string.lower(handle:streamInfo():requestedServerName() or ""), "%.$", "")
  set("{Header.HOST}", host)
  set("{Header.SNI}", sni)
  set("{Header.AGREES}", (host == sni and host ~= "") and "{YES}" or "no")
{PATH_IN_LUA}
"""
_LEAVING = f"""
  local judged = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.rbac")
  local decision = judged and judged["enforced_effective_policy_id"] or ""
  set("{Header.WAY}", string.find(decision, "|{VERIFIED}", 1, true) and "{NAMED_TLS}" or "{ASKED_TLS}")
  handle:clearRouteCache()
"""
_UPSTREAM_STATE = {
    "envoy.network.upstream_server_name": "%REQUESTED_SERVER_NAME%",
    "envoy.network.upstream_subject_alt_names": "%REQUESTED_SERVER_NAME%",
    "envoy.upstream.dynamic_host": "%REQUESTED_SERVER_NAME%",
    "envoy.upstream.dynamic_port": "%DOWNSTREAM_LOCAL_PORT%",
}
"""State of a connection to the destination: the name that its certificate must have, and the name to resolve."""


def name_decrypting_chain(rule: GatewayRule, watched: GatewayRule | None) -> str:
    """Return the name of the chain that decrypts TLS from a rule on; `watched` is the watched rule that has already matched."""
    return f"{OPENED}|{rule.uuid}|{watched.uuid if watched else ''}"


def build_decrypting_chain(
    policy: GatewayPolicy, start: int, watched: GatewayRule | None, resolver: IPv4Address, certificates: Certificates
) -> Json:
    """Return the chain that decrypts TLS and evaluates each request by the rules from `start` on.

    Args:
        policy: The policy.
        start: The index of the rule with a URL that matches the server name.
        watched: The watched rule that has already matched.
        resolver: The resolver for verified names.
        certificates: The gateway's certificates.
    """
    rule = policy.rules[start]
    names = sorted({name for url in rule.decrypted_urls if (name := choose_certificate_name(url.host))}) or [UNNAMED]
    forward = make_typed_extension(
        "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
        dns_cache_config=build_name_cache(resolver),
        allow_dynamic_host_from_filter_state=True,
    )
    judging = build_connection_manager(
        RequestMatcher(policy, opened=True).build_matcher(start, watched),
        before=[build_lua_filter(_ARRIVING)],
        after=[build_lua_filter(_LEAVING), forward],
        routes=[{"match": {"prefix": "/"}, "route": {"cluster_header": Header.WAY.value, "timeout": "0s"}}],
        upgrades=("websocket",),
        path="%REQ(:PATH)%",
        failure="%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    )
    return {
        "name": name_decrypting_chain(rule, watched),
        "filters": [_build_upstream_state(), judging],
        "transport_socket": make_typed_extension(
            "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            common_tls_context={
                "alpn_protocols": ["http/1.1"],
                "tls_certificates": [_embed_certificate(certificates([name])) for name in names],
            },
        ),
    }


def choose_certificate_name(host: DomainPattern) -> str | None:
    """Return the name in a certificate for a host pattern, None if clients would not accept any.

    Certificates allow `*` only as the whole first label: `api-*.example.com` gets `*.example.com`, and `a.*.example.com` gets none. A name
    with more labels below the wildcard is not covered either.
    """
    first, _, rest = host.text.partition(".")
    if "*" in rest or ("*" in first and "." not in rest):
        return None
    return f"*.{rest}" if "*" in first else host.text


def _build_upstream_state() -> Json:
    values = [
        {"object_key": key, "format_string": {"text_format_source": {"inline_string": text}}} for key, text in _UPSTREAM_STATE.items()
    ]
    return make_typed_extension("envoy.extensions.filters.network.set_filter_state.v3.Config", on_new_connection=values)


def _embed_certificate(pem: str) -> Json:
    return {"certificate_chain": {"inline_string": pem}, "private_key": {"inline_string": pem}}
