"""Check whether this machine can confine a command, with the reason and the fix: known kernel settings, then a trial."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from containment.confinement.bubblewrap import NAMESPACES, find_bwrap
from containment.confinement.errors import ConfinementError
from containment.confinement.system_calls.seccomp import build_program, get_current_machine

SWITCHES: Final = {
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
    "/proc/sys/user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
}
"""Kernel settings that refuse user namespaces: file -> (the refusing value, the command that permits them)."""
_SECCOMP: Final = Path("/proc/sys/kernel/seccomp/actions_avail")
_TRIAL_SECONDS: Final = 20


def find_confinement_refusal() -> str:
    """Return why a command cannot be confined on this machine, with the fix, in one line; empty if it can."""
    try:
        bwrap, filter_ = find_bwrap(), build_program(get_current_machine())
    except ConfinementError as error:
        return str(error)
    try:
        actions = _SECCOMP.read_text().split()
    except OSError:
        actions = []
    if not {"errno", "kill_process"} <= set(actions):
        return "this kernel has no seccomp filter: it needs CONFIG_SECCOMP_FILTER (Linux 4.14)"
    with os.fdopen(os.memfd_create("seccomp", 0), "w+b") as file:
        file.write(filter_)
        file.seek(0)
        trial = [bwrap, *NAMESPACES, "--seccomp", str(file.fileno()), "--ro-bind", "/", "/", "--proc", "/proc", "true"]
        plain = 65534 if os.geteuid() == 0 and _has_id(65534) else None
        done = subprocess.run(
            trial, capture_output=True, text=True, check=False, cwd="/", pass_fds=[file.fileno()], timeout=_TRIAL_SECONDS,
            user=plain, group=plain, extra_groups=None if plain is None else [],
        )  # fmt: skip
    if done.returncode == 0:
        return ""
    lifted = list_refused_settings()
    how = " and ".join(lifted) if lifted else "run it where user namespaces are allowed (in a container: with seccomp=unconfined)"
    return f"bwrap cannot confine a command here ({(done.stderr.strip().splitlines() or ['no reason given'])[-1]}): {how}"


def list_refused_settings() -> list[str]:
    """Return the commands that permit user namespaces where a setting of this kernel refuses them."""
    return [how for file, (refusing, how) in SWITCHES.items() if _read_value(file) == refusing]


def _has_id(number: int) -> bool:
    rows = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= number < first + count for first, _, count in rows)


def _read_value(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError:
        return ""
