"""Error of a log line of a known format that cannot be parsed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from containment.errors import ContainmentError

_SHOWN = 200


class LogFormatError(ContainmentError):
    """A line of a known format with a field that is missing or wrong."""


@contextmanager
def explain_broken_line(kind: str, line: str) -> Iterator[None]:
    """Raise LogFormatError, with the field, for a line that its parser cannot use."""
    try:
        yield
    except ValidationError as error:
        fields = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'record'}: {each['msg']}" for each in error.errors())
        raise LogFormatError(f"{kind} with a wrong field ({fields}): {line[:_SHOWN]}") from None
    except KeyError as error:
        raise LogFormatError(f"{kind} without the field {error}: {line[:_SHOWN]}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LogFormatError(f"{kind} with a wrong field ({error}): {line[:_SHOWN]}") from None
