"""The systemd units that start a command under the launcher: both of a plain user without any capability.

The launcher's unit has no network, and the network service's has neither namespaces nor mounts: so neither can do what the other needs.
`LEFT_OUT` has each directive that would prevent the launcher's work, with the reason.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem
from containment.launcher.programs import find_programs
from containment.launcher.settings import Settings
from containment.launcher.view import find_command
from containment.sandbox.paths import is_within
from containment.systemd_units.unit_file import HARDENING, format_command, format_path, format_text, format_unit

USER: Final = "agent-launcher"
NETWORK_UNIT: Final = "agent-network"
SOCKET: Final = Path("/run") / NETWORK_UNIT / "socket"
_WHOLE_PROC: Final = f"/run/{USER}-proc"
LEFT_OUT: Final[Mapping[str, str]] = {
    "ProtectHostname": "it refuses sethostname, by which bubblewrap names the command's own host; the machine's name needs a right",
    "ProcSubset": "a /proc without /proc/sys ends bubblewrap",
    "MemoryDenyWriteExecute": "JavaScript engines compile into memory; files that the command writes are never code",
}
"""Directives that the launcher's unit does not set, with the reason."""
_HIDDEN: Final = ("/home", "/root", "/run/user")
_LAUNCHER: Final = (
    ("PrivateNetwork", "yes"),
    ("IPAddressDeny", "any"),
    ("IPAddressAllow", "localhost"),
    ("RestrictNamespaces", "user mnt pid ipc uts net cgroup"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
    ("SystemCallFilter", "@system-service @mount capset chroot pivot_root seccomp sethostname"),
    ("SystemCallFilter", "landlock_create_ruleset landlock_add_rule landlock_restrict_self"),
    ("SystemCallFilter", "~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap @resources"),
)
_NETWORK: Final = (
    ("IPAddressDeny", "169.254.169.254/32 fd00:ec2::254/128"),
    ("RestrictNamespaces", "yes"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
    ("MemoryDenyWriteExecute", "yes"),
    ("ProcSubset", "pid"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
)
_INSTALL: Final = ("Install", ["WantedBy=multi-user.target"])


def build_network_unit(socket: Path = SOCKET) -> str:
    """Return the text of the network service's unit; `socket` is in its runtime folder."""
    about = ["Description=Connections for confined agents", "After=network-online.target", "Wants=network-online.target"]
    service = [
        f"ExecStart={format_command([_find_launcher(), 'network', '--socket', str(socket)])}",
        f"User={USER}",
        f"RuntimeDirectory={NETWORK_UNIT}",
        "RuntimeDirectoryMode=0700",
        "Restart=always",
        *(f"{name}={value}" for name, value in (*HARDENING, *_NETWORK)),
    ]
    head = f"# Written by `containment-sandbox network --unit`, for /etc/systemd/system/{NETWORK_UNIT}.service.\n"
    return head + format_unit([("Unit", about), ("Service", service), _INSTALL])


def build_unit(settings: Settings, source: tuple[str, Path], command: Sequence[str], *, task: str | None, folder: Path | None) -> str:
    """Return the text of the unit; raise InputError with every problem.

    Args:
        settings: the profile.
        source: `--profile` with its file, or `--bundle` with the updater's folder, which the unit reads at each start.
        command: the command.
        task: the task of the profile.
        folder: the folder that becomes the command's home; None: a temporary one at each start.
    """
    title = "the unit cannot be written"
    problems = []
    if task is not None and task not in settings.tasks:
        fix = f"name one of {', '.join(settings.tasks) or 'none: the profile has no tasks'}"
        problems.append(Problem(f"--task {task}", "is not a task of the profile", "a task that is not declared has no tools", fix))
    programs = find_programs(settings.programs)
    if find_command(command[0], programs) is None and command[0] not in settings.programs:
        fix = f"start one of {', '.join(settings.programs) or 'none: the profile lists no program'}"
        problems.append(Problem(command[0], "is not a program of the profile", "programs that are not listed are not executed", fix))
    if folder is not None and not folder.is_absolute():
        problems.append(
            Problem(f"--folder {folder}", "is not an absolute path", "units have no working folder", f"write {folder.resolve()}")
        )
    if folder is not None and any(is_within(str(folder), each) for each in _HIDDEN):
        why = "the unit hides home folders (ProtectHome), with the keys in them"
        problems.append(Problem(f"--folder {folder}", "is in a home folder", why, f"use a folder such as /srv/{folder.name}"))
    if problems:
        raise InputError(title, problems)
    log = f"/var/log/{USER}/events.jsonl"
    words = [_find_launcher(), "run", "--quiet", source[0], str(source[1]), "--event-log", log, "--network", str(SOCKET)]
    words += ["--task", task] if task else []
    words += ["--folder", str(folder)] if folder else []
    limits = settings.limits
    writable = [path for path in settings.read_write if not is_within(path, "/home") and not is_within(path, "/tmp")]  # noqa: S108 - the command's
    head = [
        "# Written by `containment-sandbox unit`; it requires the unit of `containment-sandbox network --unit`. Create the user first:",
        f"#   useradd --system --no-create-home --shell /usr/sbin/nologin {USER}",
        *(f"# Not set: {name}, because {why}." for name, why in LEFT_OUT.items()),
    ]
    name = format_text(f"Confined agent: {settings.stack} ({settings.agent_class})")
    about = [f"Description={name}", f"After={NETWORK_UNIT}.service", f"Requires={NETWORK_UNIT}.service"]
    service = [
        f"ExecStart={format_command([*words, '--', *command])}",
        f"User={USER}",
        f"LogsDirectory={USER}",
        "Restart=on-failure",
        f"MemoryMax={limits.data + limits.temporary + limits.shared_memory}",
        "MemorySwapMax=0",
        f"TasksMax={limits.processes + 8}",
        f"LimitNOFILE={limits.open_files}",
        *(f"ReadWritePaths={format_path(path)}" for path in [*writable, *([str(folder)] if folder else [])]),
        "# bubblewrap may create a new /proc only where a whole one is visible; the user has no right to change anything in it.",
        f"BindPaths=/proc:{_WHOLE_PROC}",
        *(f"{name}={value}" for name, value in (*HARDENING, *_LAUNCHER) if name not in LEFT_OUT),
    ]
    return "\n".join([*head, format_unit([("Unit", about), ("Service", service), _INSTALL])])


def _find_launcher() -> str:
    """Return the path of the launcher's program."""
    own = Path(sys.argv[0])
    if own.name == "containment-sandbox" and own.is_absolute():
        return str(own)
    return shutil.which("containment-sandbox") or "/usr/local/bin/containment-sandbox"
