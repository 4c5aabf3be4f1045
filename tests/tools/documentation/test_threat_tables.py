"""Every threat is tried in every class, denied by rules that exist and proved by statements that exist; every id cited is known."""

from __future__ import annotations

import pytest
import yaml

from containment.analysis.proofs import prove
from containment.loaders.presets import load_library
from containment.names import PolicyMode
from containment.policy.flow import PolicyVerdict
from containment.policy.scenario import Scenario
from containment.queries.subject.subjects import read_subject
from containment.risk.threats import ENTRIES, THREATS, Framework, Threat, is_testing
from tests.support.classes import SHIPPED
from tools.documentation.risk_tables import SCENARIOS, read_rows, render_entries, render_threats

LIBRARY = load_library()
ROWS = read_rows(SCENARIOS, LIBRARY.presets)
KNOWN = {entry.id for entry in ENTRIES}


@pytest.mark.parametrize("threat", THREATS, ids=lambda each: each.id)
@pytest.mark.parametrize("name", ROWS)
def test_each_threat_is_tried_in_each_class(name: str, threat: Threat) -> None:
    assert [row.id for row in ROWS[name] if is_testing(row, threat)]


@pytest.mark.parametrize("name", ROWS)
def test_a_scenario_that_names_a_threat_is_under_one(name: str) -> None:
    lost = [row.id for row in ROWS[name] if row.threats and not any(is_testing(row, threat) for threat in THREATS)]
    assert lost == []


def test_every_id_that_is_cited_is_known() -> None:
    techniques = yaml.safe_load((SCENARIOS / "evasion.yaml").read_text(encoding="utf-8"))["techniques"]
    cited = {id_ for rows in ROWS.values() for row in rows for id_ in row.threats}
    cited |= {id_ for row in techniques for id_ in row.get("threats", ())} | {id_ for threat in THREATS for id_ in threat.entries}
    assert cited - KNOWN == set()


def test_entries_of_2023_lead_to_2025() -> None:
    old = [entry for entry in ENTRIES if entry.framework is Framework.OWASP_2023]
    assert {entry.id for entry in old} == {f"OWASP-LLM{number}:2023" for number in ("01", "05", "06", "08")}
    assert all(id_ in KNOWN and id_.endswith(":2025") for entry in old for id_ in entry.since)
    assert all(entry.since for entry in old)


def test_statements_that_are_cited_are_proved() -> None:
    proved = {proof.id for proof in prove(read_subject("coding-enforce", None))}
    assert {id_ for threat in THREATS for id_ in threat.proofs} <= proved


def test_only_denies_answer_threats() -> None:
    denying = {row.expect[PolicyMode.ENFORCE].rule for rows in ROWS.values() for row in rows if _denied(row)}
    assert {rule.value for threat in THREATS for rule in threat.rules} <= denying


def _denied(row: Scenario) -> bool:
    return row.expect[PolicyMode.ENFORCE].verdict is PolicyVerdict.DENY


def test_a_class_without_scenarios_is_left_out() -> None:
    assert read_rows(SCENARIOS, ["coding", "no-such-class"]).keys() == {"coding"}
    assert {*SHIPPED} <= ROWS.keys()


def test_the_tables_have_each_of_them() -> None:
    page = render_threats(LIBRARY)
    assert [threat.id for threat in THREATS if f"**{threat.id}**" not in page] == []
    assert [entry.id for entry in ENTRIES if f"`{entry.id}`" not in render_entries(LIBRARY)] == []
