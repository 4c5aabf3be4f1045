"""The lab's engine shows the same: a sample's preview ends as a violation by its rule at its resource, and makes nothing.

One sample of each sixth rule, of those about what every program is judged by, and two sound programs; SAMPLES=all takes one of every
rule. `test_samples` has them all without an engine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.lab import Lab
from tests.policypack.test_samples import BAD, SOUND, label, places

pytestmark = pytest.mark.slow
VIOLATION = 3
SEEN_AT_ONCE = [folder for folder in BAD if places(folder)[1]]
ONE_A_RULE = list({folder.parent.name: folder for folder in reversed(SEEN_AT_ONCE)}.values())
FOR_EVERY_PROGRAM = (
    "agent-host-has-no-public-ip",
    "agent-host-is-found",
    "agent-host-requires-imdsv2",
    "agent-subnet-has-no-nat-route",
    "shadow-model-deny-comes-first",
)
CHOSEN = [
    folder
    for number, folder in enumerate(ONE_A_RULE)
    if number % 6 == 0 or folder.parent.name in FOR_EVERY_PROGRAM or os.environ.get("SAMPLES") == "all"
]
TWO_SOUND = [folder for folder in SOUND if folder.name in ("components", "scaling-group")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    own = Lab(tmp_path_factory.mktemp("samples"))
    try:
        yield own
    finally:
        own.down()


@pytest.mark.long
@pytest.mark.parametrize("folder", CHOSEN, ids=label)
def test_a_sample_is_refused_in_preview_and_nothing_is_made(folder: Path, lab: Lab) -> None:
    run = lab.run("preview", "dev", folder=folder)
    found = {(one["policy"], one["urn"].rsplit("::", 1)[-1], one["level"]) for one in run.report["violations"]}
    names = {f"{folder.name}-dev" if name == "stack" else name for name in places(folder)[0]}
    assert (run.code, run.report["result"]) == (VIOLATION, "failed"), run.talk
    assert found == {(folder.parent.name, name, "mandatory") for name in names}
    assert not list(lab.home.glob("stacks/**/*.json"))
    assert "containment: " in run.talk


def test_the_rules_for_every_program_are_among_them() -> None:
    assert {folder.parent.name for folder in CHOSEN} >= set(FOR_EVERY_PROGRAM)


@pytest.mark.parametrize("folder", TWO_SOUND, ids=label)
def test_a_sound_program_passes(folder: Path, lab: Lab) -> None:
    run = lab.run("preview", "dev", folder=folder)
    assert run.report["violations"] == []
    assert run.code == 0, run.talk
