"""The official engine previews every shipped stack without an error or a violation, the policy pack enforced."""

from __future__ import annotations

import pytest

from tests.deployment.lab import REPOSITORY
from tests.real_engine.driver import Official
from tests.real_engine.test_stacks import COMPARED

pytestmark = pytest.mark.real_engine

STACKS = sorted(path.name.split(".")[1] for path in REPOSITORY.glob("Pulumi.*.yaml") if COMPARED not in path.name)
"""The shipped stacks but the one that `test_stacks` previews and brings up."""


@pytest.mark.parametrize("stack", STACKS)
def test_a_shipped_stack_previews_with_the_pack(stack: str, platform: Official) -> None:
    platform.prepare(platform.folder, stack)
    outcome = platform.preview(platform.folder, stack)
    assert outcome.violations == set()
    assert outcome.errors == []
    assert set(outcome.changes) == {"create"}
    assert outcome.changes["create"] > 50
