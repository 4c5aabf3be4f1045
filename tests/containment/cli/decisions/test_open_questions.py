"""What only a company can name is an open question of `plan` until its key is set, and no permit of the class tables."""

from __future__ import annotations

import json

import pytest

from containment.config.open_questions import find_open_questions
from containment.config.spec import resolve
from containment.loaders.presets import load_library
from containment.names import DENY_GROUPS, WebGroupId
from tools.tables import render_class_list

LIBRARY = load_library()
BASE = {"awsAccessAccount": "lab", "agentClass": "customer-support"}


def asked(**config: object) -> list[str]:
    return [
        f"{one.question}: {' or '.join(key.value for key in one.keys)}"
        for one in find_open_questions(resolve({**BASE, **config}, LIBRARY, "made-up"))
    ]


def test_a_question_is_open_until_one_of_its_keys_is_set() -> None:
    assert "name your CRM: approvedSaasApiDomains" in asked()
    assert "name your MCP gateways: approvedMcpGatewayDomains" in asked()
    assert asked(approvedSaasApiDomains=["crm.acme.example"]) == ["name your MCP gateways: approvedMcpGatewayDomains"]
    assert asked(approvedSaasApiDomains=["crm.acme.example"], approvedMcpGatewayDomains=["mcp.acme.example"]) == []


@pytest.mark.parametrize("name", sorted(LIBRARY.presets))
def test_the_class_table_lists_what_the_shipped_sets_permit_and_no_open_question(name: str) -> None:
    row = next(line for line in render_class_list(LIBRARY).splitlines() if f"`{name}`" in line)
    permits = row.split(" | ")[1]
    preset = LIBRARY.presets[name]
    sets = [LIBRARY.sets[one] for one in LIBRARY.get_permitted_sets(preset, preset.harness)]
    assert permits == ", ".join(one.title for one in sets)
    assert not {one.web_group for one in sets} & (DENY_GROUPS | {WebGroupId.SAAS_APIS, WebGroupId.MCP_GATEWAYS})
    for question in preset.open_questions:
        assert not any(words in permits for words in question.permits)


def test_plan_as_data_has_the_questions() -> None:
    from typer.testing import CliRunner

    from containment.cli.app import build

    found = json.loads(CliRunner().invoke(build(["plan"]), ["plan", "-s", "customer-support-monitor", "--json"]).stdout)["openQuestions"]
    assert {key for one in found for key in one["keys"]} >= {"approvedSaasApiDomains", "approvedMcpGatewayDomains"}
    assert all(one["question"] and one["permits"] for one in found)
