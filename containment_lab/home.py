"""A lab home: the one folder with a lab's state, ports, keys and logs.

Defines the paths below the home. Two homes share nothing: each has its own ports, simulators and stacks. Queries create nothing; the first
writer creates the folder. `simulators` starts the processes on those ports; `formats.checkpoint` has the format of a stack's file.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from containment.config.stack_name import find_name_mistake
from containment_lab.errors import HomeError, NameRefusedError
from containment_lab.ports import Ports, claim_ports
from containment_lab.storage import ENV, WHY, convert_file_errors, find_home_problem, write_once, write_whole

__all__ = ["ENV", "LabHome", "Ports", "write_whole"]


@dataclass(frozen=True)
class LabHome:
    """One lab's folder: `$CONTAINMENT_LAB_HOME`, else `.lab` in the current directory."""

    root: Path

    @classmethod
    def find(cls) -> LabHome:
        """Return the home in force; nothing is created."""
        return cls(Path(os.path.realpath(os.environ.get(ENV) or ".lab")))

    def find_problem(self) -> str | None:
        """Return the reason why a lab cannot be kept here, in one line; None when it can. Nothing is created."""
        return find_home_problem(self.root)

    def require_possible(self) -> None:
        """Raise HomeError when a lab cannot be kept here. Nothing is created."""
        if problem := self.find_problem():
            what, _, fix = problem.rpartition("; ")
            raise HomeError(what, why=WHY, fix=fix)

    def require_usable(self) -> None:
        """Create the folder before any work begins; raise HomeError when a lab cannot be kept in it."""
        self.require_possible()
        with convert_file_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)

    def get_stack_file(self, project: str, stack: str) -> Path:
        """Return the path of a stack's checkpoint, which may not exist yet; raise NameRefusedError for an invalid name."""
        return self.root / "stacks" / _check_name("project", project) / f"{_check_name('stack', stack)}.json"

    def find_stack_files(self, stack: str) -> list[Path]:
        """Return the checkpoints of the stacks of this name, one per project; raise NameRefusedError for an invalid name."""
        folder = self.root / "stacks"
        _check_name("stack", stack)
        with convert_file_errors(folder):
            return [path for each in sorted(folder.iterdir()) if (path := each / f"{stack}.json").exists()] if folder.is_dir() else []

    def find_stacks(self) -> list[Path]:
        """Return the checkpoints of all stacks here (`<project>/<stack>.json`)."""
        folder = self.root / "stacks"
        with convert_file_errors(folder):
            return sorted(path for each in folder.iterdir() for path in each.glob("*.json")) if folder.is_dir() else []

    def get_network_folder(self, stack: str) -> Path:
        """Return the folder of a stack's network logs and settings; raise NameRefusedError for an invalid name."""
        return self.root / "world" / _check_name("stack", stack)

    def get_log_file(self, name: str) -> Path:
        """Return the log file of a simulator."""
        return self.root / "logs" / f"{name}.log"

    @property
    def passphrase_file(self) -> Path:
        """The passphrase of the stacks here, for a user who has set none (mode 600)."""
        return self.root / "passphrase"

    @property
    def controller_ca(self) -> Path:
        """The certificate, in PEM, that signs the simulated Controller's server certificate."""
        return self.root / "controller-ca.pem"

    def find_ports(self) -> Ports | None:
        """Return this home's ports, None before any are chosen; nothing is created."""
        record = self.root / "ports.json"
        try:
            with convert_file_errors(record):
                return Ports(**json.loads(record.read_text())) if record.exists() else None
        except (ValueError, TypeError):
            why, fix = "the lab's processes are found by the ports in it", "run `containment lab down`, delete that file and start again"
            raise HomeError(f"{record} is broken", why=why, fix=fix) from None

    def get_ports(self) -> Ports:
        """Return this home's ports; the first call chooses free ones and saves them."""
        if known := self.find_ports():
            return known
        with claim_ports(self.root) as chosen:
            write_once(self.root / "ports.json", json.dumps(asdict(chosen), indent=1) + "\n")
        found = self.find_ports()
        assert found is not None, "another process deletes the lab home while it is being made"
        return found


def _check_name(what: str, name: str) -> str:
    """Return the name of a stack or project if it may become part of a path; raise NameRefusedError otherwise."""
    if mistake := find_name_mistake(what, name):
        error = NameRefusedError(f"{mistake.where} {mistake.what}", fix=mistake.fix)
        error.problems = (mistake,)  # as where the name of a stack file is refused, so that a list has it once
        raise error
    return name
