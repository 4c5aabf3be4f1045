"""HTTP in the clear, judged request by request: the rule list again as a matcher on the Host header.

A rule that demands TLS matches no request. What calls itself HTTP and is none is refused by the proxy itself.
"""

from __future__ import annotations

from containment.lab.world.envoy_words import Json, addressed, all_of, any_name, anything, typed
from containment.lab.world.gateway_chains import access_log, chain_name
from containment.lab.world.logs import UNNAMED
from containment.lab.world.policy import GatewayPolicy, GatewayRule
from containment.model.fqdn import DomainPattern


def http_filter(policy: GatewayPolicy) -> Json:
    """Return the filter that judges HTTP requests under a policy."""
    judged = _requests(policy)
    on = {"cluster": "asked_http", "timeout": "0s"}
    tunnels = {"match": {"connect_matcher": {}}, "route": {**on, "upgrade_configs": [{"upgrade_type": "CONNECT"}]}}
    rbac = typed("envoy.extensions.filters.http.rbac.v3.RBAC", matcher=judged, shadow_matcher=judged)
    rule = "%DYNAMIC_METADATA(envoy.filters.http.rbac:shadow_effective_policy_id)%"
    return typed(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="http",
        strip_any_host_port=True,
        strip_trailing_host_dot=True,
        upgrade_configs=[{"upgrade_type": "websocket"}, {"upgrade_type": "CONNECT"}],
        http_protocol_options={"accept_http_10": True, "default_host_for_http_10": UNNAMED},
        access_log=access_log(rule=rule, host="%REQ(:AUTHORITY)%", details="%RESPONSE_CODE_DETAILS%"),
        http_filters=[rbac, typed("envoy.extensions.filters.http.router.v3.Router")],
        route_config={
            "name": "all",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [tunnels, {"match": {"prefix": "/"}, "route": on}]}],
        },
    )


def _requests(policy: GatewayPolicy) -> Json:
    """Return the rule list for HTTP requests, as RBAC's matcher; its policy names are chain names."""

    def action(name: str, permits: bool) -> Json:
        kind = "ALLOW" if permits else "DENY"
        return {"action": typed("envoy.config.rbac.v3.Action", name=name, **({"action": kind} if kind == "DENY" else {}))}

    def rest(start: int, watched: GatewayRule | None) -> Json:
        default = policy.default_permits
        own = f"{'PERMIT' if default else 'DENY'}||true"
        first = f"DENY|{watched.uuid}|false" if watched else ""
        ending = action(own if not watched else first if default else f"{first}>{own}", default)
        entries = []
        for index, rule in enumerate(policy.rules[start:], start):
            base = addressed(rule)
            if base is None or rule.tls_required or (rule.watched and (watched is not None or rule.permits)):
                continue
            if rule.patterns is not None:
                base = [*base, _host(rule.patterns)]
            on_match = {"matcher": rest(index + 1, rule)} if rule.watched else action(chain_name(rule, watched), rule.permits)
            entries.append({"predicate": all_of(base or [anything()]), "on_match": on_match})
        return {"matcher_list": {"matchers": entries or [{"predicate": anything(), "on_match": ending}]}, "on_no_match": ending}

    return rest(0, None)


def _host(patterns: tuple[DomainPattern, ...]) -> Json:
    host = typed("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=":authority")
    return any_name(host, patterns)
