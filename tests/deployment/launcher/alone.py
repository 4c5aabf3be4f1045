"""Runs a command with one layer of the launcher and the others off: `python -m tests.deployment.launcher.alone LAYER PROFILE WORD...`.

LAYER is mounts, landlock, seccomp or none. No command of the product can do this: it is `containment.confinement.session` with parts left
out. Without mounts every folder of the machine is visible and writable.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

from containment.confinement.bubblewrap import find_bwrap
from containment.confinement.identity import reserve_identity
from containment.confinement.joining import IDLE, Start
from containment.confinement.profile import Mount, build_environment
from containment.confinement.session import Supervisor, run_session
from containment.confinement.system_calls.notifications import Notification
from containment.confinement.system_calls.seccomp import build_program, get_current_machine
from containment.launcher.settings import read_settings
from containment.launcher.view import build_view

_NOT_BOUND = {"proc", "dev", "sys", "bin", "sbin", "lib", "lib32", "lib64", "libx32"}


class _NoSupervisor(Supervisor):
    def begin(self, init: int, listener: socket.socket | None) -> None:
        """Do nothing."""

    def answer(self, notifications: int, call: Notification) -> None:
        """Do nothing: this filter reports nothing."""


layer, profile, *words = sys.argv[1:]
view = build_view(read_settings(Path(profile)), tuple(words), Path(tempfile.mkdtemp(prefix="alone-")), {})
shown = view.profile
if layer != "mounts":
    idle = next(each for each in shown.mounts if each.path == IDLE)
    shared = Mount(path="/dev/shm", source=None, writable=True, size=1 << 20)
    folders = [each for each in sorted(Path("/").iterdir()) if each.is_dir() and not each.is_symlink() and each.name not in _NOT_BOUND]
    shown = shown._replace(mounts=(*(Mount(path=str(each), source=each, writable=True) for each in folders), shared, idle))
with reserve_identity() as identity:
    start = Start(
        profile=shown,
        identity=identity,
        bwrap=find_bwrap(),
        program=view.program,
        environment=build_environment(shown, os.environ),
        rules=tuple(each for each in view.rules if Path(each.path).exists()) if layer == "landlock" else None,
        filter=build_program(get_current_machine(), strict=True) if layer == "seccomp" else b"",
        is_reporting=False,
        folder="/tmp" if layer != "mounts" else view.folder,
    )
    raise SystemExit(run_session(start, _NoSupervisor))
