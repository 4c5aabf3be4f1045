"""Every technique of the evasion table, for real, in both modes: what must not arrive does not, and the right rule says so.

In two classes that permit much and little; the other classes by `containment lab report --stack CLASS-MODE` (docs/lab-world.md).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.lab.home import LabHome
from containment.lab.world.control import World
from containment.lab.world.evasion import run_table
from containment.lab.world.evasion_table import load_table
from containment.lab.world.six_tests import mode_in_force
from containment.lab.world.tools import missing
from containment.model.names import PolicyMode
from containment.stack_file import read_stack
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(missing()), reason="; ".join(missing())),
]
TABLE: Path = REPOSITORY / "tests" / "scenarios" / "evasion.yaml"


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("agent_class", ["coding", "locked-down"])
def test_every_technique_ends_as_the_table_says(deployed: Lab, agent_class: str, mode: PolicyMode) -> None:
    stack = f"{agent_class}-{mode.value}"
    world = World(LabHome(deployed.home), stack)
    world.up()
    try:
        assert mode_in_force(world) is mode
        lines = run_table(world, load_table(TABLE).of_stack(read_stack(stack, {}, REPOSITORY)), mode)
    finally:
        world.down()
    wrong = [f"{line.state} {line.scenario.id}: {line.says}" for line in lines if line.state not in ("AGREES", "OPEN")]
    assert wrong == []
    assert sum(line.state == "AGREES" for line in lines) >= 60
