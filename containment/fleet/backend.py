"""What a fleet needs of an engine: the deployed stacks, and one command on one stack. The lab and Pulumi are the two engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.fleet.deployment import Deployment
from containment.fleet.names import BackendName, Verb
from containment.programs import find_program


@dataclass(frozen=True, kw_only=True)
class Task:
    """One command on one stack.

    Attributes:
        verb: the command.
        stack: the stack.
        folder: the program's folder.
        config: values by full key that the site sets; the stack file is not changed.
        is_platform: whether the program is the platform.
        needs: the platform stack that must be up before, empty if none.
        is_last: whether it starts when every other task has ended.
    """

    verb: Verb
    stack: str
    folder: Path
    config: Mapping[str, str] = field(default_factory=dict)
    is_platform: bool = False
    needs: str = ""
    is_last: bool = False

    @property
    def label(self) -> str:
        """The name that reports use."""
        return f"platform/{self.stack}" if self.is_platform else self.stack


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of a command: its exit code, the changes by kind, the reason if it failed, and the next step."""

    exit: Exit
    changes: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    fix: str = ""


class Backend(Protocol):
    """An engine with its state."""

    name: BackendName
    one_controller: bool

    def list_deployments(self) -> dict[str, Deployment]:
        """Return the deployed stacks of the project by name."""

    def list_platforms(self) -> set[str]:
        """Return the deployed stacks of the platform."""

    def run(self, task: Task, report: Callable[[str], None]) -> Outcome:
        """Run a command to its end; `report` receives a line per finished step and per remark."""

    def interrupt(self, *, kill: bool) -> None:
        """End every running command: with a signal after which it records what is under way, or at once."""


def choose_backend(chosen: BackendName | None, folder: Path) -> Backend:
    """Return the chosen engine; by default Pulumi where `pulumi` is on PATH, else the lab.

    Raises:
        InputError: Pulumi is chosen, and there is no `pulumi`.
    """
    has_cli = find_program("pulumi") is not None
    if chosen is BackendName.PULUMI and not has_cli:
        why = "the Automation API runs the Pulumi CLI"
        problem = Problem("--backend pulumi", "needs the program pulumi, which is not on PATH", why, "install it, or give --backend lab")
        raise InputError("the fleet cannot be deployed", [problem])
    wanted = chosen or (BackendName.PULUMI if has_cli else BackendName.LAB)
    module = import_module(f"containment.fleet.{wanted.value}_backend")
    backend: Backend = module.open_backend(folder)
    return backend
