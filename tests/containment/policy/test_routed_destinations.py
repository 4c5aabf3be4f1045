"""Git, registries, SaaS and MCP behind the credential gateway: agents reach none of them by themselves, as with model providers."""

from __future__ import annotations

from typing import Any

import pytest

from containment.analysis.proofs import ProofStatus, prove
from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.names import PolicyMode, Protocol, WebGroupId
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Flow, Source, UnresolvedAddress
from containment.policy.invariants import find_broken_invariants
from containment.queries.subject.subjects import build_subject
from containment.renderings.boundary import build_boundary
from containment.renderings.proofs import prove_stack
from tests.containment.conftest import SpecOf
from tests.support.configs import IMAGE, ROUTE

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys/{}-AbCdEf"
MCP = "tools-abc.gateway.bedrock-agentcore.us-east-1.amazonaws.com"
NAMES: dict[str, dict[str, list[str]]] = {
    "github.com": {"owner": ["acme"], "repository": ["app.git"]},
    "api.github.com": {"owner": ["acme"], "repository": ["app"]},
    "acme.jfrog.io": {"repository": ["pypi-own"]},
    "acme.zendesk.com": {},
    MCP: {},
}
ROUTES = [ROUTE, *({"host": host, "secret": SECRET.format(number), "names": names} for number, (host, names) in enumerate(NAMES.items()))]
CONFIG: dict[str, Any] = {
    "agentClass": "coding",
    "policyMode": "enforce",
    "credentialGatewayImageId": IMAGE,
    "credentialRoutes": ROUTES,
    "packageRegistryDomains": ["github.com", "api.github.com", "acme.jfrog.io", "files.pythonhosted.org"],
    "approvedSaasApiDomains": ["acme.zendesk.com", "crm.acme.example"],
    "approvedMcpGatewayDomains": [MCP],
}


def build(spec_of: SpecOf, **config: Any) -> ContainmentSpec:
    return spec_of(**CONFIG, **config) if not config else spec_of(**{**CONFIG, **config})


def is_permitted(spec: ContainmentSpec, source: Source, name: str) -> bool:
    flow = Flow(source, UnresolvedAddress.PUBLIC, Protocol.TCP, 443, Application.TLS, name)
    return "-allow-" in (decide(build_ruleset(spec), flow).rule or "")


@pytest.mark.parametrize("mode", list(PolicyMode))
def test_everything_is_proved_with_routes_of_every_kind(spec_of: SpecOf, mode: PolicyMode) -> None:
    spec = build(spec_of, policyMode=mode.value)
    assert find_broken_invariants(spec, build_ruleset(spec)) == []
    proofs = {proof.id: proof for proof in prove(build_subject(spec))}
    assert {proof.verdict for proof in proofs.values()} <= {ProofStatus.PROVED, ProofStatus.SKIPPED}, proofs
    assert f"any of the {len(ROUTES)} destinations" in proofs["models-only-through-the-gateway"].statement
    assert [proof for proof in prove_stack(spec, load_library()) if proof.verdict is ProofStatus.BROKEN] == []


def test_agents_reach_routed_hosts_through_the_gateway_alone(spec_of: SpecOf) -> None:
    spec = build(spec_of)
    assert spec.credential_gateway is not None
    agent, gateway = Source(spec.agent_subnets[0].network_address + 9), Source(spec.credential_gateway.address)
    for route in ROUTES:
        assert not is_permitted(spec, agent, route["host"]), route
        assert is_permitted(spec, gateway, route["host"]), route
    for host in ("files.pythonhosted.org", "crm.acme.example"):
        assert is_permitted(spec, agent, host), "a host without a route stays as it was"
        assert not is_permitted(spec, gateway, host)
    assert WebGroupId.MCP_GATEWAYS not in spec.destinations, "no name is left in it"


def test_a_program_that_may_reach_a_routed_host_may_send_the_same_requests_through_the_gateway(spec_of: SpecOf) -> None:
    spec = build(spec_of)
    egress = build_boundary(spec, load_library()).permissions.egress
    by_gateway = {one.program: one.endpoint.requests for one in egress if one.endpoint.networks and one.endpoint.host is None}
    assert "POST /github.com/*/*/git-upload-pack" in (by_gateway["/usr/lib/git-core/*"] or ())
    assert not [one for one in egress if one.endpoint.host and one.endpoint.host.text in NAMES]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"packageRegistryDomains": ["acme.jfrog.io"]}, "github.com is no approved model gateway of this stack, and no approved registry"),
        ({"packageRegistryDomains": ["github.com", "api.github.com", "*.jfrog.io"]}, "acme.jfrog.io is no approved"),
        ({"openclawCoreDomains": ["*.github.com"]}, "api.github.com is also permitted to agents by *.github.com"),
        ({"credentialRoutes": [{**ROUTES[1], "names": {"owner": ["acme"]}}, ROUTE]}, "lists no repository"),
        ({"credentialRoutes": [{"host": "integrate.api.nvidia.com", "secret": ROUTE["secret"]}]}, "lists no model"),
        ({"credentialRoutes": [{**ROUTE, "names": {"model": ["other"]}}]}, "lists models twice"),
    ],
    ids=str,
)
def test_a_route_that_would_leave_a_way_past_is_refused(spec_of: SpecOf, config: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        build(spec_of, **config)
    assert said in str(caught.value)
