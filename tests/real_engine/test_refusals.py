"""The official engine refuses a sample of every rule of the pack, as the lab engine does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from policypack.registry import RULES
from tests.deployment.lab import PACK, REPOSITORY, Lab
from tests.policypack.test_samples import BAD, label, places
from tests.real_engine.driver import Official, Outcome, copy_programs

pytestmark = pytest.mark.real_engine

SEEN_IN_PREVIEW = {folder for folder in BAD if places(folder)[1]}
ONE_PER_RULE = {folder.parent.name: folder for folder in sorted(BAD, key=lambda folder: (folder in SEEN_IN_PREVIEW, folder))}
"""Rule → its sample; one that a first preview refuses where there is one."""

OTHER_ACCOUNT = "endpoints-are-for-this-account"
"""The rule that a sample's account, which is not the lab's, violates once the lab's account is known."""


@pytest.fixture(scope="module")
def dedicated(pulumi: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """Return the CLI on a lab of its own, whose Controller has the firewall on and no owner of its policy."""
    folder = tmp_path_factory.mktemp("dedicated")
    copy_programs(folder, {})
    with Lab(tmp_path_factory.mktemp("dedicated-lab")) as lab:
        made = Official(pulumi, tools, folder, lab)
        project = folder / "tests" / "samples" / "sound" / "controller-wide"
        made.prepare(project, "dev")
        made.up(project, "dev")
        made.must(project, "destroy", "--yes", "--skip-preview", "--stack", "dev")
        yield made


@pytest.mark.parametrize("folder", [folder for folder in ONE_PER_RULE.values() if folder in SEEN_IN_PREVIEW], ids=label)
def test_a_preview_is_refused_by_the_rule(folder: Path, official: Official) -> None:
    project, stack = official.folder / folder.relative_to(REPOSITORY), folder.parent.name  # samples of two rules may have one project name
    official.prepare(project, stack)
    assert_refused(folder, official.run(project, "preview", "--stack", stack, "--policy-pack", str(PACK)))
    assert official.resources(project, stack) == []


@pytest.mark.parametrize("folder", [folder for folder in ONE_PER_RULE.values() if folder not in SEEN_IN_PREVIEW], ids=label)
def test_what_shows_in_ids_only_is_refused_once_they_are_known(folder: Path, dedicated: Official) -> None:
    project, stack = dedicated.folder / folder.relative_to(REPOSITORY), folder.parent.name
    dedicated.prepare(project, stack)
    outcome = dedicated.run(project, "up", "--yes", "--skip-preview", "--stack", stack, "--policy-pack", str(PACK))
    assert_refused(folder, outcome, beyond={OTHER_ACCOUNT})


def assert_refused(folder: Path, outcome: Outcome, beyond: Collection[str] = ()) -> None:
    """Assert that a command failed for the sample's rule and for nothing else; at which resource, `test_samples` compares.

    Args:
        folder: the sample.
        outcome: the command.
        beyond: rules that are violated as well, for a reason that is not the sample's.
    """
    assert outcome.code != 0, outcome.printed
    found = {violation for violation in outcome.violations if violation[0] not in beyond}
    assert found == {(folder.parent.name, "mandatory")}, [*outcome.errors, *outcome.complaints]
    assert folder.parent.name in outcome.printed


def test_every_rule_has_a_sample() -> None:
    assert set(ONE_PER_RULE) == {rule.id for rule in RULES}
