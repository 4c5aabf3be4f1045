"""Systemd units of a repeated discovery: as root, with the two capabilities that reading needs, and without a network."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.queries.results import Answer, Section
from containment.systemd_units.timers import RepeatedCommand

NAME: Final = "containment-discover"
_LOGS: Final = Path("/var/log") / NAME
SETTINGS: Final = (
    ("NoNewPrivileges", "yes"),
    ("UMask", "0027"),
    ("LogsDirectory", NAME),
    ("LogsDirectoryMode", "0750"),
    ("ProtectSystem", "strict"),
    ("PrivateTmp", "no"),
    ("CapabilityBoundingSet", "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"),
    ("RestrictAddressFamilies", "AF_UNIX"),
    ("IPAddressDeny", "any"),
    ("RestrictNamespaces", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("LockPersonality", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("SystemCallArchitectures", "native"),
    ("TimeoutStartSec", "2min"),
    ("CPUQuota", "50%"),
)
"""Directives of the service; homes, temporary folders, `/proc` and the network namespace are the host's, because it reads them."""


def write_units(target: Path, words: Sequence[str], seconds: float, folder: Path) -> Answer:
    """Write the units of a discovery into a folder, and return which files they are and what installs them.

    Args:
        target: the folder of the units.
        words: the command line after `containment`, without the options of the units.
        seconds: time between two runs.
        folder: the folder with the stack files.

    Raises:
        InputError: the interval is not in whole minutes, or a file cannot be written.
    """
    if seconds % 60:
        problem = Problem("--every", "is not in whole minutes", "the timer counts minutes", f"write --every {max(1, round(seconds / 60))}m")
        raise InputError("the units are not written", [problem])
    out = [] if _has_option(words, "--out") else ["--json", "--out", str(_LOGS / "latest.json")]
    events = [] if _has_option(words, "--ocsf") else ["--ocsf", str(_LOGS / "events.jsonl")]
    units = RepeatedCommand(
        name=NAME,
        purpose="Discover agents on this host",
        words=[sys.executable, "-m", "containment", *words, *out, *events],
        folder=folder,
        success=(Exit.NO, Exit.INCONCLUSIVE),
        minutes=int(seconds // 60),
        settings=SETTINGS,
        writable=_list_written_folders(words),
    ).write(target)
    files = [str(one.resolve()) for one in units]
    steps = [f"cp {' '.join(files)} /etc/systemd/system/", "systemctl daemon-reload", f"systemctl enable --now {units[1].name}"]
    return Answer(
        verb="discover",
        headline=f"this host is discovered at once and every {int(seconds // 60)} min when the timer is enabled; results in {_LOGS}",
        exit=Exit.OK,
        sections=(
            Section("Units", ("file",), tuple((one,) for one in files)),
            Section("To enable it", ("command",), tuple((one,) for one in steps)),
        ),
        document={"schema": "containment-discover-timer/v1", "everySeconds": int(seconds), "units": files, "enable": steps},
    )


def _has_option(words: Sequence[str], name: str) -> bool:
    return any(word == name or word.startswith(f"{name}=") for word in words)


def _list_written_folders(words: Sequence[str]) -> list[Path]:
    """Return the folders of `--out` and `--ocsf`, which the service must write."""
    found = list[Path]()
    for place, word in enumerate(words):
        option, mark, value = word.partition("=")
        if option in ("--out", "--ocsf"):
            path = value if mark else next(iter(words[place + 1 : place + 2]), "")
            if path not in ("", "-"):
                found.append(Path(path).resolve().parent)
    return found
