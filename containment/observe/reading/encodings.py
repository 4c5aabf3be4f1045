"""Text of a log in UTF-8: a byte order mark is removed, and UTF-16, as spreadsheets export it, is converted line by line."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, Final, Protocol, cast

_UTF8, _UTF16 = codecs.BOM_UTF8, (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class ByteLines(Protocol):
    """Lines of bytes."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, at most about `size` bytes of it; empty at the end."""


class _ConvertedLines:
    """Lines of UTF-16 in UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-16", newline="\n")

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, at most `size` characters of it; raise UnicodeError for text that is no UTF-16."""
        try:
            return self._text.readline(size).encode()
        except UnicodeError as error:
            raise UnicodeError(f"it is no UTF-16 to its end ({error}); export it in UTF-8") from None


class _ForeignLines:
    """A file in an encoding that is not read."""

    def __init__(self, what: str) -> None:
        self._what = what

    def readline(self, _: int = -1, /) -> bytes:
        """Raise UnicodeError."""
        raise UnicodeError(f"it is {self._what}; export it in UTF-8")


def convert_to_utf8(file: object) -> ByteLines:
    """Return the lines of an open binary file, by its first bytes."""
    raw = cast(BinaryIO, file)
    head = raw.read(4)
    raw.seek(0)
    if head in _UTF32:
        return _ForeignLines("UTF-32")
    if head.startswith(_UTF16):
        return _ConvertedLines(raw)
    if b"\0" in head:
        return _ForeignLines("UTF-16 without a byte order mark, or no text")
    if head.startswith(_UTF8):
        raw.seek(len(_UTF8))
    return raw
