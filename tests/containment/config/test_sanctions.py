"""The deny set of model providers is never shortened; a provider leaves it by a sanction with an owner and an end only."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from containment.analysis.proofs import ProofStatus, prove
from containment.catalog.preset import Sanctions
from containment.config.spec import ContainmentSpec, resolve
from containment.errors import InputError, Problem
from containment.loaders.presets import load_library
from containment.names import WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.providers import MINIMUM
from containment.policy.builder import build_ruleset
from containment.queries.subject.subjects import build_subject

LIBRARY = load_library()
TODAY = date(2026, 11, 28)
HOST = "api.openai.com"
CLASSES = sorted(LIBRARY.presets)
CLOSED = ["healthcare-phi", "locked-down", "regulated-data"]


def sanction(host: str = HOST, until: str = "2027-03-31") -> dict[str, str]:
    return {"host": host, "owner": "platform", "reason": "Company contract.", "until": until}


def spec_of(agent_class: str = "coding", today: date | None = TODAY, **config: Any) -> ContainmentSpec:
    base = {"awsAccessAccount": "lab", "agentImageId": "ami-0123456789abcdef0", "agentClass": agent_class}
    return resolve({**base, **config}, LIBRARY, "made-up", today=today)


def problems(agent_class: str = "coding", today: date | None = TODAY, **config: Any) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        spec_of(agent_class, today, **config)
    return caught.value.problems


def denied(spec: ContainmentSpec) -> set[str]:
    return {pattern.text for pattern in spec.destinations[WebGroupId.UNAPPROVED_MODELS].patterns}


def test_the_classes_that_allow_no_sanction_are_those_with_private_data_and_locked_down() -> None:
    assert [name for name in CLASSES if LIBRARY.presets[name].sanctioned_providers is Sanctions.REFUSED] == CLOSED


@pytest.mark.parametrize("agent_class", CLASSES)
def test_an_own_list_adds_to_the_class_set(agent_class: str) -> None:
    plain, more = spec_of(agent_class), spec_of(agent_class, unapprovedModelProviderDomains=["api.mistral.ai", "llm.acme.example"])
    assert denied(more) == denied(plain) | {"llm.acme.example"}
    assert set(MINIMUM) <= denied(plain)


@pytest.mark.parametrize("provider", MINIMUM)
@pytest.mark.parametrize("agent_class", CLASSES)
def test_no_list_lets_a_provider_of_the_minimum_set_in(agent_class: str, provider: str) -> None:
    other = next(name for name in MINIMUM if name != provider)
    found = problems(agent_class, unapprovedModelProviderDomains=[other], approvedModelGatewayDomains=[provider])
    (overlap,) = [problem for problem in found if "wg-unapproved-model-providers denies" in problem.what]
    assert overlap.where == "Pulumi.made-up.yaml:approvedModelGatewayDomains"
    assert ("sanctionedModelProviders" in overlap.fix) is (agent_class not in CLOSED)


@pytest.mark.parametrize("agent_class", [name for name in CLASSES if name not in CLOSED])
def test_a_sanction_permits_exactly_its_host(agent_class: str) -> None:
    spec = spec_of(agent_class, approvedModelGatewayDomains=[HOST], sanctionedModelProviders=[sanction()])
    assert denied(spec) == denied(spec_of(agent_class)) - {HOST}
    assert DomainPattern(HOST) in spec.destinations[WebGroupId.MODEL_GATEWAYS].patterns
    build_ruleset(spec)
    assert {proof.verdict for proof in prove(build_subject(spec, LIBRARY))} <= {ProofStatus.PROVED, ProofStatus.SKIPPED}


@pytest.mark.parametrize("agent_class", CLOSED)
def test_closed_classes_take_no_sanction(agent_class: str) -> None:
    (problem,) = problems(agent_class, approvedModelGatewayDomains=[HOST], sanctionedModelProviders=[sanction()])
    assert problem.where == "Pulumi.made-up.yaml:sanctionedModelProviders"
    assert agent_class in problem.what


@pytest.mark.parametrize(
    ("config", "today", "says"),
    [
        ({"sanctionedModelProviders": [sanction()]}, TODAY, "no approved model gateway list has"),
        ({"sanctionedModelProviders": [sanction("gateway.acme.example")]}, TODAY, "in no deny set"),
        ({"approvedModelGatewayDomains": [HOST], "sanctionedModelProviders": [sanction(until="2026-11-27")]}, TODAY, "today is 2026-11-28"),
        ({"approvedModelGatewayDomains": [HOST], "sanctionedModelProviders": [sanction()]}, None, "date is not given"),
        (
            {"unapprovedModelProviderDomains": ["*.acme.example"], "sanctionedModelProviders": [sanction("llm.acme.example")]},
            TODAY,
            "which *.acme.example denies",
        ),
    ],
)
def test_a_sanction_that_is_not_valid_is_refused(config: dict[str, Any], today: date | None, says: str) -> None:
    (problem,) = problems(today=today, **config)
    assert problem.where == "Pulumi.made-up.yaml:sanctionedModelProviders"
    assert says in problem.what
    assert problem.fix


def test_a_sanction_is_valid_on_its_last_day() -> None:
    spec_of(approvedModelGatewayDomains=[HOST], sanctionedModelProviders=[sanction(until="2026-11-28")])


def test_a_class_whose_own_set_lacks_the_minimum_denies_it_all_the_same() -> None:
    short = LIBRARY.sets["unapproved-models"]
    entries = tuple(entry for entry in short.entries if entry.pattern not in MINIMUM)
    sets = {**LIBRARY.sets, short.name: short.model_copy(update={"entries": entries})}
    library = type(LIBRARY)(sets, LIBRARY.presets, LIBRARY.harness_sets, LIBRARY.minimal_sets)
    spec = resolve({"awsAccessAccount": "lab"}, library, "made-up")
    assert set(MINIMUM) <= denied(spec)


@pytest.mark.parametrize("host", ["pastebin.com", "acme.webhook.site", "transfer.sh"])
@pytest.mark.parametrize("agent_class", ["coding", "locked-down", "research"])
def test_a_drop_site_needs_a_waiver_in_every_class(agent_class: str, host: str) -> None:
    (problem,) = problems(agent_class, approvedSaasApiDomains=[host])
    assert problem.where == "Pulumi.made-up.yaml:approvedSaasApiDomains"
    assert "webhook site" in problem.what
    spec_of(agent_class, approvedSaasApiDomains=[host], uploadWaivers=[sanction(host)])
