"""A change of a documented key on a deployed stack is refused by no rule: a sample of what `make soak` tries in full.

`UPDATES` is how many changes are tried, `UPDATES_SEED` which.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from policypack.graph.known_types import RULESET, WEB_GROUP
from tests.policypack.product import UPDATE, updates
from tests.policypack.record import UNKNOWN
from tests.policypack.soak import STACK, every_update, refused_updates
from tests.support.key_changes import CHANGES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SEED = int(os.environ.get("UPDATES_SEED", "12"))
SAMPLE = int(os.environ.get("UPDATES", "8"))


@pytest.mark.long
def test_every_key_can_be_changed_on_some_deployed_stack() -> None:
    assert {one.key for one in every_update()} == CHANGES.keys()


@pytest.mark.long
def test_changes_on_deployed_stacks_are_refused_by_no_rule(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = Random(SEED).sample(every_update(), SAMPLE)
    assert list(refused_updates(wanted)) == [], f"UPDATES={SAMPLE} UPDATES_SEED={SEED}"
    with capsys.disabled():
        print(f"\n{len(wanted)} keys changed on deployed stacks: 0 refusals")


def test_an_update_knows_what_is_deployed_and_not_what_is_new() -> None:
    (one,) = [one for one in every_update() if one.key == "approvedSaasApiDomains" and one.deployed_as == "coding-enforce"]
    (made,) = updates([(STACK, one.before, one.after)])
    assert made["error"] is None
    groups = {each["name"]: each["outputs"]["uuid"] for each in made[UPDATE] if each["type"] == WEB_GROUP}
    assert {name for name, uuid in groups.items() if uuid == UNKNOWN} == {"policy-wg-approved-saas-apis"}
    assert len(groups) > 1
    (ruleset,) = [each for each in made[UPDATE] if each["type"] == RULESET]
    named = [group for rule in ruleset["inputs"]["rules"] for group in rule.get("webGroups", [])]
    assert UNKNOWN in named
    assert set(named) - {UNKNOWN} <= set(groups.values())
