"""Connections of a rendering that the firewall's rules deny, by the analysis of every flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from containment.analysis.classes.box import EVERY_CLAIM, EVERYWHERE, Box, L7Match
from containment.analysis.questions import Analysis
from containment.analysis.subject import find_agents
from containment.config.spec import ContainmentSpec
from containment.names import Protocol, WebGroupId
from containment.patterns.url import UrlPattern
from containment.policy.rules import PUBLIC_INTERNET, CidrSelector, RuleSet, SmartGroup, WebGroup
from containment.renderings.url_requests import list_url_requests
from containment.sandbox.globs import find_uncovered_text
from containment.sandbox.permissions import Endpoint
from containment.ternary import Ternary


def find_denied(spec: ContainmentSpec, ruleset: RuleSet, endpoints: Sequence[Endpoint]) -> Iterator[tuple[Endpoint, str | None]]:
    """Yield each endpoint with a flow that the rules deny, None where they permit all; watched rules count as applied."""
    for rules, some in (
        (ruleset, [one for one in endpoints if not is_within_urls(spec, one)]),
        (_decide_urls(ruleset), [one for one in endpoints if is_within_urls(spec, one)]),
    ):
        if some:
            yield from _find_denied_by(spec, rules, some)


def is_within_urls(spec: ContainmentSpec, endpoint: Endpoint) -> bool:
    """Return whether all requests of an endpoint match URLs that the gateway decrypts and permits."""
    if endpoint.host is None or endpoint.requests is None:
        return False
    known = [url for url in map(UrlPattern.parse, spec.decrypted_urls) if url.host.covers(endpoint.host) is Ternary.YES]
    globs = [request for url in known for request in list_url_requests(url)]
    return bool(known) and all(find_uncovered_text(request, globs) is None for request in endpoint.requests)


def _decide_urls(ruleset: RuleSet) -> RuleSet:
    """Return the rules as they decide requests that match the URLs: by the hosts alone."""
    groups = {
        name: replace(group, patterns=(*group.patterns, *(url.host for url in group.urls)), urls=())
        for name, group in ruleset.web_groups.items()
    }
    return replace(ruleset, web_groups=groups)


def _find_denied_by(spec: ContainmentSpec, ruleset: RuleSet, endpoints: Sequence[Endpoint]) -> Iterator[tuple[Endpoint, str | None]]:
    boxes = [_build_box(spec, one) for one in endpoints]
    analysis = Analysis(ruleset, find_agents(spec), boxes)
    for place, endpoint in enumerate(endpoints):
        denying = analysis.find_denying_rules(analysis.get_probe(place), analysis.table.forged)
        yield (
            endpoint,
            _describe(denying[0].rule.name if denying[0].rule else "the default action", str(denying[0].witness)) if denying else None,
        )


def _describe(rule: str, witness: str) -> str:
    return f"{witness} (rule {rule})"


def _build_box(spec: ContainmentSpec, endpoint: Endpoint) -> Box:
    private = _find_private_group(spec, endpoint)
    networks = SmartGroup("rendered networks", tuple(map(CidrSelector, endpoint.networks))) if endpoint.networks else None
    if networks is None and endpoint.host is None:
        networks = EVERYWHERE
    web = (WebGroup("rendered host", (endpoint.host,)),) if endpoint.host else None
    return Box(
        sources=(EVERYWHERE,),
        destinations=(networks or private or PUBLIC_INTERNET,),
        web=web,
        claims=frozenset({L7Match.TLS_NAMED}) if endpoint.host else EVERY_CLAIM,
        protocol=Protocol.TCP,
        ports=endpoint.ports,
    )


def _find_private_group(spec: ContainmentSpec, endpoint: Endpoint) -> SmartGroup | None:
    """Return the VPC endpoints for an AWS name, which resolves to their addresses; None for every other name."""
    if not spec.config.create_ssm_vpc_endpoints or endpoint.host is None:
        return None
    found = spec.destinations.get(WebGroupId.AWS_INFRA)
    if found is None or endpoint.host not in found.patterns:
        return None
    return SmartGroup("endpoint subnets", tuple(map(CidrSelector, spec.endpoint_subnets)))
