"""Files that a user names: read whole, as text or JSON, and explained in one place where that fails.

Rules kept here:
- a failure has a reason in plain words and a fix, never the text of an exception;
- a byte order mark is no part of the text, and a file without an end (`/dev/zero`) is not read without end.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from containment import strict_json
from containment.errors import InputError, Problem

MOST_BYTES: Final = 256 << 20
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_GZIP: Final = b"\x1f\x8b"


class InputFileError(ValueError):
    """A file that cannot be used: what is wrong; `fix` is empty where only the caller knows what the file should be."""

    def __init__(self, path: Path, what: str, fix: str = "") -> None:
        super().__init__(f"{path} {what}" + (f"; {fix}" if fix else ""))
        self.path, self.what, self.fix = path, what, fix

    def make_problem(self, why: str, fix: str) -> Problem:
        """Return the Problem of the file.

        Args:
            why: why the file matters.
            fix: the fix where the failure itself has none, such as the command that writes the file.
        """
        return Problem(str(self.path), self.what, why, f"{self.fix}; or {fix}" if self.fix else fix)


@contextmanager
def explain_errors(title: str, why: str, fix: str) -> Iterator[None]:
    """Raise an InputFileError of the block as an InputError with this title; `why` and `fix` are those of `make_problem`."""
    try:
        yield
    except InputFileError as error:
        raise InputError(title, [error.make_problem(why, fix)]) from None


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """Return the text of a file without a byte order mark; raise InputFileError."""
    return decode_text(path, read_bytes(path, most_bytes))


def read_json(path: Path, most_bytes: int = MOST_BYTES) -> Any:
    """Return the document of a JSON file; raise InputFileError."""
    return parse_json(path, read_bytes(path, most_bytes))


def read_bytes(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the content of a file; raise InputFileError."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise InputFileError(path, *explain_os_error(error)) from None
    if len(data) > most_bytes:
        raise InputFileError(path, f"is larger than {most_bytes >> 20} MiB")
    return data


def decode_text(path: Path, data: bytes) -> str:
    """Return the text of a file's content; raise InputFileError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(path, *explain_encoding(error)) from None


def parse_json(path: Path, data: bytes) -> Any:
    """Return the document in a file's content; raise InputFileError."""
    try:
        return strict_json.load(decode_text(path, data))
    except strict_json.StrictJsonError as error:
        raise InputFileError(path, error.what, error.fix) from None


def explain_os_error(error: OSError) -> tuple[str, str]:
    """Return why a file cannot be read, and the fix; an empty fix where the caller has a better one."""
    match error:
        case FileNotFoundError():
            return "does not exist", ""
        case IsADirectoryError():
            return "is a folder, not a file", ""
        case PermissionError():
            return "cannot be read: permission denied", "let your user read it: chmod u+r, or correct its owner"
    if error.errno == errno.ELOOP:
        return "is a symbolic link that leads back to itself", "name the file itself"
    if error.errno == errno.ENOTDIR:
        return "is below a file that is no folder", ""
    return f"cannot be read: {(error.strerror or str(error)).lower()}", ""


def explain_encoding(error: UnicodeDecodeError) -> tuple[str, str]:
    """Return where bytes are not UTF-8, and the fix."""
    if error.object[:2] in _UTF16:
        return "is UTF-16 text, not UTF-8", "save the file as UTF-8"
    if error.object[:2] == _GZIP:
        return "is compressed with gzip", "unpack it with gunzip"
    before = error.object[: error.start]
    line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
    return f"line {line}, byte {column}: is not UTF-8 text", "save the file as UTF-8"
