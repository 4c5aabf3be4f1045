"""The terminal around a confined command: restore its settings, and pass on no open folder or disk."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import termios
from collections.abc import Iterator
from typing import Any, Final

from containment.confinement.errors import ConfinementError

_STREAMS: Final = {0: "stdin", 1: "stdout", 2: "stderr"}


def check_streams() -> None:
    """Raise ConfinementError for a standard stream that would give the command access to other files."""
    for number, name in _STREAMS.items():
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            continue  # the stream is closed
        if stat.S_ISDIR(mode) or stat.S_ISBLK(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a disk"
            raise ConfinementError(f"{name} is {what}, and the command could read all of it; give it a file, a pipe or a terminal")


@contextlib.contextmanager
def restore_terminal() -> Iterator[None]:
    """Restore the terminal's settings and foreground group at the end; a shell changes both, and a killed program leaves them."""
    found = _read_terminal()
    try:
        yield
    finally:
        if found:
            settings, group = found
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # this process may be in the background by now
            with contextlib.suppress(OSError, termios.error):  # the terminal is closed
                os.tcsetpgrp(0, group)
                termios.tcsetattr(0, termios.TCSADRAIN, settings)
            signal.signal(signal.SIGTTOU, before)


def _read_terminal() -> tuple[list[Any], int] | None:
    """Return settings and foreground group of the terminal on stdin; None if stdin is not a terminal."""
    try:
        return termios.tcgetattr(0), os.tcgetpgrp(0)
    except (OSError, termios.error):
        return None
