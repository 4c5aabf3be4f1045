"""Read the processes of this machine or container: program, command line, folder, namespaces. Nothing of another process is changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from containment.discovery.files import OWN_ROOT, Root
from containment.discovery.inventory import Reader, UnseenLog

NAMESPACES: Final = ("pid", "user", "mnt", "net")
INITIAL_PID_NAMESPACE: Final = 4026531836
"""Inode of the first PID namespace of every Linux kernel (PROC_PID_INIT_INO)."""
_DELETED: Final = " (deleted)"
_CONTAINER: Final = re.compile(
    r"/(?P<kind>docker|kubepods|libpod|crio|cri-containerd|lxc\.payload|lxc|machine\.slice|garden)(?!\.(service|socket)\b)[-/.]"
    r"[^\n]*?(?P<id>[0-9a-f]{12,64})?(?:\.scope)?$",
    re.MULTILINE,
)
"""The control group of a container, by its manager; the manager's own service is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """One process. `program` is empty where it is not seen; `namespaces` has the inodes that were readable."""

    pid: int
    parent: int
    uid: int
    name: str
    arguments: tuple[str, ...]
    program: str
    is_deleted: bool
    folder: str
    started: float
    namespaces: dict[str, int]
    container: str
    """The container, or the words for another namespace or root folder; empty for a process of this view."""
    has_own_root: bool = False
    """Whether its root folder is another one than that of this process."""

    @property
    def root(self) -> Root:
        """The file system that the process sees."""
        return Root(f"/proc/{self.pid}/root", self.container) if self.has_own_root else OWN_ROOT


def explain_denial() -> str:
    """Return why something of another user is not readable, with the fix where there is one."""
    return "permission denied, although this is root" if os.geteuid() == 0 else "permission denied: run as root, or as the owner"


def read_processes(unseen: UnseenLog) -> list[ProcessFacts]:
    """Return all visible processes but this one and kernel threads; what is not readable is counted."""
    view = _View(
        namespaces=read_namespaces(os.getpid()), first=read_namespaces(1), groups=_read_groups(os.getpid()), root=_stat_root("self")
    )
    found = list[ProcessFacts]()
    if _is_hiding_others():
        unseen.add(Reader.PROCESSES, "processes of other users", "/proc hides them (hidepid): run as root")
    for one in psutil.process_iter():
        if one.pid == os.getpid():
            continue
        try:
            facts = _read_process(one, view, unseen)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, ProcessLookupError):
            continue  # ended since it was listed
        if facts is not None:
            found.append(facts)
    return found


def is_initial_namespace() -> bool:
    """Return whether this process sees all processes of the machine, as far as its rights allow."""
    return read_namespaces(os.getpid()).get("pid", INITIAL_PID_NAMESPACE) == INITIAL_PID_NAMESPACE


def read_namespaces(pid: int) -> dict[str, int]:
    """Return the inodes of a process's namespaces, without those that are not readable."""
    found = dict[str, int]()
    for name in NAMESPACES:
        try:
            found[name] = Path(f"/proc/{pid}/ns/{name}").stat().st_ino
        except OSError:
            continue  # no rights, no such kind of namespace, or ended: absent
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """Namespaces, control groups and root folder of this process, and the namespaces of process 1."""

    namespaces: dict[str, int]
    first: dict[str, int]
    groups: str
    root: tuple[int, int] | None


def _stat_root(pid: int | str) -> tuple[int, int] | None:
    """Return device and inode of a process's root folder; None where it is not readable."""
    try:
        facts = Path(f"/proc/{pid}/root").stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _is_hiding_others() -> bool:
    """Return whether `/proc` is mounted so that a plain user sees only own processes."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False  # no Linux: psutil lists all processes
    options = next((fields[3] for fields in (line.split() for line in lines) if fields[1:3] == ["/proc", "proc"]), "")
    return os.geteuid() != 0 and re.search(r"\bhidepid=(2|4|invisible|ptraceable)\b", options) is not None


def _read_process(one: psutil.Process, view: _View, unseen: UnseenLog) -> ProcessFacts | None:
    with one.oneshot():
        arguments = _read_arguments(one, unseen)
        program, is_deleted, is_seen = _read_program(one)
        if not arguments and program == "" and is_seen:
            return None  # a kernel thread or a process that has ended
        if not is_seen:
            unseen.add(Reader.PROCESSES, "program files of other users' processes", explain_denial())
        namespaces = read_namespaces(one.pid)
        root = _stat_root(one.pid)
        has_own_root = root is not None and view.root is not None and root != view.root
        return ProcessFacts(
            pid=one.pid,
            parent=one.ppid(),
            uid=one.uids().real,
            name=one.name(),
            arguments=tuple(arguments),
            program=program,
            is_deleted=is_deleted,
            folder=_read_folder(one),
            started=one.create_time(),
            namespaces=namespaces,
            container=_find_container(one.pid, namespaces, view) or ("own root folder" if has_own_root else ""),
            has_own_root=has_own_root,
        )


def _read_arguments(one: psutil.Process, unseen: UnseenLog) -> list[str]:
    try:
        return [text for text in one.cmdline() if text]
    except psutil.AccessDenied:
        unseen.add(Reader.PROCESSES, "command lines of other users' processes", explain_denial())
        return []


def _read_program(one: psutil.Process) -> tuple[str, bool, bool]:
    """Return the path of the program, whether its file is deleted, and whether the path was readable."""
    try:
        path = str(Path(f"/proc/{one.pid}/exe").readlink()) if psutil.LINUX else one.exe()
    except (PermissionError, psutil.AccessDenied):
        return "", False, False
    except OSError:
        return "", False, True
    return path.removesuffix(_DELETED), path.endswith(_DELETED), True


def _read_folder(one: psutil.Process) -> str:
    try:
        return one.cwd().removesuffix(_DELETED)
    except (psutil.AccessDenied, OSError):
        return ""


def _read_groups(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _find_container(pid: int, namespaces: dict[str, int], view: _View) -> str:
    """Return what a process is contained in, seen from here; empty where it is in the same namespaces.

    A mount namespace counts only if it is not that of process 1 either: a service manager gives this process one of its own.
    """
    groups = _read_groups(pid)
    if groups != view.groups and (found := _CONTAINER.search(groups)) is not None and _CONTAINER.search(view.groups) is None:
        return f"{found['kind']} {(found['id'] or '')[:12]}".strip()
    differs = [
        name for name in ("pid", "user", "mnt") if name in namespaces and namespaces[name] != view.namespaces.get(name, namespaces[name])
    ]
    if "mnt" in differs and namespaces["mnt"] == view.first.get("mnt"):
        differs.remove("mnt")
    return f"own {' and '.join(differs)} namespace {namespaces[differs[0]]}" if differs else ""


def find_ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    """Yield the ancestors of a process, nearest first."""
    seen = {pid}
    while (pid := parents.get(pid, 0)) and pid not in seen:
        seen.add(pid)
        yield pid
