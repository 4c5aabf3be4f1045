"""Limits of all processes of a command together: a control group of version 2 or 1 where this process may create one.

Version 2 needs a group that was delegated (systemd: `Delegate=yes`) or the root group; version 1 a writable hierarchy. Otherwise the limits
of each process remain (rlimits), and the launcher reports that.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from containment.confinement.profile import Limits

ROOT: Final = Path("/sys/fs/cgroup")
_PREFIX: Final = "containment-"
_LEAF: Final = "launcher"
_TRIES: Final = 500
_PAUSE: Final = 0.002


class ControlGroups(NamedTuple):
    """The groups of one command: the files to which a process writes its number to join them, and a description."""

    files: tuple[Path, ...]
    description: str


@contextlib.contextmanager
def create_groups(limits: Limits, root: Path = ROOT, own: Path = Path("/proc/self/cgroup")) -> Iterator[ControlGroups]:
    """Yield the groups of one command, or none with the reason; remove them at the end.

    Args:
        limits: the limits of all processes: their number, and their memory with the folders in memory.
        root: where control groups are mounted.
        own: the file with this process's groups.
    """
    groups = read_own_groups(own)
    memory = limits.data + limits.temporary + limits.shared_memory
    made: list[Path] = []
    description = "limits of each process only (rlimits): no control group can be created here"
    try:
        if _create_unified(root, groups, memory, limits.processes, made):
            description = "control group, version 2: memory and processes"
        else:
            _remove(made)
            if _create_separate(root, groups, memory, limits.processes, made):
                description = "control groups, version 1: memory and processes"
            else:
                _remove(made)
        yield ControlGroups(tuple(each / "cgroup.procs" for each in made), description)
    finally:
        _remove(made)


def read_own_groups(file: Path) -> Mapping[str, str]:
    """Return this process's groups by controller; version 2 has the empty name."""
    out: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in file.read_text().splitlines():
            _, names, path = line.split(":", 2)
            out |= dict.fromkeys(names.split(","), path)
    return out


def _create_unified(root: Path, groups: Mapping[str, str], memory: int, processes: int, made: list[Path]) -> bool:
    if "" not in groups or not (root / "cgroup.controllers").exists():
        return False
    parent = root / groups[""].lstrip("/")
    try:
        if not {"memory", "pids"} <= {*(parent / "cgroup.controllers").read_text().split()}:
            return False
        if parent != root and not {"memory", "pids"} <= {*(parent / "cgroup.subtree_control").read_text().split()}:
            # A group with processes passes no controller on: this process moves into a group of its own below.
            leaf = parent / _LEAF
            leaf.mkdir(exist_ok=True)
            (leaf / "cgroup.procs").write_text(str(os.getpid()))
        (parent / "cgroup.subtree_control").write_text("+memory +pids")
        group = _make(parent, made)
        (group / "memory.max").write_text(str(memory))
        with contextlib.suppress(OSError):  # a kernel without swap accounting
            (group / "memory.swap.max").write_text("0")
        (group / "pids.max").write_text(str(processes))
    except OSError:
        _leave(parent)
        return False
    return True


def _leave(parent: Path) -> None:
    """Move this process back into the group that it came from."""
    leaf = parent / _LEAF
    if leaf.is_dir():
        with contextlib.suppress(OSError):
            (parent / "cgroup.procs").write_text(str(os.getpid()))
        with contextlib.suppress(OSError):  # another launcher is in it
            leaf.rmdir()


def _create_separate(root: Path, groups: Mapping[str, str], memory: int, processes: int, made: list[Path]) -> bool:
    try:
        for controller, values in {
            "memory": {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
            "pids": {"pids.max": processes},
        }.items():
            if controller not in groups:
                return False
            group = _make(root / controller / groups[controller].lstrip("/"), made)
            for place, (name, value) in enumerate(values.items()):
                if place and not (group / name).exists():
                    continue  # a kernel without swap accounting
                (group / name).write_text(str(value))
    except OSError:
        return False
    return True


def _make(parent: Path, made: list[Path]) -> Path:
    """Create a group that names its launcher: the namespace of process numbers, and the number in it."""
    own = f"{_PREFIX}{read_namespace()}-"
    for left in parent.glob(f"{own}*"):  # numbers of other namespaces name other processes here
        if not Path("/proc", left.name.split("-")[2]).exists():  # its launcher was killed
            with contextlib.suppress(OSError):
                left.rmdir()
    group = parent / f"{own}{os.getpid()}-{time.monotonic_ns()}"
    group.mkdir()
    made.append(group)
    return group


def read_namespace() -> int:
    """Return the number of this process's namespace of process numbers."""
    return Path("/proc/self/ns/pid").stat().st_ino


def _remove(made: list[Path]) -> None:
    """Remove groups; the kernel counts an ended process a moment longer."""
    for group in made:
        for _ in range(_TRIES):
            try:
                group.rmdir()
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(_PAUSE)
    made.clear()
