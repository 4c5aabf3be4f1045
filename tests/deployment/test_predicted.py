"""What the model predicts is what packets do: every row of every class's table, in both modes, through a deployed stack of each.

The same rows are in `plan` (`tests/containment/vending/test_classes.py`), and each item of the published class tables has a row for each
set of the catalog that makes it true (`tests/scenarios/test_cells.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from containment.catalog.preset import Harness
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment.policy.scenario import Scenario
from containment_lab.linux.tools import list_missing
from containment_lab.validation.comparison import compare_flows
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import world_of
from tests.scenarios.core_rows import build_core_rows
from tests.scenarios.test_cells import HARNESSES, LIBRARY, TABLES
from tests.support.comparisons import find_differences
from tests.support.entries import with_entries

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


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("agent_class", sorted(TABLES))
def test_packets_do_what_the_model_predicts(lab: Lab, agent_class: str, mode: PolicyMode) -> None:
    table = TABLES[agent_class]
    compare_packets(lab, agent_class, mode, table.config, table.scenarios)


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("harness", HARNESSES)
def test_the_core_hosts_of_the_harness_that_runs_are_reached(lab: Lab, harness: Harness, mode: PolicyMode) -> None:
    rows = build_core_rows(LIBRARY, "open-demo", harness)
    compare_packets(lab, "open-demo", mode, {**TABLES["open-demo"].config, "installMode": harness.value}, rows)


def compare_packets(lab: Lab, agent_class: str, mode: PolicyMode, config: dict[str, Any], scenarios: tuple[Scenario, ...]) -> None:
    stack = f"{agent_class}-{mode.value}"
    given = {key: value if isinstance(value, str) else json.dumps(value) for key, value in with_entries(config).items()}
    pairs = [word for key, value in given.items() for word in ("--config", f"{key}={value}")]
    lab.must("up", stack, "--skip-preview", *pairs, pack=None)
    world = world_of(lab, stack)
    try:
        compared = compare_flows(world, read_stack(stack, given, REPOSITORY), scenarios)
    finally:
        world.take_down()
    assert find_differences(compared, scenarios, mode) == []
    print(f"{stack}: {dict(Counter(each.state for each in compared))}")
