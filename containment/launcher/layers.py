"""What this kernel has of the layers that the launcher requires, and of those that it uses where they exist."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.confinement.bubblewrap import find_bwrap
from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.landlock import Right, compute_handled_rights, describe_version, read_version
from containment.confinement.profile import Limits
from containment.confinement.requirements import find_confinement_refusal
from containment.confinement.system_calls.seccomp import get_current_machine
from containment.launcher.limits.control_groups import create_groups
from containment.launcher.network.connections import find_server

_LEAST_KERNEL: Final = (5, 13)
_ACTIONS: Final = frozenset({"allow", "errno", "kill_process", "user_notif"})
_ACTIONS_FILE: Final = Path("/proc/sys/kernel/seccomp/actions_avail")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer: whether it is there, what was found, and how to get it."""

    name: str
    is_required: bool
    is_present: bool
    found: str
    fix: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether nothing starts because of it."""
        return self.is_required and not self.is_present


def examine_layers(limits: Limits = Limits()) -> tuple[Layer, ...]:  # noqa: B008 - immutable
    """Return every layer, as this process finds it."""
    return (*_examine_namespaces(), _examine_landlock(read_version()), _examine_seccomp(_ACTIONS_FILE), *_examine_others(limits))


def _examine_namespaces() -> Iterator[Layer]:
    try:
        yield Layer(name="bubblewrap", is_required=True, is_present=True, found=find_bwrap())
    except ConfinementError as error:
        yield Layer(name="bubblewrap", is_required=True, is_present=False, found=str(error), fix="install the package bubblewrap")
        return
    refusal = find_confinement_refusal()
    found = refusal or "user, mount, process, IPC, host name, network and control group namespaces in a trial"
    yield Layer(name="namespaces", is_required=True, is_present=not refusal, found=found, fix=refusal and "see the reason")
    kernel = _read_kernel_version()
    yield Layer(
        name="kernel",
        is_required=True,
        is_present=kernel >= _LEAST_KERNEL,
        found=f"Linux {os.uname().release} (mounts that forbid code: 5.12, Landlock: 5.13)",
        fix="use Linux 5.13 or newer",
    )


def _read_kernel_version() -> tuple[int, ...]:
    parts = os.uname().release.split("-")[0].split(".")[:2]
    return tuple(int(part) for part in parts if part.isdigit())


def _examine_landlock(version: int) -> Layer:
    missing = [right.name for right in Right if right not in compute_handled_rights(version)] if version >= 1 else [r.name for r in Right]
    text = f"{describe_version(version)}; rights of files not controlled: {', '.join(filter(None, missing)) or 'none'}"
    return Layer(
        name="Landlock",
        is_required=True,
        is_present=version >= 1,
        found=text if version >= 1 else f"not in this kernel, or switched off; missing: {', '.join(filter(None, missing))}",
        fix="use Linux 5.13 or newer with landlock in the kernel's lsm= list",
    )


def _examine_seccomp(file: Path) -> Layer:
    try:
        actions = {*file.read_text().split()}
        get_current_machine()
    except (OSError, ConfinementError) as error:
        return Layer(name="seccomp", is_required=True, is_present=False, found=str(error), fix="use a kernel with CONFIG_SECCOMP_FILTER")
    missing = sorted(_ACTIONS - actions)
    found = f"missing actions: {', '.join(missing)}" if missing else "filters with refusals and with reports to a supervisor"
    return Layer(name="seccomp", is_required=True, is_present=not missing, found=found, fix="use Linux 5.5 or newer")


def _examine_others(limits: Limits) -> Iterator[Layer]:
    with create_groups(limits) as groups:
        yield Layer(
            name="control groups",
            is_required=False,
            is_present=bool(groups.files),
            found=groups.description,
            fix="run as root, or in a systemd unit with Delegate=yes",
        )
    has_server = find_server()
    yield Layer(
        name="local proxy",
        is_required=False,
        is_present=has_server,
        found="installed" if has_server else "not installed: commands have no network",
    )
    yield Layer(
        name="Landlock audit",
        is_required=False,
        is_present=read_version() >= 7,
        found="denials reach the host's audit log where auditd runs" if read_version() >= 7 else "not in this kernel (ABI 7)",
    )


def describe_layers(layers: tuple[Layer, ...]) -> list[Mapping[str, object]]:
    """Return the layers as JSON objects."""
    return [
        {"layer": each.name, "required": each.is_required, "present": each.is_present, "found": each.found, "fix": each.fix or None}
        for each in layers
    ]
