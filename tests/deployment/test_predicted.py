"""What the model predicts is what packets do: every row of every class's table, in both modes, through a deployed stack of each."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from containment.loaders.presets import load_library
from containment.loaders.scenarios import read_scenarios
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment_lab.linux.tools import list_missing
from containment_lab.validation.comparison import compare_flows
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import world_of

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    own = Lab(tmp_path_factory.mktemp("predicted"))
    try:
        own.platform()
        yield own
    finally:
        own.down()


@pytest.mark.parametrize("agent_class", sorted(load_library().presets))
def test_packets_do_what_the_model_predicts(lab: Lab, agent_class: str) -> None:
    table = read_scenarios(REPOSITORY / "tests" / "scenarios" / f"{agent_class}.yaml")
    given = {key: value if isinstance(value, str) else json.dumps(value) for key, value in table.config.items()}
    pairs = [word for key, value in given.items() for word in ("--config", f"{key}={value}")]
    for mode in PolicyMode:
        stack = f"{agent_class}-{mode.value}"
        lab.must("up", stack, "--skip-preview", *pairs, pack=None)
        world = world_of(lab, stack)
        try:
            compared = compare_flows(world, read_stack(stack, given, REPOSITORY), table.scenarios)
        finally:
            world.take_down()
        wrong = [f"{each.scenario.id}: {each.why}" for each in compared if each.state == "DISAGREES"]
        assert not wrong, f"{agent_class} {mode.value}: " + "; ".join(wrong)
        explained = {each.scenario.id for each in compared if each.state == "EXPLAINED"}
        assert explained == {row.id for row in table.scenarios if row.flow and row.flow.place}, "see docs/lab-world.md"
        counts = {state: sum(each.state == state for each in compared) for state in ("AGREES", "EXPLAINED")}
        print(f"{agent_class} {mode.value}: {counts}")
        assert counts["AGREES"] >= 5
