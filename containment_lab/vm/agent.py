"""A task of a stack's agent in a virtual machine, started by `containment lab run --vm`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from containment_lab.home_lock import take_lock
from containment_lab.network.control import LabNetwork
from containment_lab.vm.archive import Member
from containment_lab.vm.errors import VmError
from containment_lab.vm.guest import Task
from containment_lab.vm.machine import VmResult, require_machine, run_task

GRACE: Final = 5.0
LONGEST: Final = 3600.0
"""Seconds of a task without a limit of its own: a machine without an end does not exist."""
_STAGED: Final = {"etc/resolv.conf": "resolv.conf", "etc/hosts": "hosts", "etc/ssl/certs/ca-certificates.crt": "ca.pem"}
"""File in the machine → file that the network's supervisor prepared."""
_MOST_INPUT: Final = 16 << 20
_INPUT: Final = "input"


def run_in_vm(
    world: LabNetwork, command: tuple[str, ...], *, seconds: float = 0, given: Path | None = None, output: Path | None = None
) -> VmResult:
    """Run a task of the agent in a new machine behind the stack's gateway.

    Args:
        world: The stack's network, which is up to date.
        command: The words of the command.
        seconds: The task's limit; 0: the longest.
        given: A folder whose files the task finds in /input.
        output: An empty or missing folder for what the task leaves in /output.

    Raises:
        VmError: The machine cannot be started.
    """
    require_machine()
    namespace = f"{json.loads((world.folder / 'world.json').read_text())['prefix']}-agent"
    staged = world.folder / "host"
    files = [Member.make_file(path, (staged / name).read_bytes()) for path, name in _STAGED.items()]
    files += _read_input(given) if given else []
    task = Task(command=command, files=tuple(files), limit=seconds or LONGEST, grace=GRACE)
    with take_lock(world.home, f"vm-{world.stack}"):
        return run_task(task, namespace=namespace, output=output)


def _read_input(folder: Path) -> Iterator[Member]:
    """Return the regular files of a folder; raise VmError for a missing or a large one."""
    if not folder.is_dir():
        raise VmError(f"--input {folder}: there is no such folder", fix=f"name a folder that exists, or make it: mkdir -p {folder}")
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        size += len(content)
        if size > _MOST_INPUT:
            what, why = f"--input {folder}: has more than {_MOST_INPUT >> 20} MiB", "the machine's memory would not be enough"
            raise VmError(what, why=why, fix="name a folder with only what the task needs")
        yield Member.make_file(f"{_INPUT}/{path.relative_to(folder)}", content, 0o755 if path.stat().st_mode & 0o100 else 0o644)
