"""Systemd units of a command that runs every few hours or minutes: a service and its timer, written to a folder.

Units that read logs run where logs can be read, not on the agent's host: an agent must not be able to stop or change what is observed
about it. Discovery and the updater of signed bundles run on the host as root, so that an agent's user cannot stop them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.files.whole_files import write_whole
from containment.systemd_units.unit_file import format_command, format_path, format_text, format_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedCommand:
    """A command that a timer starts again and again, also after a missed time.

    Attributes:
        name: name of both units, without suffix.
        purpose: description of one run.
        words: the command with its arguments; the first is an absolute path.
        folder: the folder in which it runs.
        results: the only folder that it may write; None for any but the system's.
        success: exit codes that are no failure of the unit, besides 0.
        hours: hours between two runs.
        minutes: minutes between two runs in place of hours; the first run is then at once.
        settings: directives of the service in place of the usual restrictions.
        writable: further folders that it may write.
    """

    name: str
    purpose: str
    words: Sequence[str]
    folder: Path
    results: Path | None = None
    success: Sequence[Exit]
    hours: int = 0
    minutes: int = 0
    settings: Sequence[tuple[str, str]] = ()
    writable: Sequence[Path] = ()

    @property
    def interval(self) -> str:
        """The time between two runs, in words."""
        return f"{self.minutes} min" if self.minutes else f"{self.hours} h"

    @property
    def _written(self) -> list[Path]:
        return [*([self.results] if self.results is not None else []), *self.writable]

    def build_units(self) -> dict[str, str]:
        """Return the texts of the service and of the timer by file name, the service first.

        Raises:
            InputError: a word or path has a character that a unit file cannot have.
        """
        rights = [("NoNewPrivileges", "yes"), ("PrivateTmp", "yes"), ("ProtectSystem", "full")]
        if self.results is not None:
            rights[-1:] = [("TimeoutStartSec", "2h"), ("UMask", "0077"), ("ProtectSystem", "strict")]
        service = [
            "Type=oneshot",
            f"WorkingDirectory={format_text(_check(str(self.folder.resolve())))}",
            f"ExecStart={format_command(map(_check, self.words))}",
            *(f"# {int(code)}: {code.meaning}" for code in self.success),
            f"SuccessExitStatus={' '.join(str(int(code)) for code in self.success)}",
            *(f"{name}={value}" for name, value in self.settings or rights),
            *(f"ReadWritePaths={format_path(_check(str(one.resolve())))}" for one in self._written),
        ]
        about = [f"Description={format_text(self.purpose)}", "Wants=network-online.target", "After=network-online.target"]
        delay = ["OnActiveSec=0", "AccuracySec=5s"] if self.minutes else ["OnActiveSec=1min", "RandomizedDelaySec=5min"]
        when = [*delay, f"OnUnitActiveSec={self.interval.replace(' ', '')}"]
        timer = [
            ("Unit", [f"Description={format_text(self.purpose)} every {self.interval}"]),
            ("Timer", when),
            ("Install", ["WantedBy=timers.target"]),
        ]
        return {
            f"{self.name}.service": format_unit([("Unit", about), ("Service", service)]),
            f"{self.name}.timer": format_unit(timer),
        }

    def write(self, target: Path) -> list[Path]:
        """Write both units into a folder and return their paths, the service first; raise InputError if that fails."""
        units = self.build_units()
        try:
            for one in self._written:  # systemd needs a folder before it lets a service write it
                one.mkdir(parents=True, exist_ok=True)
            for name, text in units.items():
                write_whole(target / name, text)
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})"
            problem = Problem(
                str(error.filename or target), what, "systemd reads units from a folder", "name a folder that you may write to"
            )
            raise InputError("the units are not written", [problem]) from None
        return [target / name for name in units]


def _check(text: str) -> str:
    """Return a word or path; raise InputError if it has a control character, which none of them needs."""
    if any(ord(char) < 32 for char in text):
        problem = Problem(repr(text), "has a control character", "a unit file has one setting per line", "use another path or value")
        raise InputError("the units are not written", [problem])
    return text
