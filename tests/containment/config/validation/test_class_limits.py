"""What a class may not reach is refused by host: by whatever key, set, wildcard or spelling it is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from containment.catalog.catalog import DestinationKind
from containment.catalog.preset import Harness, Library, Uploads
from containment.config.spec import resolve
from containment.errors import InputError, Problem
from containment.loaders.presets import load_library
from tests.support.classes import SHIPPED

LIBRARY = load_library()
TODAY = date(2026, 11, 25)
LISTS = (
    "approvedSaasApiDomains",
    "approvedMcpGatewayDomains",
    "identityAndTelemetryDomains",
    "openclawCoreDomains",
    "approvedModelGatewayDomains",
    "osUpdateDomains",
)
"""Every list of names that a class with no switch of its own can be given."""
NO_REGISTRIES = [name for name in SHIPPED if DestinationKind.REGISTRIES not in LIBRARY.presets[name].may_reach]
NO_REFERENCE = [name for name in SHIPPED if DestinationKind.PUBLIC_REFERENCE not in LIBRARY.presets[name].may_reach]
NO_UPLOADS = [name for name in SHIPPED if LIBRARY.presets[name].uploads is Uploads.REFUSED]
HOLDS = "telemetry.openclaw.ai"
"""A host that takes uploads, and is no registry and no drop site."""


def problems(agent_class: str, today: date | None = TODAY, **config: Any) -> list[Problem]:
    raw = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0", "agentClass": agent_class, **config}
    try:
        resolve(raw, LIBRARY, "made-up", today=today)
    except InputError as error:
        return list(error.problems)
    return []


def waiver(host: str = HOLDS, until: str = "2026-12-31") -> dict[str, str]:
    return {"host": host, "owner": "records", "reason": "Usage reports, reviewed.", "until": until}


def hosts(kind: DestinationKind, library: Library = LIBRARY) -> list[str]:
    return sorted({str(p) for found in library.sets.values() if found.kind is kind for p in found.make_patterns("us-east-1")})


def test_the_classes_are_those_of_the_issue() -> None:
    assert set(SHIPPED) - set(NO_REGISTRIES) == {"coding", "open-demo"}
    assert set(SHIPPED) - set(NO_REFERENCE) == {"research", "open-demo"}
    assert NO_UPLOADS == ["healthcare-phi", "regulated-data", "research"]


@pytest.mark.parametrize("key", LISTS)
@pytest.mark.parametrize("agent_class", NO_REGISTRIES)
def test_no_registry_passes_by_any_list(agent_class: str, key: str) -> None:
    names = hosts(DestinationKind.REGISTRIES)
    assert len(names) > 40
    found = [problem for problem in problems(agent_class, **{key: names}) if "registry or source host" in problem.what]
    assert {problem.what.split("'")[1] for problem in found} == set(names)
    assert {problem.where for problem in found} == {f"Pulumi.made-up.yaml:{key}"}
    assert all(problem.why.startswith(agent_class) for problem in found)


@pytest.mark.parametrize(
    "spelling", ["GitHub.com", "github.com.", "ⓖithub.com", "*.github.com", "*.githubusercontent.com", "*.npmjs.org", "*.io"]
)
@pytest.mark.parametrize("agent_class", NO_REGISTRIES)
def test_a_registry_is_one_in_every_spelling_and_under_every_wildcard(agent_class: str, spelling: str) -> None:
    found = problems(agent_class, approvedSaasApiDomains=[spelling])
    assert found
    by_name = ("*.io", "*.githubusercontent.com", "ⓖithub.com")  # no permitted name in any class
    assert spelling in by_name or any("registry or source host" in problem.what for problem in found)


@pytest.mark.parametrize("agent_class", NO_REGISTRIES)
def test_the_switch_does_not_let_registries_in(agent_class: str) -> None:
    found = problems(agent_class, enablePackageInstalls=True)
    assert {problem.where for problem in found} == {"Pulumi.made-up.yaml:enablePackageInstalls"}
    assert problems(agent_class, enablePackageInstalls=True, packageRegistryDomains=["artifacts.acme.example"]) == []


@pytest.mark.parametrize("agent_class", NO_REGISTRIES)
def test_a_path_of_a_registry_is_a_registry(agent_class: str) -> None:
    found = problems(agent_class, tlsDecryptionUrls=["github.com/acme/*"], acceptDecryptionWithSnat=True)
    assert any("registry or source host" in problem.what for problem in found)
    assert {problem.where for problem in found} == {"Pulumi.made-up.yaml:tlsDecryptionUrls"}


@pytest.mark.parametrize("agent_class", NO_REGISTRIES)
def test_aws_names_let_no_registry_out_where_aws_is_reached_over_the_internet(agent_class: str) -> None:
    found = problems(agent_class, awsInfraDomains=["ghcr.io"], createSsmVpcEndpoints=False)
    assert any("'ghcr.io' is a registry" in problem.what for problem in found)


@pytest.mark.parametrize("agent_class", NO_REFERENCE)
def test_public_reference_is_refused_by_host_and_by_switch(agent_class: str) -> None:
    for name in hosts(DestinationKind.PUBLIC_REFERENCE):
        (problem,) = problems(agent_class, approvedSaasApiDomains=[name])
        assert "public search or reference host" in problem.what
    found = problems(agent_class, enablePublicReference=True)
    assert {problem.where for problem in found} == {"Pulumi.made-up.yaml:enablePublicReference"}


@pytest.mark.parametrize("agent_class", ["coding", "open-demo"])
def test_coding_and_demos_reach_registries(agent_class: str) -> None:
    assert problems(agent_class, packageRegistryDomains=["gitlab.com", "github.com"]) == []


@pytest.mark.parametrize("key", LISTS)
@pytest.mark.parametrize("agent_class", NO_UPLOADS)
def test_no_host_that_takes_uploads_passes_by_any_list(agent_class: str, key: str) -> None:
    listed = {entry.make_pattern("us-east-1"): None for found in LIBRARY.sets.values() for entry in found.entries if entry.uploads}
    aws = {entry.make_pattern("us-east-1") for entry in LIBRARY.sets["aws-infra"].entries}
    refused_by_name = {pattern for pattern in listed if pattern.text in ("s3.amazonaws.com", "dns.nextdns.io")}  # whatever the class
    assert problems(agent_class, **{key: sorted(map(str, refused_by_name))})
    names = sorted(str(pattern) for pattern in set(listed) - aws - refused_by_name)
    assert len(names) > 60
    found = [problem for problem in problems(agent_class, **{key: names}) if "takes uploads from third parties" in problem.what]
    assert {problem.what.split("'")[1] for problem in found} == set(names)


@pytest.mark.parametrize("harness", Harness)
@pytest.mark.parametrize("agent_class", sorted(LIBRARY.presets))
def test_no_shipped_class_is_refused_with_any_harness(agent_class: str, harness: Harness) -> None:
    for mode in ("monitor", "enforce"):
        assert problems(agent_class, policyMode=mode, installMode=harness.value) == []


@pytest.mark.parametrize("agent_class", NO_UPLOADS)
@pytest.mark.parametrize("key", ["createSsmVpcEndpoints", "enableEndpointPolicies"])
def test_aws_is_an_upload_host_without_endpoints_of_one_s_own(agent_class: str, key: str) -> None:
    found = problems(agent_class, **{key: False})
    assert found
    assert {problem.where for problem in found} == {f"Pulumi.made-up.yaml:{key}"}


@pytest.mark.parametrize("agent_class", NO_UPLOADS)
def test_a_waiver_lets_one_host_through_until_its_last_day(agent_class: str) -> None:
    asked: dict[str, Any] = {"identityAndTelemetryDomains": [HOLDS], "uploadWaivers": [waiver()]}
    assert problems(agent_class, **asked) == []
    assert problems(agent_class, date(2026, 12, 31), **asked) == []
    (late,) = problems(agent_class, date(2027, 1, 1), **asked)
    assert late.where == "Pulumi.made-up.yaml:uploadWaivers"
    assert "waived telemetry.openclaw.ai until 2026-12-31, and it is 2027-01-01" in late.what
    assert "records" in late.fix


@pytest.mark.parametrize("agent_class", NO_UPLOADS)
def test_a_waiver_is_not_valid_while_the_date_is_unknown(agent_class: str) -> None:
    (problem,) = problems(agent_class, None, identityAndTelemetryDomains=[HOLDS], uploadWaivers=[waiver()])
    assert "today's date is not given" in problem.what


@pytest.mark.parametrize("agent_class", NO_UPLOADS)
def test_a_waiver_covers_no_wildcard_no_other_host_and_no_registry(agent_class: str) -> None:
    for asked in (["*.openclaw.ai"], ["content.dropboxapi.com", HOLDS]):
        found = problems(agent_class, identityAndTelemetryDomains=asked, uploadWaivers=[waiver()])
        assert any("takes uploads from third parties" in problem.what for problem in found)
    found = problems(agent_class, approvedSaasApiDomains=["github.com"], uploadWaivers=[waiver("github.com")])
    assert ["registry or source host" in problem.what for problem in found] == [True]


@pytest.mark.parametrize(
    ("agent_class", "config", "says"),
    [
        ("coding", {"uploadWaivers": [waiver("github.com")]}, "coding does not refuse uploads"),
        ("research", {"uploadWaivers": [waiver()]}, "no permit of this stack needs it"),
        ("research", {"uploadWaivers": [waiver("crm.acme.example")], "approvedSaasApiDomains": ["crm.acme.example"]}, "no permit of this"),
    ],
)
def test_a_waiver_that_waives_nothing_is_not_left_standing(agent_class: str, config: dict[str, Any], says: str) -> None:
    (problem,) = problems(agent_class, **config)
    assert problem.where == "Pulumi.made-up.yaml:uploadWaivers"
    assert says in problem.what


@pytest.mark.parametrize("agent_class", ["healthcare-phi", "regulated-data"])
@pytest.mark.parametrize("key", ["logPermitRules", "enableVpcFlowLogs", "enableDnsQueryLogs"])
def test_logs_of_regulated_classes_cannot_be_switched_off(agent_class: str, key: str) -> None:
    (problem,) = problems(agent_class, **{key: False})
    assert problem.where == f"Pulumi.made-up.yaml:{key}"
    assert agent_class in problem.what


@pytest.mark.parametrize("agent_class", ["healthcare-phi", "regulated-data"])
@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"flowLogRetentionDays": 180}, "flowLogRetentionDays"),
        ({"syslogServer": "logs.acme.example", "syslogCleartext": True}, "syslogCleartext"),
        ({"controllerVersion": "8.1", "manageControllerPolicy": True, "verifySni": False}, "controllerVersion"),
    ],
)
def test_logs_of_regulated_classes_are_whole_long_and_encrypted(agent_class: str, config: dict[str, Any], key: str) -> None:
    assert f"Pulumi.made-up.yaml:{key}" in {problem.where for problem in problems(agent_class, **config)}
