"""The evasion table is whole, and what it expects in every class is what the model predicts of the flow that the gateway sees."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Effect, PolicyVerdict, Source
from containment.policy.rules import RuleSet
from containment.policy.scenario import Expectation, convert_decision
from containment_lab.attacks.__main__ import TECHNIQUES
from containment_lab.validation.evasion import VPC_LAYER
from containment_lab.validation.evasion_table import EvasionRow, find_permitting_rule, load_table
from tests.scenarios.attack_flow import derive_flow

REPOSITORY = Path(__file__).parents[2]
TABLE = load_table(Path(__file__).parent / "evasion.yaml")
CLASSES = sorted(load_library().presets)
ELSEWHERE = VPC_LAYER | {"dns-firewall", "imdsv2", "default-action", "none"}
"""Who else decides: the VPC, its resolver, the metadata service, a proxy on what is no protocol; nobody, on what is no flow."""
FULL_CORE, REGISTRIES = {"coding", "locked-down", "open-demo"}, {"coding", "open-demo"}
PERMITTED = {
    "github.com": ("allow-packages", REGISTRIES),
    "files.pythonhosted.org": ("allow-packages", REGISTRIES),
    "huggingface.co": ("allow-packages", REGISTRIES),
    "raw.githubusercontent.com": ("allow-packages", REGISTRIES),
    "openclaw.ai": ("allow-core", FULL_CORE),
    "clawhub.ai": ("allow-core", FULL_CORE),
    "api.search.brave.com": ("allow-public-reference", {"open-demo", "research"}),
    "catalog.openclaw.ai": ("allow-core", set(CLASSES)),
    "assets.ngc.nvidia.com": ("allow-core", set(CLASSES)),
    "integrate.api.nvidia.com": ("allow-model-gateways", set(CLASSES)),
    "inference-api.nvidia.com": ("allow-model-gateways", set(CLASSES)),
}
"""Which rule permits a name that rows play with, and in which classes: so no change of a preset turns a row round unseen."""


@cache
def stack(agent_class: str, mode: PolicyMode) -> tuple[ContainmentSpec, RuleSet]:
    spec = read_stack(f"{agent_class}-{mode.value}", {}, REPOSITORY)
    return spec, build_ruleset(spec)


def test_there_are_enough_techniques_and_each_is_known() -> None:
    assert len(TABLE.techniques) >= 60
    assert {each.command[0] for each in TABLE.techniques} <= set(TECHNIQUES)


@pytest.mark.parametrize("agent_class", CLASSES)
def test_each_name_is_permitted_just_where_it_is_expected(agent_class: str) -> None:
    spec, ruleset = stack(agent_class, PolicyMode.ENFORCE)
    names = {each.permitted.name for each in TABLE.techniques if each.permitted}
    assert names <= set(PERMITTED)
    found = {name: find_permitting_rule(ruleset, name) for name in sorted(names)}
    assert found == {name: f"{spec.prefix}-{PERMITTED[name][0]}" if agent_class in PERMITTED[name][1] else None for name in sorted(names)}


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("agent_class", CLASSES)
def test_the_model_predicts_what_each_row_expects(agent_class: str, mode: PolicyMode) -> None:
    spec, ruleset = stack(agent_class, mode)
    source = Source(spec.agent_subnets[0].network_address + 10, None)
    expected = {each.id: each.expect[mode] for each in TABLE.select_for_stack(spec).scenarios}
    asked = [each for each in TABLE.techniques if not is_elsewhere(expected[each.id].rule)]
    assert len(asked) >= 100
    wrong = [
        f"{each.id}: expected {expected[each.id]}, predicted {found}"
        for each in asked
        if (found := predicted(each, spec, ruleset, source, expected[each.id])) != expected[each.id]
    ]
    assert wrong == []


def predicted(row: EvasionRow, spec: ContainmentSpec, ruleset: RuleSet, source: Source, expected: Expectation) -> Expectation | None:
    flow = derive_flow(row, spec, source)
    if flow is None:
        return None
    decision = convert_decision(spec, decide(ruleset, flow))
    if expected.verdict is PolicyVerdict.PERMIT and expected.effect is Effect.BLOCKED and flow.forged:
        # The gateway's log calls it permitted, by the name; that it does not reach a forged server is the model's DENY.
        return decision.model_copy(update={"verdict": PolicyVerdict.PERMIT}) if decision.verdict is PolicyVerdict.DENY else decision
    if expected.verdict is PolicyVerdict.DENY and expected.effect is Effect.BLOCKED and spec.mode is PolicyMode.MONITOR:
        return decision.model_copy(update={"effect": Effect.BLOCKED})  # a protocol's own rules stop it, whatever is watched
    return decision


def is_elsewhere(rule: str) -> bool:
    return rule in ELSEWHERE or rule.startswith("endpoint-policy:")


@pytest.mark.parametrize("agent_class", CLASSES)
def test_what_gets_through_in_enforce_is_in_the_reviewed_list(agent_class: str) -> None:
    table = TABLE.select_for_stack(stack(agent_class, PolicyMode.ENFORCE)[0])
    through = {each.id for each in table.scenarios if each.expect[PolicyMode.ENFORCE].effect is Effect.DELIVERED}
    assert {each.id for each in table.open} == through


def test_each_open_hole_is_open_in_some_class() -> None:
    opened = {each.id for agent_class in CLASSES for each in TABLE.select_for_stack(stack(agent_class, PolicyMode.ENFORCE)[0]).open}
    assert opened == {each.id for each in TABLE.open}


def test_a_repeated_row_is_refused(tmp_path: Path) -> None:
    row = "  - {id: one, command: [tls], rule: default-deny}\n"
    (tmp_path / "table.yaml").write_text(f"techniques:\n{row}{row}")
    with pytest.raises(InputError, match="is not an evasion table") as refused:
        load_table(tmp_path / "table.yaml")
    assert "has twice: one" in str(refused.value.problems)
