"""Rule list for HTTP requests (Envoy's RBAC matcher): by Host in the clear; by SNI, Host and path in decrypted TLS.

Rules kept here:
- a rule that requires TLS matches no request in the clear, one that excludes TLS none in decrypted TLS;
- in decrypted TLS a permit by name needs an SNI and a Host that are the same name; a deny by name needs either;
- a path that the model leaves undecided (with escapes, `..` or `//`) is decided safely: no permit by URL matches it, every deny does.

Names and paths are compared in internal headers (`Header`) that clients cannot set and servers do not receive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from containment.patterns.url import UrlPattern
from containment_lab.gateway import envoy_syntax as syntax
from containment_lab.gateway.enforced_policy import GatewayPolicy, GatewayRule
from containment_lab.gateway.filter_chains import format_chain_name


class Header(StrEnum):
    """An internal request header, used only by the matcher."""

    HOST = "x-containment-host"
    SNI = "x-containment-sni"
    AGREES = "x-containment-agrees"
    PATH = "x-containment-path"
    WAY = "x-containment-way"


YES, ODD = "yes", "odd"
"""Header values: Host and SNI are the same name; the path is ambiguous."""
VERIFIED = "named"
"""Fourth part of a decision's name if its rule verifies the server name."""


def make_header_input(name: Header) -> syntax.Json:
    """Return a request header as an input of a matcher."""
    return syntax.make_typed_extension("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", header_name=name.value)


def build_lua_filter(body: str) -> syntax.Json:
    """Return a filter that runs Lua code on each request; the code can use `headers` and `set`."""
    code = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  local function set(name, value) headers:replace(name, value) end
{body}
end
"""
    return syntax.make_typed_extension("envoy.extensions.filters.http.lua.v3.Lua", default_source_code={"inline_string": code})


@dataclass(frozen=True)
class RequestMatcher:
    """The rule list for requests; `opened` is whether they come from decrypted TLS."""

    policy: GatewayPolicy
    opened: bool = False

    def build_matcher(self, start: int = 0, watched: GatewayRule | None = None) -> syntax.Json:
        """Return the matcher of the rules from `start` on; `watched` is the watched rule that has already matched."""
        ending = self._make_default_decision(watched)
        entries: list[syntax.Json] = []
        for index, rule in enumerate(self.policy.rules[start:], start):
            base = syntax.match_rule_addresses(rule)
            unfit = rule.tls_refused if self.opened else rule.tls_required
            if base is None or unfit or (rule.watched and (watched is not None or rule.permits)):
                continue
            on_match = {"matcher": self.build_matcher(index + 1, rule)} if rule.watched else self._make_decision(rule, watched)
            entries += self._generate_entries(rule, base, on_match)
        return {
            "matcher_list": {"matchers": entries or [{"predicate": syntax.match_everything(), "on_match": ending}]},
            "on_no_match": ending,
        }

    def _generate_entries(self, rule: GatewayRule, base: list[syntax.Json], on_match: syntax.Json) -> Iterator[syntax.Json]:
        if rule.patterns is None:
            yield {"predicate": syntax.combine_all(base or [syntax.match_everything()]), "on_match": on_match}
            return
        for input_, more in self._list_name_headers(rule):
            yield from syntax.generate_name_entries(make_header_input(input_), rule.patterns, [*base, *more], on_match, dotted=False)
        for url in rule.decrypted_urls:
            hosts = syntax.combine_any(
                [syntax.match_name(make_header_input(input_), [url.host.text]) for input_, _ in self._list_name_headers(rule)]
            )
            more = [_match_header(Header.AGREES, YES)] if rule.permits and self.opened else []
            yield {"predicate": syntax.combine_all([*base, *more, hosts, _match_path(url, safe=not rule.permits)]), "on_match": on_match}

    def _list_name_headers(self, rule: GatewayRule) -> list[tuple[Header, list[syntax.Json]]]:
        """Return the headers to compare with a rule's names, each with its further predicates."""
        if not self.opened:
            return [(Header.HOST, [])]
        if rule.permits:
            return [(Header.HOST, [_match_header(Header.AGREES, YES)])]
        return [(Header.SNI, []), (Header.HOST, [{"not_matcher": _match_header(Header.AGREES, YES)}])]

    def _make_decision(self, rule: GatewayRule, watched: GatewayRule | None) -> syntax.Json:
        verified = self.opened and rule.permits and rule.verify_sni and rule.patterns is not None
        name = format_chain_name(rule.permits, rule.uuid, watched)
        return _make_rbac_action(name + (f"|{VERIFIED}" if verified else ""), rule.permits)

    def _make_default_decision(self, watched: GatewayRule | None) -> syntax.Json:
        permits = self.policy.default_permits
        return _make_rbac_action(format_chain_name(permits, "", watched), permits)


def _make_rbac_action(name: str, permits: bool) -> syntax.Json:
    return {"action": syntax.make_typed_extension("envoy.config.rbac.v3.Action", name=name, **({} if permits else {"action": "DENY"}))}


def _match_header(name: Header, value: str) -> syntax.Json:
    return {"single_predicate": {"input": make_header_input(name), **syntax.match_exact(value)}}


def _match_path(url: UrlPattern, *, safe: bool) -> syntax.Json:
    """Match a URL's path; with `safe` also an ambiguous path."""
    fits = syntax.match_prefix(url.path[:-1]) if url.path.endswith("*") else syntax.match_exact(url.path)
    found = {"single_predicate": {"input": make_header_input(Header.PATH), **fits}}
    return syntax.combine_any([found, _match_header(Header.PATH, ODD)]) if safe else found
