"""Every technique of the evasion table, for real, in both modes: what must not arrive does not, and the right rule says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.lab.home import LabHome
from containment.lab.world.control import World
from containment.lab.world.evasion import load_table, run_table
from containment.lab.world.six_tests import mode_in_force
from containment.lab.world.tools import missing
from containment.model.names import PolicyMode
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(missing()), reason="; ".join(missing())),
]
TABLE: Path = REPOSITORY / "tests" / "scenarios" / "evasion.yaml"


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
def test_every_technique_ends_as_the_table_says(deployed: Lab, mode: PolicyMode) -> None:
    world = World(LabHome(deployed.home), f"coding-{mode.value}")
    world.up()
    assert mode_in_force(world) is mode
    lines = run_table(world, load_table(TABLE), mode)
    wrong = [f"{line.state} {line.scenario.id}: {line.says}" for line in lines if line.state not in ("AGREES", "OPEN")]
    assert wrong == []
    assert sum(line.state == "AGREES" for line in lines) >= 60
