"""Standard streams of a command: closed ones are replaced, and an answer that cannot be written is one error.

Python ends in a traceback, or with exit code 120, when stdout is closed or the disk behind it is full.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from containment.exit_code import Exit

STDOUT: Final = "<stdout>"
"""The file name of errors of stdout; without it they cannot be told from those of a file."""


class _Output(io.FileIO):
    """The raw stdout, whose errors have a name."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            error.filename = STDOUT
            raise


def prepare_streams() -> None:
    """Open the null device in place of each standard stream that is closed, so that no file gets its number, and name stdout's errors."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace", closefd=False))
    old = sys.__stdout__
    if old is None or sys.stdout is not old:  # it is the null device, or a caller in this process reads what is printed
        return
    raw = io.BufferedWriter(_Output(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(raw, encoding=old.encoding, errors=old.errors, line_buffering=raw.isatty())


@contextmanager
def exit_on_file_error(program: str) -> Iterator[None]:
    """Exit with one message where stdout cannot be written, or where a file cannot be used and no command explained it.

    Args:
        program: the start of the message.
    """
    prepare_streams()
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has what it wanted, as with `| head`
        _drop_output()
        sys.exit(Exit.ERROR)
    except RuntimeError as error:
        loop = str(error).removeprefix("Symlink loop from ")  # what Path.resolve raises until Python 3.13
        if loop == str(error):
            raise
        print(f"{program}: {loop} is a symbolic link that leads back to itself; name the file or the folder itself", file=sys.stderr)
        sys.exit(Exit.ERROR)
    except OSError as error:
        print(f"{program}: {_explain(error)}", file=sys.stderr)
        if error.filename == STDOUT:
            _drop_output()
        sys.exit(Exit.ERROR)


def _explain(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    if error.filename == STDOUT:
        return f"the answer cannot be written: {reason}; write it to another place, and run the command again"
    if error.filename is None:
        return f"{reason}; run the command again when that is corrected"
    return f"{error.filename}: {reason}; name a file or a folder that your user can read and write"


def _drop_output() -> None:
    """Let the interpreter end without a second error about the rest of the output."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
