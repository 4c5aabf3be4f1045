"""Samples of the rule about decisions: each has its own approvers and log, is refused for what it marks, and its repaired twin passes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment.record.digests import digest_ruleset
from policypack.decision_rule import ID, build_decision_rule, load_decisions
from policypack.finding import Rule
from policypack.firewall.registered_policy import list_policies
from policypack.graph.resources import Graph
from policypack.registry import RULES
from policypack.standalone_checks import check_stack
from policypack.waivers import Waivers
from tests.deployment.lab import PACK, Lab
from tests.policypack.record import FORMS, recordings, resource_of
from tests.policypack.test_samples import SAMPLES, label, places

FOLDERS = sorted(path.parent for path in (SAMPLES / ID).glob("*/__main__.py"))


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, Graph]]:
    """Return the programs of every sample by folder and form."""
    found = recordings(FOLDERS)
    return {folder: {form: Graph(map(resource_of, all_)) for form, all_ in forms.items()} for folder, forms in found.items()}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with nothing in it."""
    own = Lab(tmp_path_factory.mktemp("decision-samples"))
    try:
        yield own
    finally:
        own.down()


def _build(folder: Path) -> Rule:
    return build_decision_rule(load_decisions(folder), Waivers())


def test_there_are_samples() -> None:
    assert len(FOLDERS) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_sample_is_refused_by_its_rule_alone(folder: Path, form: str, recorded: dict[str, dict[str, Graph]]) -> None:
    """In a first preview already, at the marked resource; without approvers.yaml nothing refuses it."""
    bad = recorded[str(folder)][f"bad-{form}"]
    found = check_stack(bad.resources, [*RULES, _build(folder)])
    assert {(one.id, one.where.rsplit("::", 1)[-1]) for one in found} == {(ID, name) for name in places(folder)[0]}
    assert check_stack(bad.resources, [*RULES, build_decision_rule(None, Waivers())]) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_repaired_twin_passes(folder: Path, form: str, recorded: dict[str, dict[str, Graph]]) -> None:
    graph = recorded[str(folder)][f"repaired-{form}"]
    found = check_stack(graph.resources, [*RULES, _build(folder)])
    assert found == [], [digest_ruleset(one) for one in list_policies(graph)[:1]]


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_the_pack_with_the_record_refuses_it_in_the_lab(folder: Path, lab: Lab, tmp_path: Path) -> None:
    """The pack in its own process reads the record of the folder that it is in."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    shutil.copytree(PACK, tmp_path / "policypack", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    bad = lab.run("preview", "dev", folder=folder, pack=tmp_path / "policypack")
    assert bad.code == 3, bad.talk
    assert {one["policy"] for one in bad.report["violations"]} == {ID}
    lab.must("preview", "dev", "--config", "repaired=true", folder=folder, pack=tmp_path / "policypack")
