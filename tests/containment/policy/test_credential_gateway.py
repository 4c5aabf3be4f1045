"""With a credential gateway, model providers are the gateway's alone, agents gain one port, and every deny is for both."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from containment.analysis.proofs import ProofStatus, prove
from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.names import PolicyMode, Protocol, RuleId, SmartGroupId, WebGroupId
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Flow, Source, UnresolvedAddress
from containment.policy.invariants import find_agent_sources, find_broken_invariants
from containment.queries.subject.subjects import build_subject
from containment.renderings.proofs import prove_stack
from tests.containment.conftest import SpecOf
from tests.support.configs import IMAGE, MODEL_HOST, ROUTE

GATEWAY: dict[str, Any] = {"credentialRoutes": [ROUTE], "credentialGatewayImageId": IMAGE}
AGENT, OWN = SmartGroupId.AGENT_WORKLOAD.value, SmartGroupId.CREDENTIAL_GATEWAY.value
CLASSES = sorted(load_library().presets)


def find_problems(spec_of: SpecOf, **config: Any) -> str:
    with pytest.raises(InputError) as caught:
        spec_of(**{"policyMode": "enforce", **GATEWAY, **config})
    return str(caught.value)


def web(source: Source, name: str) -> Flow:
    return Flow(source, UnresolvedAddress.PUBLIC, Protocol.TCP, 443, Application.TLS, name)


def build(spec_of: SpecOf, **config: Any) -> ContainmentSpec:
    return spec_of(**{"policyMode": "enforce", **GATEWAY, **config})


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("mode", [PolicyMode.MONITOR, PolicyMode.ENFORCE])
def test_every_statement_is_proved_for_every_class_and_mode(spec_of: SpecOf, name: str, mode: PolicyMode) -> None:
    spec = build(spec_of, agentClass=name, policyMode=mode.value)
    assert find_broken_invariants(spec, build_ruleset(spec)) == []
    proofs = {proof.id: proof for proof in prove(build_subject(spec))}
    assert {proof.verdict for proof in proofs.values()} <= {ProofStatus.PROVED, ProofStatus.SKIPPED}, proofs
    for key in ("models-only-through-the-gateway", "gateway-reaches-its-providers-only"):
        assert proofs[key].verdict is ProofStatus.PROVED


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
def test_no_rendering_permits_what_the_firewall_denies(spec_of: SpecOf, name: str) -> None:
    library = load_library()
    broken = [proof for proof in prove_stack(build(spec_of, agentClass=name), library) if proof.verdict is ProofStatus.BROKEN]
    assert broken == []


def test_the_direct_model_call_of_an_agent_is_denied_and_the_gateways_is_permitted(spec_of: SpecOf) -> None:
    spec = build(spec_of)
    assert spec.credential_gateway is not None
    ruleset = build_ruleset(spec)
    for agent in find_agent_sources(spec):
        if agent.address is not None:
            assert decide(ruleset, web(agent, MODEL_HOST)).rule == f"{spec.prefix}-{RuleId.DEFAULT_DENY.value}"
    gateway = Source(spec.credential_gateway.subnet.network_address + 10, {})
    assert decide(ruleset, web(gateway, MODEL_HOST)).rule == f"{spec.prefix}-{RuleId.MODEL_GATEWAYS.value}"
    for name in ("inference-api.nvidia.com", "github.com", "nobody.invalid"):
        assert decide(ruleset, web(gateway, name)).rule == f"{spec.prefix}-{RuleId.DEFAULT_DENY.value}"
    assert decide(ruleset, web(gateway, "api.openai.com")).rule == f"{spec.prefix}-{RuleId.SHADOW_MODEL_DENY.value}"


def test_agents_gain_one_port_of_the_gateways_subnet(spec_of: SpecOf) -> None:
    spec = build(spec_of, credentialGatewayPort=9443)
    assert spec.credential_gateway is not None
    agent, to = find_agent_sources(spec)[0], IPv4Address(int(spec.credential_gateway.subnet.network_address) + 10)
    ruleset = build_ruleset(spec)
    assert decide(ruleset, Flow(agent, to, Protocol.TCP, 9443)).rule == f"{spec.prefix}-{RuleId.CREDENTIAL_GATEWAY.value}"
    for port in (22, 443, 8443):
        assert decide(ruleset, Flow(agent, to, Protocol.TCP, port)).rule == f"{spec.prefix}-{RuleId.EAST_WEST_DENY.value}"


def test_sources_are_the_agents_except_for_denies_and_model_providers(spec_of: SpecOf) -> None:
    for rule in build_ruleset(build(spec_of)).rules:
        if not rule.action.permits:
            assert rule.sources == (AGENT, OWN), rule.name
        else:
            assert rule.sources == ((OWN,) if WebGroupId.MODEL_GATEWAYS.value in rule.web_groups else (AGENT,)), rule.name


def test_without_routes_nothing_changes(spec_of: SpecOf) -> None:
    spec = spec_of(policyMode="enforce")
    assert spec.credential_gateway is None
    ruleset = build_ruleset(spec)
    assert OWN not in ruleset.smart_groups
    assert {rule.sources for rule in ruleset.rules} == {(AGENT,)}
    assert not {"models-only-through-the-gateway"} & {proof.id for proof in prove(build_subject(spec))}


def test_a_widened_policy_breaks_the_statements_with_a_counterexample(spec_of: SpecOf) -> None:
    from dataclasses import replace

    subject = build_subject(build(spec_of))

    def prove_with(name: RuleId, **change: Any) -> dict[str, ProofStatus]:
        rules = tuple(replace(rule, **change) if rule.name.endswith(name.value) else rule for rule in subject.ruleset.rules)
        widened = replace(subject, ruleset=replace(subject.ruleset, rules=rules))
        return {proof.id: proof.verdict for proof in prove(widened) if proof.shown or proof.verdict is not ProofStatus.BROKEN}

    both = prove_with(RuleId.MODEL_GATEWAYS, sources=(AGENT, OWN))
    assert both["models-only-through-the-gateway"] is ProofStatus.BROKEN
    core = prove_with(RuleId.CORE, sources=(AGENT, OWN))
    assert core["gateway-reaches-its-providers-only"] is ProofStatus.BROKEN
    undenied = prove_with(RuleId.DEFAULT_DENY, disabled=True)
    assert undenied["gateway-reaches-its-providers-only"] is ProofStatus.PROVED, "the Controller's default action still denies"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"credentialRoutes": [{**ROUTE, "host": "api.openai.com"}]}, "is no approved model gateway of this stack"),
        ({"approvedModelGatewayDomains": ["models.acme.example"]}, "integrate.api.nvidia.com is no approved model gateway"),
        (
            {
                "approvedModelGatewayDomains": ["models.acme.example"],
                "credentialRoutes": [{**ROUTE, "host": "models.acme.example"}],
            },
            "models.acme.example is a host of no API",
        ),
        ({"credentialRoutes": [{**ROUTE, "secret": ROUTE["secret"].replace("us-east-1", "eu-west-1")}]}, "is in eu-west-1"),
        ({"createSsmVpcEndpoints": False, "agentClass": "coding"}, "reads its secrets through an endpoint"),
        ({"credentialGatewayImageId": ""}, "credentialGatewayImageId: is not set"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_gateway_that_could_not_work_is_refused(spec_of: SpecOf, config: dict[str, Any], said: str) -> None:
    assert said in find_problems(spec_of, **config)


def test_only_routed_providers_are_in_the_gateways_group_and_secrets_are_resolved(spec_of: SpecOf) -> None:
    spec = build(spec_of)
    assert [str(one) for one in spec.destinations[WebGroupId.MODEL_GATEWAYS].patterns] == [MODEL_HOST]
    names = {str(name) for name in spec.dns_names}
    assert {"secretsmanager.us-east-1.amazonaws.com", MODEL_HOST} <= names
    assert "secretsmanager.us-east-1.amazonaws.com" not in {str(name) for name in spec_of(policyMode="enforce").dns_names}


def test_the_subnet_is_apart_from_every_other(spec_of: SpecOf) -> None:
    spec = build(spec_of, availabilityZoneCount=3, haGateway=True)
    assert spec.credential_gateway is not None
    others = (spec.gateway_subnet, *spec.agent_subnets, *spec.endpoint_subnets, *filter(None, [spec.ha_gateway_subnet]))
    assert not any(spec.credential_gateway.subnet.overlaps(other) for other in others)
    assert spec.credential_gateway.subnet.subnet_of(spec.config.vpc_cidr)
