"""Each lint rule finds its broken samples and passes its good ones; the documentation lists every rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.renderings.openshell.document import parse_policy, read_document
from containment.renderings.openshell.rule import LintRule
from containment.renderings.openshell.schema import check_schema, find_package
from containment.renderings.proofs import LINT_RULES, lint_policy
from tests.support.child import REPOSITORY

FOLDER = Path(__file__).parent / "samples"
SAMPLES = sorted(FOLDER.glob("*/*.yaml"))


def rule_of(path: Path) -> LintRule:
    return next(rule for rule in LINT_RULES if rule.id == path.parent.name)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_a_rule_finds_broken_samples_alone(path: Path) -> None:
    policy = parse_policy(path.read_text(encoding="utf-8"), path.name)
    found = list(rule_of(path).find(policy))
    assert bool(found) is path.name.startswith("broken-")
    if path.name.startswith("good-"):
        assert not lint_policy(policy, path.name)


@pytest.mark.skipif(find_package() is None, reason="the package openshell is not installed: pip install openshell==0.1.5")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_openshells_protos_accept_every_sample_so_that_only_the_rule_finds_it(path: Path) -> None:
    check_schema(read_document(path.read_text(encoding="utf-8"), path.name), path.name)


@pytest.mark.parametrize("rule", LINT_RULES, ids=lambda rule: rule.id)
def test_every_rule_has_both_kinds_of_sample_and_a_line_in_the_documentation(rule: LintRule) -> None:
    names = [path.name for path in SAMPLES if path.parent.name == rule.id]
    assert {name.partition("-")[0] for name in names} == {"broken", "good"}
    assert f"| `{rule.id}` | {rule.info}" in (REPOSITORY / "docs" / "renderings.md").read_text(encoding="utf-8")


def test_every_sample_belongs_to_a_rule() -> None:
    assert {path.parent.name for path in SAMPLES} == {rule.id for rule in LINT_RULES}
