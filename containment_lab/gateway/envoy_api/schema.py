"""The part of Envoy's API (v3) that the gateway's listener uses: messages, field numbers and types.

One line per message, by the last word of its name: `field=number type`, with `*` for repeated. A type is a message of this table, a scalar,
`any`, a well-known type (`duration`, `struct`, `uint32value`), or the values of an enum in their order (`A|B`). Field numbers are the API's
and do not change between releases. Messages that share a last word (`Config`, `FilterConfig`) share a line, as their fields have
different numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MESSAGES = """
Any: type_url=1 string, value=2 bytes
DiscoveryResponse: version_info=1 string, resources=2 any*
Listener: name=1 string, address=2 Address, filter_chains=3 FilterChain*, per_connection_buffer_limit_bytes=5 uint32value,
  listener_filters=9 ListenerFilter*, listener_filters_timeout=15 duration, continue_on_listener_filters_timeout=17 bool,
  access_log=22 AccessLog*, filter_chain_matcher=32 Matcher
Address: socket_address=1 SocketAddress
SocketAddress: address=2 string, port_value=3 uint32
ListenerFilter: name=1 string, typed_config=3 any
OriginalDst:
TlsInspector:
HttpInspector:
FilterChain: filters=3 Filter*, transport_socket=6 TransportSocket, name=7 string
Filter: name=1 string, typed_config=4 any
Config: on_new_connection=1 FilterStateValue*
FilterStateValue: object_key=1 string, format_string=2 SubstitutionFormatString
TransportSocket: name=1 string, typed_config=3 any
DownstreamTlsContext: common_tls_context=1 CommonTlsContext
CommonTlsContext: tls_certificates=2 TlsCertificate*, alpn_protocols=4 string*
TlsCertificate: certificate_chain=1 DataSource, private_key=2 DataSource

AccessLog: name=1 string, typed_config=4 any
StdoutAccessLog: log_format=1 SubstitutionFormatString
SubstitutionFormatString: json_format=2 struct, text_format_source=5 DataSource
TcpProxy: stat_prefix=1 string, cluster=2 string, access_log=5 AccessLog*, access_log_options=17 TcpAccessLogOptions
TcpAccessLogOptions: flush_access_log_on_start=3 bool
FilterConfig: dns_cache_config=1 DnsCacheConfig, port_value=2 uint32, allow_dynamic_host_from_filter_state=4 bool
DnsCacheConfig: name=1 string, dns_lookup_family=2 AUTO|V4_ONLY, dns_refresh_rate=3 duration, dns_query_timeout=11 duration,
  typed_dns_resolver_config=12 TypedExtensionConfig
CaresDnsResolverConfig: resolvers=1 Address*, dns_resolver_options=2 DnsResolverOptions
DnsResolverOptions: no_default_search_domain=2 bool

HttpConnectionManager: stat_prefix=2 string, route_config=4 RouteConfiguration, http_filters=5 HttpFilter*,
  http_protocol_options=8 Http1ProtocolOptions, access_log=13 AccessLog*, upgrade_configs=23 UpgradeConfig*,
  strip_any_host_port=42 bool, strip_trailing_host_dot=47 bool
HttpFilter: name=1 string, typed_config=4 any
Http1ProtocolOptions: accept_http_10=2 bool, default_host_for_http_10=3 string
UpgradeConfig: upgrade_type=1 string
RouteConfiguration: name=1 string, virtual_hosts=2 VirtualHost*, request_headers_to_remove=8 string*
VirtualHost: name=1 string, domains=2 string*, routes=3 Route*
Route: match=1 RouteMatch, route=2 RouteAction
RouteMatch: prefix=1 string, connect_matcher=12 ConnectMatcher
ConnectMatcher:
RouteAction: cluster=1 string, cluster_header=2 string, timeout=8 duration, upgrade_configs=25 UpgradeConfig*
Lua: default_source_code=3 DataSource
DataSource: inline_string=3 string
RBAC: matcher=4 Matcher
Action: name=1 string, action=2 ALLOW|DENY
Router:

Matcher: matcher_list=1 MatcherList, matcher_tree=2 MatcherTree, on_no_match=3 OnMatch
OnMatch: matcher=1 Matcher, action=2 TypedExtensionConfig
MatcherList: matchers=1 FieldMatcher*
FieldMatcher: predicate=1 Predicate, on_match=2 OnMatch
Predicate: single_predicate=1 SinglePredicate, or_matcher=2 PredicateList, and_matcher=3 PredicateList, not_matcher=4 Predicate
PredicateList: predicate=1 Predicate*
SinglePredicate: input=1 TypedExtensionConfig, value_match=2 StringMatcher, custom_match=3 TypedExtensionConfig
MatcherTree: input=1 TypedExtensionConfig, custom_match=4 TypedExtensionConfig
TypedExtensionConfig: name=1 string, typed_config=2 any
StringMatcher: exact=1 string, prefix=2 string, safe_regex=5 RegexMatcher
RegexMatcher: google_re2=1 GoogleRE2, regex=2 string
GoogleRE2:
StringValue: value=1 string
ServerNameMatcher: domain_matchers=1 DomainMatcher*
DomainMatcher: domains=1 string*, on_match=2 OnMatch
Ip: cidr_ranges=1 CidrRange*, stat_prefix=2 string
CidrRange: address_prefix=1 string, prefix_len=2 uint32value
ApplicationProtocolInput:
DestinationIPInput:
DestinationPortInput:
ServerNameInput:
SourceIPInput:
TransportProtocolInput:
HttpRequestHeaderMatchInput: header_name=1 string
"""


@dataclass(frozen=True)
class Field:
    """One field of a message; `kind` is its type as the table names it, without the `*` of a repeated one."""

    number: int
    kind: str
    repeated: bool


def _parse_table(table: str) -> dict[str, dict[str, Field]]:
    out: dict[str, dict[str, Field]] = {}
    for line in re.sub(r"\n  ", " ", table).splitlines():
        message, _, fields = line.partition(":")
        if message:
            found = re.findall(r"(\w+)=(\d+) ([\w|]+)(\*?)", fields)
            out[message] = {name: Field(int(number), kind, star == "*") for name, number, kind, star in found}
    return out


MESSAGES = _parse_table(_MESSAGES)
"""Message → field name → field."""
