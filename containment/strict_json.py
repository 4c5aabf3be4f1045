"""Strict JSON: refuse text that two parsers could read differently.

Python's own messages ("Expecting value") have no fix; `StrictJsonError` has one. It never contains a value, which may be secret.
"""

from __future__ import annotations

import json
from typing import Any, Final

_CAUSES: Final = (
    ("Expecting property name", "a key is not in double quotes", 'write keys as "key", and no comma before `}`'),
    ("Expecting ',' delimiter", "a comma or a closing bracket is missing", "write `,` between two items, or close the bracket"),
    ("Expecting ':' delimiter", "the colon after a key is missing", 'write "key": value'),
    (
        "Expecting value",
        "a value is missing or is not JSON",
        "write texts in double quotes, words as true, false or null, and no last comma",
    ),
    ("Extra data", "there is more text after the end of the document", "keep one document in a file"),
    ("Invalid control character", "a text contains a line break or a control character", "write \\n in its place"),
    ("Invalid \\", "a text contains an unknown escape sequence", "write \\\\ for a backslash"),
    ("Illegal trailing comma", "a comma has nothing after it", "remove the comma"),
)
"""Starts of the messages of Python's parser: what they mean, and the fix."""
_CUT: Final = "write it whole: it may have been cut off, or a bracket or a quote is not closed"


class StrictJsonError(ValueError):
    """JSON that is refused: what is wrong, with line and column where they are known, and the fix."""

    def __init__(self, what: str, fix: str = "write one JSON document, as a program prints it") -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


class NotJsonError(StrictJsonError):
    """Text that no parser of JSON reads."""


class NotANumberError(StrictJsonError):
    """NaN or Infinity, which Python's parser takes and JSON does not have."""


def load(text: str) -> Any:
    """Parse JSON text; raise StrictJsonError for other text, a key that is set twice, NaN, and nesting that is too deep."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _convert_error(error, text) from None
    except RecursionError:
        raise StrictJsonError("is nested too deeply", "write the values with fewer levels") from None
    except StrictJsonError:
        raise
    except ValueError:  # Python converts at most 4,300 digits
        raise StrictJsonError("has a number with thousands of digits", "write a number of at most 300 digits") from None


def load_bytes(data: bytes) -> Any:
    """Parse JSON in UTF-8, without a byte order mark; raise StrictJsonError (see `load`)."""
    try:
        return load(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"is not UTF-8 text (byte {error.start + 1})", "write it as UTF-8") from None


def _convert_error(error: json.JSONDecodeError, text: str) -> NotJsonError:
    if not text.strip():
        return NotJsonError("is empty", "write one JSON document")
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return NotJsonError(f"line {error.lineno}, column {error.colno}: is not JSON: it ends in the middle of a value", _CUT)
    means, fix = next(((means, fix) for start, means, fix in _CAUSES if error.msg.startswith(start)), ("the text is wrong", "correct it"))
    return NotJsonError(f"line {error.lineno}, column {error.colno}: is not JSON: {means}", fix)


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise StrictJsonError(f"has the key {repeated} twice in one object", f"remove one {repeated}")
    return found


def _refuse_constant(text: str) -> Any:
    raise NotANumberError(f"has {text}, which is not a JSON number", "write a number, or null")


_DECODER = json.JSONDecoder(object_pairs_hook=_refuse_repeated_keys, parse_constant=_refuse_constant)
