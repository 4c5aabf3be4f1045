"""Entries of destinations: an entry makes the same rules as its bare name, and ends on its last day."""

from __future__ import annotations

import json
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from containment.catalog.preset import Library
from containment.config.parser import get_alias
from containment.config.spec import ContainmentSpec, StackContext, resolve
from containment.config.validation.entries import DENY_FIELDS, PERMIT_FIELDS
from containment.errors import InputError
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset

TODAY = date(2026, 11, 29)
NAMES = {
    "openclawCoreDomains": "openclaw.ai",
    "approvedModelGatewayDomains": "models.acme.example",
    "packageRegistryDomains": "npm.acme.example",
    "osUpdateDomains": "security.ubuntu.com",
    "publicReferenceDomains": "docs.acme.example",
    "awsInfraDomains": "sqs.us-east-1.amazonaws.com",
    "approvedSaasApiDomains": "*.crm.acme.example",
    "approvedMcpGatewayDomains": "MCP.acme.example.",
    "identityAndTelemetryDomains": "login.acme.example",
    "tlsDecryptionUrls": "api.acme.example/v1/*",
    "approvedModelGatewayCidrs": "10.201.0.0/28",
    "internalDnsDomains": "*.Acme.internal.",
    "unapprovedModelProviderDomains": "llm.evil.example",
}


def entry(name: str, **other: Any) -> dict[str, Any]:
    return {"name": name, "owner": "team crm", "reason": "Tickets.", "function": "Reads tickets.", "until": "2027-03-31", **other}


def spec_of(library: Library, today: date | None = TODAY, **config: Any) -> ContainmentSpec:
    whole = {"awsAccessAccount": "aws-lab", "agentClass": "open-demo", "acceptDecryptionWithSnat": True, **config}
    return resolve(whole, library, "made-up", around=StackContext(day=today))


def test_every_key_of_destinations_takes_entries() -> None:
    assert NAMES.keys() == {get_alias(field) for field in (*PERMIT_FIELDS, *DENY_FIELDS)}


@pytest.mark.parametrize("key", NAMES)
@pytest.mark.parametrize("form", [lambda items: items, json.dumps])
def test_an_entry_makes_the_rules_of_its_bare_name(library: Library, key: str, form: Any) -> None:
    bare, with_entry = (spec_of(library, **{key: form([item])}) for item in (NAMES[key], entry(NAMES[key])))
    assert build_ruleset(with_entry) == build_ruleset(bare)
    assert with_entry.destinations == bare.destinations
    assert with_entry.dns_names == bare.dns_names


@pytest.mark.parametrize("until", ["2027-03-31", "2027-03-31 00:00:00 +0000 UTC"])
def test_a_day_is_read_as_the_engine_passes_it(library: Library, until: str) -> None:
    spec = spec_of(library, approvedSaasApiDomains=[entry("crm.acme.example", until=until, ticket="T-1")])
    (found,) = spec.config.approved_saas_api_domains
    assert not isinstance(found, str)
    assert (found.until, found.ticket) == (date(2027, 3, 31), "T-1")


@pytest.mark.parametrize("key", NAMES)
def test_an_entry_that_has_ended_is_refused_with_the_command_that_renews_it(library: Library, key: str) -> None:
    ended = entry(NAMES[key], until="2026-11-28")
    with pytest.raises(InputError) as caught:
        spec_of(library, **{key: [ended]})
    (problem,) = caught.value.problems
    assert problem.where == f"Pulumi.made-up.yaml:{key}"
    assert "until 2026-11-28, and today is 2026-11-29" in problem.what
    assert f"--stack made-up --key {key} --owner 'team crm' --reason Tickets. --until 2027-02-27" in problem.fix


def test_without_a_day_no_entry_applies(library: Library) -> None:
    with pytest.raises(InputError, match="cannot be deployed") as caught:
        spec_of(library, None, approvedSaasApiDomains=[entry("crm.acme.example")])
    assert "today's date is not given" in str(caught.value)


@pytest.mark.parametrize(("until", "warned"), [("2026-11-29", True), ("2026-12-29", True), ("2026-12-30", False)])
def test_an_end_within_thirty_days_is_a_warning(library: Library, until: str, warned: bool) -> None:
    spec = spec_of(library, approvedSaasApiDomains=[entry("crm.acme.example", until=until)])
    assert [one.where for one in spec.warnings] == ["Pulumi.made-up.yaml:approvedSaasApiDomains"] * warned


def test_permitted_bare_names_are_warnings_and_denied_ones_are_not(library: Library) -> None:
    spec = spec_of(
        library, approvedSaasApiDomains=["a.acme.example", entry("b.acme.example")], unapprovedModelProviderDomains=["x.example"]
    )
    (warning,) = spec.warnings
    assert "a.acme.example" in warning.what
    assert "b.acme.example" not in warning.what
    assert "containment promote a.acme.example --stack made-up --key approvedSaasApiDomains" in warning.fix


@pytest.mark.parametrize("left_out", ["name", "owner", "reason", "function", "until"])
def test_an_incomplete_entry_is_refused_at_its_field(library: Library, left_out: str) -> None:
    some = {key: value for key, value in entry("crm.acme.example").items() if key != left_out}
    with pytest.raises(InputError) as caught:
        spec_of(library, approvedSaasApiDomains=[some])
    (problem,) = caught.value.problems
    assert problem.what.startswith(f"[0].{left_out} is not set")
    assert f"add {left_out}" in problem.fix


@pytest.mark.parametrize("name", ["203.0.113.66", "*.co.uk", "github.io", "acme.ngrok-free.app", "dns.google", "https://a.acme.example"])
def test_the_name_of_an_entry_is_judged_like_a_bare_name(library: Library, name: str) -> None:
    found = []
    for item in (name, entry(name)):
        with pytest.raises(InputError) as caught:
            spec_of(library, approvedSaasApiDomains=[item])
        found.append([(one.what.removeprefix("[0].name ").removeprefix("[0] "), one.fix) for one in caught.value.problems])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "name", ["52.0.0.0/24", "10.0.0.0/8", "100.64.0.0/24", "169.254.169.254/32", "10.201.0.5/24", "fd00::/16", "models.acme.example", ""]
)
def test_the_network_of_an_entry_is_judged_like_a_bare_network(library: Library, name: str) -> None:
    found = []
    for item in (name, entry(name)):
        with pytest.raises(InputError) as caught:
            spec_of(library, approvedModelGatewayCidrs=["10.202.0.0/28", item])
        (problem,) = caught.value.problems
        assert problem.where == "Pulumi.made-up.yaml:approvedModelGatewayCidrs"
        found.append((problem.what.removeprefix("[1].name ").removeprefix("[1] "), problem.fix))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["10.201.0.5", "10.201.0.5/32", " 10.201.0.5/32 "])
def test_readers_get_the_networks_of_bare_items_and_of_entries(library: Library, name: str) -> None:
    spec = spec_of(library, approvedModelGatewayCidrs=["10.202.0.0/28", entry(name)])
    assert spec.config.model_gateway_networks == (ip_network("10.202.0.0/28"), ip_network("10.201.0.5/32"))
    assert [str(item) for item in spec.config.approved_model_gateway_cidrs] == ["10.202.0.0/28", "10.201.0.5/32"]


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (entry("10.202.0.5"), "has twice: 10.202.0.5/32"),
        ({key: value for key, value in entry("10.201.0.0/28").items() if key != "owner"}, "[1].owner is not set"),
        (5, "[1] is not a text, and not an entry"),
        (entry("10.42.7.0/28"), "contains 10.42.7.0/28, which overlaps the stack's VPC"),
    ],
)
def test_an_entry_that_no_permit_by_address_can_have_is_refused(library: Library, second: Any, says: str) -> None:
    with pytest.raises(InputError) as caught:
        spec_of(library, approvedModelGatewayCidrs=["10.202.0.5/32", second])
    assert says in str(caught.value)


def test_bare_networks_are_warnings_with_the_command_that_writes_entries(library: Library) -> None:
    spec = spec_of(library, approvedModelGatewayCidrs=["10.202.0.0/28", entry("10.201.0.0/28")])
    (warning,) = spec.warnings
    assert "lists 10.202.0.0/28 as bare network, which enforce refuses" in warning.what
    assert "containment promote '10.202.0.0/28' --stack made-up --key approvedModelGatewayCidrs" in warning.fix


def test_one_name_in_two_forms_is_refused(library: Library) -> None:
    with pytest.raises(InputError) as caught:
        spec_of(library, approvedSaasApiDomains=["CRM.acme.example", entry("crm.acme.example.")])
    assert "has twice: crm.acme.example" in str(caught.value)


@pytest.mark.parametrize("key", [key for key in NAMES if key != "unapprovedModelProviderDomains"])
def test_a_deployed_stack_in_enforce_refuses_a_permitted_bare_name(library: Library, key: str) -> None:
    around = StackContext(day=TODAY, requires_entries=True)
    whole = {
        "awsAccessAccount": "aws-lab",
        "agentClass": "open-demo",
        "acceptDecryptionWithSnat": True,
        "agentImageId": "ami-0123456789abcdef0",
    }
    with pytest.raises(InputError) as caught:
        resolve({**whole, "policyMode": "enforce", key: [NAMES[key]]}, library, "made-up", around=around)
    (problem,) = caught.value.problems
    assert problem.where == f"Pulumi.made-up.yaml:{key}"
    assert "which enforce refuses" in problem.what
    assert f"--stack made-up --key {key}" in problem.fix
    for allowed in ({"policyMode": "monitor", key: [NAMES[key]]}, {"policyMode": "enforce", key: [entry(NAMES[key])]}):
        resolve({**whole, **allowed}, library, "made-up", around=around)


def test_every_stack_file_is_read_as_deployed(tmp_path: Path) -> None:
    values = {"agentClass": "coding", "policyMode": "enforce", "vpcCidr": "10.9.0.0/16"}
    text = "config:\n" + "".join(f"  agent-containment:{key}: {value}\n" for key, value in values.items())
    (tmp_path / "Pulumi.a.yaml").write_text(f"{text}  agent-containment:approvedSaasApiDomains: [crm.acme.example]\n")
    with pytest.raises(InputError, match="cannot be deployed") as caught:
        read_stack("a", folder=tmp_path)
    assert "which enforce refuses" in str(caught.value)


@pytest.mark.parametrize(
    ("until", "refused", "warned"), [(None, False, 0), ("2026-11-28", True, 0), ("2026-11-29", False, 1), ("2027-03-31", False, 0)]
)
def test_an_internal_api_may_have_an_end(library: Library, until: str | None, refused: bool, warned: int) -> None:
    api = {"cidrs": ["10.201.0.0/28"], "ports": [443], "owner": "platform", "reason": "Billing."} | ({"until": until} if until else {})
    if refused:
        with pytest.raises(InputError) as caught:
            spec_of(library, approvedInternalApis={"billing": api})
        assert ["lists billing until" in one.what for one in caught.value.problems] == [True]
    else:
        assert len(spec_of(library, approvedInternalApis={"billing": api}).warnings) == warned
