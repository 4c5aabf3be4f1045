"""Every evasion technique, sent for real in every class and both modes: what must not arrive does not, and the right rule decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment_lab.home import LabHome
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.validation.evasion import run_table
from containment_lab.validation.evasion_table import load_table
from containment_lab.validation.six_tests import determine_mode
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]
TABLE: Path = REPOSITORY / "tests" / "scenarios" / "evasion.yaml"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    own = Lab(tmp_path_factory.mktemp("evasion"))
    try:
        own.platform()
        yield own
    finally:
        own.down()


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("agent_class", sorted(load_library().presets))
def test_every_technique_ends_as_the_table_expects(lab: Lab, agent_class: str, mode: PolicyMode) -> None:
    stack = f"{agent_class}-{mode.value}"
    lab.must("up", stack, "--skip-preview", pack=None)
    world = LabNetwork(LabHome(lab.home), stack)
    world.bring_up()
    try:
        assert determine_mode(world) is mode
        lines = run_table(world, load_table(TABLE).select_for_stack(read_stack(stack, {}, REPOSITORY)), mode)
    finally:
        world.take_down()
    wrong = [f"{line.state} {line.scenario.id}: {line.says}" for line in lines if line.state not in ("AGREES", "OPEN")]
    counts = {state: sum(line.state == state for line in lines) for state in ("AGREES", "OPEN")}
    print(f"{stack}: {counts}, {len(wrong)} wrong")
    assert wrong == []
    assert counts["AGREES"] >= 60
