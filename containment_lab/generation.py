"""Generations: the start of the simulators to which a stack was deployed, so that lost resources are noticed.

The cloud keeps everything in memory, so each start of it is empty. The Controller keeps its objects in a file, so a restart loses nothing
while that file exists. A checkpoint records both (`Generations`) outside its deployment, so that the part that the official engine imports
is unchanged. A checkpoint without a record was written by an older release; it counts as one of another generation.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from containment_lab import simulators
from containment_lab.errors import ForgottenError
from containment_lab.formats.checkpoint_file import read_checkpoint
from containment_lab.home import LabHome
from containment_lab.storage import convert_file_errors

_HALVES = {"aws": "cloud", "aviatrix": "controller"}
"""Package of a stack's resources → the simulator that keeps them."""
_NAMES = {"cloud": "cloud", "controller": "Controller"}


@dataclass(frozen=True)
class Generations:
    """One generation per simulator; "" means unknown."""

    cloud: str = ""
    controller: str = ""

    @classmethod
    def parse_record(cls, record: dict[str, Any]) -> Generations:
        """Return the generations that a checkpoint records."""
        return cls(**{half: str(record.get(half) or "") for half in _NAMES})

    @classmethod
    def read_current(cls, home: LabHome) -> Generations:
        """Return the generations of the running simulators; nothing is started."""
        return cls(simulators.read_generation(home, "cloud") or "", _read_controller_id(home))

    def fill_unknown(self, other: Generations) -> Generations:
        """Fill unknown generations from `other`."""
        return Generations(self.cloud or other.cloud, self.controller or other.controller)

    def find_lost(self, now: Generations, packages: Iterable[str]) -> list[str]:
        """Return the simulators that have lost the resources of a stack.

        Args:
            now: The generations in force.
            packages: The packages whose resources the stack has.
        """
        halves = {_HALVES[each] for each in packages if each in _HALVES}
        recorded, current = asdict(self), asdict(now)
        return [half for half in _NAMES if half in halves and recorded[half] != current[half]]

    def describe_loss(self, lost: Collection[str]) -> str:
        """Return one sentence for the user: the simulators in `lost` have forgotten this stack, or the checkpoint has no record of them."""
        if all(asdict(self)[each] for each in lost):
            return f"{_describe_forgotten(lost, restarted=True)} this stack"
        return f"the checkpoint does not record to which start of {_format_names(lost)} it belongs"


class GenerationRecord:
    """The generations that a run writes next to the deployment: the first ones that it met, or those in `kept`."""

    def __init__(self, home: LabHome, kept: Generations | None = None) -> None:
        self._home, self._kept, self._seen = home, kept, Generations()

    def __call__(self) -> dict[str, str]:
        found = self._kept
        if found is None:
            if not all(asdict(self._seen).values()):
                self._seen = self._seen.fill_unknown(Generations.read_current(self._home))
            found = self._seen
        return {half: each for half, each in asdict(found).items() if each}


def find_packages(deployment: dict[str, Any]) -> set[str]:
    """Return the packages whose provider resources a checkpoint has."""
    kind = "pulumi:providers:"
    return {each["type"].removeprefix(kind) for each in deployment.get("resources") or [] if each["type"].startswith(kind)}


def require_remembered(home: LabHome, stack: str) -> None:
    """Restart the simulators that a stack needs.

    Raises:
        ForgottenError: The stack's resources were lost with a simulator that ended.
    """
    for path in home.find_stack_files(stack):
        found = read_checkpoint(path)
        packages = find_packages(found.deployment) & _HALVES.keys()
        recorded, now = Generations.parse_record(found.record), Generations.read_current(home)
        lost = [half for half in recorded.find_lost(now, packages) if asdict(recorded)[half] or not asdict(now)[half]]
        if lost:
            said = _describe_forgotten(lost, restarted=all(asdict(now)[half] for half in lost))
            why = "its checkpoint names resources that do not exist"
            raise ForgottenError(f"{said} stack {stack!r}", why=why, fix=f"build it again: containment lab up --stack {stack}")
        for each in sorted(packages):
            simulators.attach(home, each)


def _format_names(lost: Iterable[str]) -> str:
    return f"the simulated {' and '.join(_NAMES[each] for each in lost)}"


def _describe_forgotten(lost: Collection[str], *, restarted: bool) -> str:
    be, have = ("were", "have") if len(lost) > 1 else ("was", "has")
    return f"{_format_names(lost)} {be} {'restarted' if restarted else 'stopped'} and {have} forgotten"


def _read_controller_id(home: LabHome) -> str:
    """Return the id that a Controller has as long as it keeps its objects; "" before it has any."""
    file = home.root / "controller-state.json"
    with convert_file_errors(file):
        try:
            return str(json.loads(file.read_text()).get("controller_id") or "") if file.exists() else ""
        except ValueError:
            return ""  # the Controller reports a broken file at its start
