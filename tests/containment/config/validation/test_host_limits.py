"""Hosts that no class may permit by a wrong key, in a wrong region, or without a waiver: models, AWS services, hosts of any account."""

from __future__ import annotations

from typing import Any

import pytest

from containment.catalog.preset import Uploads
from containment.config.spec import resolve
from containment.errors import InputError, Problem
from containment.loaders.presets import load_library
from containment.names import WebGroupId
from containment.patterns.permitted_names.account_hosts import CATALOG_MODELS, CATALOG_SAAS, MODEL_HOSTS, SAAS_HOSTS

LIBRARY = load_library()
BASE = {"awsAccessAccount": "lab", "agentImageId": "ami-0123456789abcdef0"}
KEYS = ("approvedSaasApiDomains", "approvedMcpGatewayDomains", "identityAndTelemetryDomains", "openclawCoreDomains")
NEW_MODELS = sorted(MODEL_HOSTS - CATALOG_MODELS)
NEW_SAAS = sorted(SAAS_HOSTS - CATALOG_SAAS)
NO_UPLOADS = [name for name, preset in LIBRARY.presets.items() if preset.uploads is Uploads.REFUSED]


def problems(agent_class: str = "coding", **config: Any) -> tuple[Problem, ...]:
    try:
        resolve({**BASE, "agentClass": agent_class, **config}, LIBRARY, "made-up")
    except InputError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("key", KEYS)
def test_a_host_of_models_is_an_approved_gateway_or_refused(key: str) -> None:
    found = problems(**{key: NEW_MODELS})
    assert len([one for one in found if "is a host of models" in one.what]) == len(NEW_MODELS)
    assert all(key in one.where and "approvedModelGatewayDomains" in one.fix for one in found)


def test_a_host_of_models_may_be_an_approved_gateway() -> None:
    assert problems(approvedModelGatewayDomains=["gateway.ai.cloudflare.com"]) == ()


def test_a_url_of_a_host_of_models_is_refused() -> None:
    more = {"controllerVersion": "9.0", "tlsDecryptionUrls": ["gateway.ai.cloudflare.com/v1/acme/*"]}
    assert any("is a host of models" in one.what for one in problems(**more))


@pytest.mark.parametrize("key", ["awsInfraDomains", "approvedSaasApiDomains", "internalDnsDomains", "openclawCoreDomains"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_service_of_another_region_is_refused_with_the_name_in_the_own(key: str, region: str) -> None:
    names = ["s3.eu-west-3.amazonaws.com", "api.ecr.eu-west-3.amazonaws.com", "ssm.eu-west-3.api.aws"]
    found = [one for one in problems(awsRegion=region, **{key: names}) if "service of AWS in eu-west-3" in one.what]
    assert len(found) == len(names)
    assert {one.fix.partition(",")[0] for one in found} == {f"write {name.replace('eu-west-3', region)}" for name in names}


@pytest.mark.parametrize("endpoints", [True, False])
def test_a_service_of_another_region_is_reported_once(endpoints: bool) -> None:
    found = problems(awsInfraDomains=["sqs.eu-west-3.amazonaws.com"], createSsmVpcEndpoints=endpoints)
    assert [one.where for one in found] == ["Pulumi.made-up.yaml:awsInfraDomains"]


def test_a_host_of_one_customer_may_be_in_any_region() -> None:
    names = ["abc123.execute-api.eu-west-3.amazonaws.com", "111122223333.dkr.ecr.eu-west-3.amazonaws.com", "sqs.us-east-1.amazonaws.com"]
    assert problems(approvedSaasApiDomains=names) == ()


@pytest.mark.parametrize("agent_class", NO_UPLOADS)
def test_a_host_of_any_account_is_refused_to_a_class_without_uploads(agent_class: str) -> None:
    found = [one for one in problems(agent_class, approvedSaasApiDomains=NEW_SAAS) if "data of any account" in one.what]
    assert len(found) == len(NEW_SAAS)
    assert "uploadWaivers" in found[0].fix


def test_a_host_of_any_account_passes_where_uploads_are_allowed() -> None:
    assert problems("coding", approvedSaasApiDomains=NEW_SAAS) == ()


def test_no_shipped_class_permits_a_host_of_any_account_that_no_review_has_flagged() -> None:
    for name in LIBRARY.presets:
        spec = resolve({**BASE, "agentClass": name}, LIBRARY, f"{name}-monitor")
        denied = (WebGroupId.UNAPPROVED_MODELS, WebGroupId.PASTE_AND_WEBHOOKS, WebGroupId.DOH_RESOLVERS)
        texts = {pattern.text for group, found in spec.destinations.items() if group not in denied for pattern in found.patterns}
        assert texts & (MODEL_HOSTS | SAAS_HOSTS) == set(), name


PUBLIC = {"internalDnsDomains": ["*.acme-services.com"]}
EXACT = {"internalDnsDomains": ["ledger.acme-services.com"]}
API = {"approvedInternalApis": {"ledger": {"cidrs": ["10.200.1.0/28"], "ports": [443], "owner": "platform", "reason": "Ledger."}}}


@pytest.mark.parametrize("config", [PUBLIC, EXACT, {**PUBLIC, **API}], ids=["wildcard", "exact", "wildcard beside an address"])
def test_a_public_name_that_nothing_permits_is_not_resolved(config: dict[str, Any]) -> None:
    (found,) = problems(**config)
    assert found.where == "Pulumi.made-up.yaml:internalDnsDomains"
    assert "no permit of this stack leads to it" in found.what
    assert "acme-services.com" in found.why


@pytest.mark.parametrize(
    "config",
    [
        {**EXACT, **API},
        {**EXACT, "approvedModelGatewayCidrs": ["10.201.0.0/28"]},
        {**PUBLIC, "approvedSaasApiDomains": ["api.acme-services.com"]},
        {"internalDnsDomains": ["*.acme.internal", "ledger.acme.internal"]},
    ],
    ids=["exact beside an address", "exact beside a gateway's address", "of a permitted domain", "private"],
)
def test_a_name_that_a_permit_leads_to_is_resolved(config: dict[str, Any]) -> None:
    assert problems(**config) == ()
