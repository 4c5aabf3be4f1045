"""HTTP in the clear: each request is evaluated by its Host, and by its path where a rule has URLs.

A rule that requires TLS matches no request. The proxy refuses invalid HTTP.
"""

from __future__ import annotations

from containment_lab.gateway.enforced_policy import GatewayPolicy
from containment_lab.gateway.envoy_syntax import Json, make_typed_extension
from containment_lab.gateway.filter_chains import build_access_log
from containment_lab.gateway.logs import UNNAMED
from containment_lab.gateway.request_matchers import Header, RequestMatcher, build_lua_filter

PATH_IN_LUA = f"""
  local path = string.match(headers:get(":path") or "", "^[^?#]*")
  local plain = string.find(path, "^/[A-Za-z0-9._~!$&'()+,;=:@/-]*$") and not string.find(path, "//", 1, true)
  for segment in string.gmatch(path, "[^/]+") do
    if string.find(segment, "^%.%.?$") or string.find(segment, "^%.%.?;") then plain = false end
  end
  set("{Header.PATH}", plain and path or "odd")
"""
"""Sets the path to compare: without its query, and `odd` if a server could read it as another path (`containment.patterns.url`)."""
_IN_THE_CLEAR = f"""
  set("{Header.HOST}", string.lower(headers:get(":authority") or ""))
{PATH_IN_LUA}
"""
"""Names are compared in lower case."""


def build_http_filter(policy: GatewayPolicy) -> Json:
    """Return the filter that evaluates HTTP requests in the clear under a policy."""
    on = {"cluster": "asked_http", "timeout": "0s"}
    tunnels = {"match": {"connect_matcher": {}}, "route": {**on, "upgrade_configs": [{"upgrade_type": "CONNECT"}]}}
    return build_connection_manager(
        RequestMatcher(policy).build_matcher(),
        before=[build_lua_filter(_IN_THE_CLEAR)],
        after=[],
        routes=[tunnels, {"match": {"prefix": "/"}, "route": on}],
        upgrades=("websocket", "CONNECT"),
    )


def build_connection_manager(
    matcher: Json, *, before: list[Json], after: list[Json], routes: list[Json], upgrades: tuple[str, ...], **logged: str
) -> Json:
    """Return a filter that evaluates requests by a matcher.

    Args:
        matcher: The rule list for requests (`RequestMatcher`).
        before: Filters before the matcher.
        after: Filters for permitted requests.
        routes: Routes of permitted requests.
        upgrades: Protocols to which a request may upgrade.
        logged: Further fields of the access log.
    """
    rbac = make_typed_extension("envoy.extensions.filters.http.rbac.v3.RBAC", matcher=matcher)
    rule = "%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%"
    return make_typed_extension(
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="http",
        strip_any_host_port=True,
        strip_trailing_host_dot=True,
        upgrade_configs=[{"upgrade_type": each} for each in upgrades],
        http_protocol_options={"accept_http_10": True, "default_host_for_http_10": UNNAMED},
        access_log=build_access_log(rule=rule, host="%REQ(:AUTHORITY)%", details="%RESPONSE_CODE_DETAILS%", **logged),
        http_filters=[*before, rbac, *after, make_typed_extension("envoy.extensions.filters.http.router.v3.Router")],
        route_config={
            "name": "all",
            "request_headers_to_remove": [each.value for each in Header],
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
        },
    )
