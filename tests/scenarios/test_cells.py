"""Every cell of the seeds' class tables, and every validation test, is a scenario that the policy decides as it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.catalog.preset import Harness
from containment.config.spec import ContainmentSpec, resolve
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.loaders.scenarios import read_scenarios
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Effect, PolicyVerdict, Source
from containment.policy.invariants import find_agent_sources
from containment.policy.rules import RuleSet
from containment.policy.scenario import Expectation, Scenario, ScenarioTable, build_flow, convert_decision
from containment.ternary import Ternary
from tests.scenarios.core_rows import build_core_rows
from tests.support.classes import SHIPPED

HERE = Path(__file__).parent
SEEDS = HERE.parent / "seeds"
LIBRARY = load_library()
TABLES: dict[str, ScenarioTable] = {path.stem: read_scenarios(path) for path in sorted(HERE.glob("*.yaml")) if path.stem != "evasion"}
CLASSES: dict[str, dict[str, Any]] = yaml.safe_load((SEEDS / "classes.yaml").read_text(encoding="utf-8"))["classes"]
VALIDATION: list[str] = [row["quote"] for row in yaml.safe_load((SEEDS / "validation.yaml").read_text(encoding="utf-8"))["tests"]]
HARNESSES = [one for one in Harness if LIBRARY.harness_sets[one]]
UPDATE = "Monitor-to-enforce update"
"""The one validation test that is a change of the policy and not a flow."""


def find_disagreements(scenario: Scenario, spec: ContainmentSpec, ruleset: RuleSet, sources: tuple[Source, ...]) -> list[str]:
    """Return one line for each source whose flow is not decided as the row expects, with the actual outcome."""
    assert scenario.flow is not None, f"{scenario.id} is a command: only a host can run it"
    expected = scenario.expect[spec.mode]
    answers = ((source, convert_decision(spec, decide(ruleset, build_flow(scenario.flow, spec, source)))) for source in sources)
    return [
        f"{scenario.id} in {spec.stack} from {source.address or 'a tagged host'}: expected {_format_expectation(expected)}, "
        f"seen {_format_expectation(found)}"
        for source, found in answers
        if found != expected
    ]


def _format_expectation(found: Expectation) -> str:
    return f"{found.verdict.value} by {found.rule} ({found.effect.value})"


def items(cell: str) -> list[str]:
    return [item.strip() for item in cell.rstrip(".").split(",")]


def cells(agent_class: str) -> list[tuple[str, PolicyVerdict]]:
    """Return every item of a class's rows as the seeds' tables have it, with what its column asks for."""
    columns = (("permits", PolicyVerdict.PERMIT), ("denies", PolicyVerdict.DENY))
    return [(item, verdict) for row in CLASSES[agent_class]["rows"] for key, verdict in columns if key in row for item in items(row[key])]


def spec_of(agent_class: str, mode: PolicyMode, more: Mapping[str, Any] | None = None, **without: Any) -> ContainmentSpec:
    brought = {key: value for key, value in TABLES[agent_class].config.items() if key not in without}
    raw = {
        "awsAccessAccount": "lab",
        "agentImageId": "ami-00000000",
        "agentClass": agent_class,
        "policyMode": mode.value,
        **brought,
        **(more or {}),
    }
    return resolve(raw, LIBRARY, f"{agent_class}-{mode.value}")


ROWS = [(name, scenario) for name, table in TABLES.items() for scenario in table.scenarios]


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("agent_class", "scenario"), ROWS, ids=[f"{name}-{scenario.id}" for name, scenario in ROWS])
def test_the_policy_decides_as_the_row_expects(agent_class: str, scenario: Any, mode: PolicyMode) -> None:
    spec = spec_of(agent_class, mode)
    assert find_disagreements(scenario, spec, build_ruleset(spec), find_agent_sources(spec)) == []


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("harness", HARNESSES)
def test_the_policy_permits_the_core_hosts_of_the_harness_that_runs(harness: Harness, mode: PolicyMode) -> None:
    spec = spec_of("open-demo", mode, {"installMode": harness.value})
    ruleset, sources = build_ruleset(spec), find_agent_sources(spec)
    for row in build_core_rows(LIBRARY, "open-demo", harness):
        assert find_disagreements(row, spec, ruleset, sources) == []


@pytest.mark.parametrize(
    ("agent_class", "item", "verdict"), [(name, *cell) for name in CLASSES for cell in cells(name)], ids=lambda value: str(value)[:40]
)
def test_no_cell_is_missing_and_each_is_decided_as_its_column_expects(agent_class: str, item: str, verdict: PolicyVerdict) -> None:
    found = [scenario for scenario in TABLES[agent_class].scenarios if scenario.quote == item]
    assert found, f"no scenario of {agent_class} quotes {item!r}"
    for scenario in found:
        assert {expected.verdict for expected in scenario.expect.values()} == {verdict}
        assert verdict is PolicyVerdict.PERMIT or scenario.threats, f"{scenario.id} denies for no threat"


def find_untried_sets(agent_class: str, scenarios: tuple[Scenario, ...]) -> list[str]:
    """Return each item of a class, with each catalog set behind it of which no row sends a name."""
    out = []
    for item, made in [pair for key in ("permits", "denies") for pair in CLASSES[agent_class][key].items()]:
        for name in (*made.get("sets", ()), *made.get("not_permitted", ())):
            patterns = LIBRARY.sets[name].make_patterns("us-east-1")
            names = [row.flow.server_name for row in scenarios if row.quote == item and row.flow and row.flow.server_name]
            if all(one.matches(sent.lower().rstrip(".")) is Ternary.NO for one in patterns for sent in names):
                out.append(f"{item}: {name}")
        if "elsewhere" in made and not any(row.quote == item for row in scenarios):
            out.append(f"{item}: {made['elsewhere']}")
    return out


@pytest.mark.parametrize("agent_class", CLASSES)
def test_each_set_that_makes_an_item_true_or_that_it_refuses_has_a_row(agent_class: str) -> None:
    assert find_untried_sets(agent_class, TABLES[agent_class].scenarios) == []


@pytest.mark.parametrize("agent_class", CLASSES)
def test_a_set_without_a_row_is_found(agent_class: str) -> None:
    scenarios = TABLES[agent_class].scenarios
    quotes = {item for key in ("permits", "denies") for item in CLASSES[agent_class][key]}
    for item in quotes:
        assert find_untried_sets(agent_class, tuple(row for row in scenarios if row.quote != item)), item


def test_every_shipped_class_has_a_table_and_every_table_a_class() -> None:
    assert set(SHIPPED) == set(CLASSES) <= set(TABLES) <= set(LIBRARY.presets)
    assert all(scenario.agent_class == name for name, scenario in ROWS)


@pytest.mark.parametrize("agent_class", SHIPPED)
@pytest.mark.parametrize("row", VALIDATION, ids=lambda row: row.split("\t")[0])
def test_every_validation_test_is_a_scenario_of_every_class(agent_class: str, row: str) -> None:
    name, expected = row.split("\t")
    assert name == UPDATE or any(scenario.quote == expected for scenario in TABLES[agent_class].scenarios)


def test_a_quote_is_a_cell_a_stance_or_another_sentence_kept_in_the_seeds_folder() -> None:
    kept = [row["quote"] for part in yaml.safe_load((SEEDS / "validation.yaml").read_text(encoding="utf-8")).values() for row in part]
    for agent_class, scenario in ROWS:
        if agent_class not in CLASSES:
            continue
        said = [cell for cell, _ in cells(agent_class)]
        said += [row["stance"] for row in CLASSES[agent_class]["rows"] if "stance" in row]
        said += [sentence for quote in kept for sentence in quote.split("\t")]
        assert scenario.quote is None or scenario.quote in said, f"{agent_class}: {scenario.id} quotes words that no seed is kept for"


def test_monitor_and_enforce_name_the_same_rule_and_only_enforce_blocks() -> None:
    for _, scenario in ROWS:
        monitor, enforce = scenario.expect[PolicyMode.MONITOR], scenario.expect[PolicyMode.ENFORCE]
        assert (monitor.verdict, monitor.rule) == (enforce.verdict, enforce.rule)
        assert monitor.effect is Effect.DELIVERED
        assert enforce.effect is (Effect.BLOCKED if enforce.verdict is PolicyVerdict.DENY else Effect.DELIVERED)


@pytest.mark.parametrize("agent_class", TABLES)
def test_a_permit_that_a_company_brings_is_denied_until_it_is_configured(agent_class: str) -> None:
    """A row that holds without its keys would say nothing about them."""
    mode = PolicyMode.ENFORCE
    bare = spec_of(agent_class, mode, **TABLES[agent_class].config)
    ruleset = build_ruleset(bare)
    for scenario in TABLES[agent_class].scenarios:
        if scenario.needs and scenario.expect[mode].verdict is PolicyVerdict.PERMIT:
            assert find_disagreements(scenario, bare, ruleset, find_agent_sources(bare)), f"{scenario.id} does not need {scenario.needs}"


def test_the_monitor_to_enforce_update_turns_a_would_be_deny_into_a_permit() -> None:
    """Seed 001: a new legitimate destination appears as would-be-denied, is added, then succeeds."""
    scenario = next(row for row in TABLES["customer-support"].scenarios if row.id == "crm")
    before = spec_of("customer-support", PolicyMode.MONITOR, approvedSaasApiDomains=())
    after = spec_of("customer-support", PolicyMode.ENFORCE)
    (told, *_) = find_disagreements(scenario, before, build_ruleset(before), find_agent_sources(before))
    assert "DENY by default-deny (delivered)" in told
    assert find_disagreements(scenario, after, build_ruleset(after), find_agent_sources(after)) == []


def test_a_broken_table_is_reported_by_file_and_key(tmp_path: Path) -> None:
    text = (HERE / "coding.yaml").read_text(encoding="utf-8")
    for before, after, says in (
        ("verdict: PERMIT", "verdict: ALLOW", "scenarios.0.expect"),
        ("  - id: github\n", "  - id: git-fetch\n", "has these ids twice: git-fetch"),
        ("needs: [approvedInternalApis]", "needs: [approvedSaasApiDomains]", "approvedSaasApiDomains"),
        ("scenarios:", "scenarios: [", "cannot be read"),
        ("place: vpc-endpoints", "place: vpc-endpoints, address: 10.1.1.1", "set one of them"),
        ("scenarios:", "scenario:", "is not set"),
    ):
        path = tmp_path / "coding.yaml"
        assert before in text
        path.write_text(text.replace(before, after, 1))
        with pytest.raises(InputError) as caught:
            read_scenarios(path)
        assert says in str(caught.value)
        assert all(problem.where.startswith(str(path)) for problem in caught.value.problems)
