"""Repeated discovery: in one process for containers without systemd, or by systemd units.

In one process it runs at once, then at each interval, until SIGTERM or SIGINT; one instance per user at a time. Only what is new since the
last run becomes an event, so that a quiet container has quiet logs. The units run as root, with the two capabilities that reading needs,
and without a network.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from containment.errors import ContainmentError, InputError, Problem
from containment.exit_code import Exit
from containment.queries.results import Answer, Section
from containment.systemd_units.timers import RepeatedCommand

_MOST_KEPT: Final = 100_000
"""Events that are remembered as already written."""


class AlreadyRunningError(ContainmentError):
    """Another repeated discovery of this user runs."""

    exit_code = Exit.LOCKED


@dataclass(slots=True)
class EventLog:
    """Writes events as JSON lines: to a file, or by a function for standard output; each event once, until it changes."""

    path: Path | None
    write_line: Callable[[str], None]
    _written: set[str] = field(default_factory=set)

    def write_new(self, events: Iterable[Mapping[str, Any]]) -> int:
        """Write the events that the last run did not have, and return how many; raise InputError if a file cannot be written."""
        current, lines = set[str](), list[str]()
        for event in events:
            key = json.dumps({name: value for name, value in event.items() if name != "time"}, sort_keys=True)
            if key not in self._written and key not in current:
                lines.append(json.dumps(event, ensure_ascii=True))
            if len(current) < _MOST_KEPT:
                current.add(key)
        self._append(lines)
        self._written = current
        return len(lines)

    def _append(self, lines: list[str]) -> None:
        if self.path is None:
            for line in lines:
                self.write_line(line)
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640), "a", encoding="utf-8") as log:
                log.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})"
            problem = Problem(f"--ocsf {self.path}", what, "events would be lost", "name a file in a folder that you may write to")
            raise InputError("events are not written", [problem]) from None


def parse_interval(text: str) -> float:
    """Return the seconds of an interval such as `5m`, `300s` or `1h`; raises InputError for other texts and below 10 s."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdigit() or not 10 <= int(number) * units[unit] <= 86_400:
        fix = f"write --every {number}m" if number.isdigit() and unit in units and int(number) else "write --every 5m"
        fix = f"write --every {text}m" if text.isascii() and text.isdigit() and 1 <= int(text) <= 1440 else fix
        problem = Problem(f"--every {text}", "is not an interval from 10s to 24h", "a discovery needs some time", fix)
        raise InputError("discovery is not repeated", [problem])
    return float(int(number) * units[unit])


def find_lock_path() -> Path:
    """Return the lock file of this user."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.geteuid() == 0:
        base = "/run"
    folder = Path(base) if base and Path(base).is_dir() else Path(tempfile.gettempdir())
    return folder / f"containment-discover-{os.geteuid()}.lock"


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Lock a file for this process; raises AlreadyRunningError where another process has it, and InputError where it cannot be made."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        what = f"cannot be opened ({error.strerror or error})"
        fix = "remove it, or set XDG_RUNTIME_DIR to a private folder"
        raise InputError("discovery is not repeated", [Problem(str(path), what, "two discoveries would run at once", fix)]) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
        raise AlreadyRunningError(f"another repeated discovery runs, which has {path}: end it, or leave it running") from None
    try:
        yield
    finally:
        os.close(handle)


def repeat(run: Callable[[], str], seconds: float, write_line: Callable[[str], None], report: Callable[[str], None]) -> None:
    """Call a function at once and then at each interval, until SIGTERM, SIGINT or SIGHUP; a run under way is completed.

    Args:
        run: one discovery; returns a line about it. An error that the user can correct is reported, and the next run is made.
        seconds: time between the starts of two runs.
        write_line: prints the line of a run.
        report: prints an error.
    """
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        while not ended.is_set():
            start = time.monotonic()
            try:
                write_line(run())
            except ContainmentError as error:
                report(str(error))
            ended.wait(max(0.0, seconds - (time.monotonic() - start)))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
