"""What one Controller has once: a place for every class and mode, that grows and goes without loosening what stands on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from containment.loaders.presets import load_library
from tests.deployment.inventory import controller_inventory
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.watch import Watch

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(1500)]

STACK = "locked-down-enforce"
PLATFORM = REPOSITORY / "platform"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("shared")) as lab:
        lab.bring_up(STACK)
        yield lab


def test_1_every_shipped_stack_has_a_place_and_no_two_share_a_priority(shared: Lab) -> None:
    held = shared.controller()
    expected = {f"agents-{name}-{mode}" for name in load_library().presets for mode in ("monitor", "enforce")}
    assert set(held["attachment_points"]) == expected
    shipped = {f"agents-{path.stem.removeprefix('Pulumi.')}" for path in REPOSITORY.glob("Pulumi.*-*.yaml")}
    assert shipped == expected, "a stack file without a place, or a place without a stack file"
    (group,) = held["groups"].values()
    priorities = [each["priority"] for each in group["sub_policies"]]
    assert len(set(priorities)) == len(priorities) == len(expected)


def test_2_another_place_moves_nobody(shared: Lab) -> None:
    before = shared.controller()
    with Watch(shared, STACK) as watch:
        shared.must("up", "platform", "--config", 'extraStacks=["a-first-one"]', folder=PLATFORM)
    assert watch.bare == []
    after = shared.controller()
    assert after["rulesets"] == before["rulesets"]
    for name, point in before["attachment_points"].items():
        assert after["attachment_points"][name] == point, f"{name} is another point now, and what hangs on it is not in force"
    assert "agents-a-first-one" in after["attachment_points"]


def test_3_the_platform_does_not_go_from_under_a_stack(shared: Lab) -> None:
    before = controller_inventory(shared)
    with Watch(shared, STACK) as watch:
        run = shared.run("destroy", "platform", folder=PLATFORM)
    assert run.code != 0
    assert STACK in str(run.report["diagnostics"]), "the refusal names who stands on it"
    assert watch.bare == []
    assert controller_inventory(shared) == before


def test_4_when_it_goes_the_default_stays_closed(shared: Lab) -> None:
    shared.must("destroy", STACK)
    shared.must("destroy", "platform", folder=PLATFORM)
    held = shared.controller()
    assert held["groups"] == {}
    assert held["attachment_points"] == {}
    assert (held["default_action"]["action"], held["default_action"]["logging"]) == ("DENY", True)
    assert held["features"]["microseg"] is True
