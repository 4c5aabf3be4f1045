"""Proofs kept over one more name are the proofs from nothing: by enumeration, over generated edits, and over a shipped stack."""

from __future__ import annotations

from dataclasses import replace

import pytest

from containment.analysis.proofs import Proof, ProofStatus, run_proofs, update_proofs
from containment.analysis.subject import Subject
from containment.loaders.stack_file import read_stack
from containment.patterns.domain import DomainPattern
from containment.policy.rules import RuleSet
from containment.queries.subject.subjects import build_subject
from tests.proofs.compare import case_of, check_edits, named_case


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("start", [0, *(pytest.param(start, marks=pytest.mark.slow) for start in range(10, 60, 10))])
def test_answers_kept_over_an_edit_are_those_of_every_flow(start: int) -> None:
    assert sum(check_edits(case_of(seed), seed) + check_edits(named_case(seed), seed) for seed in range(start, start + 10)) > 0


@pytest.fixture(scope="module")
def coding() -> Subject:
    return build_subject(read_stack("coding-enforce"))


def with_name(subject: Subject, group: str, name: str, *, approved: bool = False) -> Subject:
    pattern = DomainPattern.parse(name)
    old = subject.ruleset
    key = next(key for key in old.web_groups if key.endswith(group))
    web = {**old.web_groups, key: replace(old.web_groups[key], patterns=tuple(sorted({*old.web_groups[key].patterns, pattern})))}
    more = tuple(sorted({*subject.approved, pattern})) if approved else subject.approved
    return replace(subject, ruleset=RuleSet(old.rules, old.smart_groups, web, old.default_action), approved=more)


def told(proofs: tuple[Proof, ...]) -> list[tuple[str, str, ProofStatus, list[str]]]:
    return [(one.id, one.statement, one.verdict, [rule for rule, _ in one.shown]) for one in proofs]


NAMES = ("brand-new.example", "api.openai.com", "mirror.pypi.org", "x.invalid", "169.254.169.254.example")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("group", ["package-registries", "approved-model-gateways", "unapproved-model-providers"])
@pytest.mark.parametrize("approved", [True, False])
def test_a_stack_with_one_name_more_is_proved_as_from_nothing(coding: Subject, name: str, group: str, *, approved: bool) -> None:
    after = with_name(coding, group, name, approved=approved)
    assert told(update_proofs(run_proofs(coding), after).proofs) == told(run_proofs(after).proofs)


def test_a_name_that_opens_something_is_seen_and_the_rest_is_not_computed_again(coding: Subject) -> None:
    again = update_proofs(run_proofs(coding), with_name(coding, "package-registries", "brand-new.example"))
    assert again.kept
    broken = {one.id for one in again.proofs if one.verdict is ProofStatus.BROKEN} - {
        one.id for one in run_proofs(coding).proofs if one.verdict is ProofStatus.BROKEN
    }
    assert broken == {"only-approved-names"}


def test_what_is_not_one_exact_name_more_is_proved_from_nothing(coding: Subject) -> None:
    before = run_proofs(coding)
    wider = with_name(coding, "package-registries", "*.example")
    fewer = replace(coding, ruleset=replace_group(coding.ruleset))
    for after in (wider, fewer, coding, replace(coding, own=()), replace(coding, denied=coding.denied[1:])):
        again = update_proofs(before, after)
        assert not again.kept
        assert told(again.proofs) == told(run_proofs(after).proofs)


def replace_group(ruleset: RuleSet) -> RuleSet:
    key = next(key for key, group in ruleset.web_groups.items() if len(group.patterns) > 1)
    smaller = replace(ruleset.web_groups[key], patterns=ruleset.web_groups[key].patterns[1:])
    return RuleSet(ruleset.rules, ruleset.smart_groups, {**ruleset.web_groups, key: smaller}, ruleset.default_action)
