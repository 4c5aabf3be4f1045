"""Error of a log line of a known format that cannot be parsed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ValidationError

from containment.errors import ContainmentError
from containment.fixes.model_findings import summarize_findings

_SHOWN = 200


class LogFormatError(ContainmentError):
    """A line of a known format with a field that is missing or wrong."""


@contextmanager
def explain_broken_line(kind: str, line: str) -> Iterator[None]:
    """Raise LogFormatError, with the field, for a line that its parser cannot use."""
    try:
        yield
    except ValidationError as error:
        fields = summarize_findings(error, BaseModel, root="record")
        raise LogFormatError(f"{kind} with a wrong field ({fields}): {line[:_SHOWN]}") from None
    except KeyError as error:
        raise LogFormatError(f"{kind} without the field {error}: {line[:_SHOWN]}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise LogFormatError(f"{kind} with a wrong field ({error}): {line[:_SHOWN]}") from None
