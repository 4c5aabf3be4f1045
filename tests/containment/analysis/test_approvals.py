"""Every approved name has its owner: the catalog's, or the one that answers for it in the stack's own keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from containment.config.spec import resolve
from containment.loaders.presets import load_library
from containment.queries.prove import prove
from containment.queries.results import Answer
from containment.queries.risk import describe_risk
from containment.queries.subject.state_policy import read_state_subject
from containment.queries.subject.subjects import build_subject
from tests.containment.queries.subject.test_state_policy import DENY, GIT, state

LIBRARY = load_library()


def rows(answer: Answer) -> dict[str, tuple[str, str]]:
    (section,) = [one for one in answer.sections if one.title == "Approved names"]
    shown = {row[0]: (row[1], row[2]) for row in section.rows}
    assert {one["name"]: (one["owner"], one["approvedBy"]) for one in answer.data["approved"]} == shown
    return shown


def answers(**config: Any) -> list[dict[str, tuple[str, str]]]:
    spec = resolve({"awsAccessAccount": "lab", **config}, LIBRARY, "made-up", today=date(2026, 11, 28))
    subject = build_subject(spec, LIBRARY)
    return [rows(prove(subject)), rows(describe_risk(subject))]


def test_names_of_the_catalog_have_its_owner_and_file() -> None:
    for shown in answers():
        assert shown["github.com"] == ("GitHub", "presets/catalog/package-registries.yaml")
        assert shown["ssm.us-east-1.amazonaws.com"] == ("Amazon Web Services", "presets/catalog/aws-infra.yaml")


def test_names_of_a_stack_have_the_key_that_approves_them() -> None:
    config = {"approvedSaasApiDomains": ["crm.acme.example"], "packageRegistryDomains": ["pypi.org"]}
    for shown in answers(**config):
        assert shown["crm.acme.example"] == ("not in the catalog: the stack's owner", "approvedSaasApiDomains")
        assert shown["pypi.org"] == ("Python Software Foundation", "packageRegistryDomains")


def test_an_entry_of_a_stack_has_its_owner_and_end() -> None:
    entry = {"owner": "platform", "reason": "Customer records.", "function": "Look up customers.", "until": "2027-03-31"}
    config = {"approvedSaasApiDomains": [{"name": "crm.acme.example", **entry}], "packageRegistryDomains": [{"name": "pypi.org", **entry}]}
    for shown in answers(**config):
        assert shown["crm.acme.example"] == ("platform until 2027-03-31", "approvedSaasApiDomains")
        assert shown["pypi.org"] == ("Python Software Foundation; platform until 2027-03-31", "packageRegistryDomains")


def test_a_sanctioned_provider_has_the_owner_of_its_sanction() -> None:
    sanction = {"host": "api.openai.com", "owner": "platform", "reason": "Company contract.", "until": "2027-03-31"}
    for shown in answers(approvedModelGatewayDomains=["api.openai.com"], sanctionedModelProviders=[sanction]):
        assert shown["api.openai.com"] == ("OpenAI; platform until 2027-03-31", "approvedModelGatewayDomains")


def test_names_of_a_state_have_the_owner_of_the_catalog(tmp_path: Path) -> None:
    subject = read_state_subject(state(tmp_path, [DENY, GIT]))
    assert rows(prove(subject)) == {"github.com": ("GitHub", subject.approvals[0].source)}
