"""Options of commands that read logs: the window, the reject file, and the line of progress."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from containment.cli.common import refuse_usage
from containment.times import convert_to_utc

_PATHS = typer.Argument(help="Files, folders, s3://BUCKET/PREFIX, logs:GROUP, lab:STACK.")
Paths: TypeAlias = Annotated[list[str], _PATHS]
OptionalPaths: TypeAlias = Annotated[list[str] | None, _PATHS]
Since: TypeAlias = Annotated[str | None, typer.Option("--since", help="Start time or first day (UTC), or an age such as 14d.")]
Until: TypeAlias = Annotated[str | None, typer.Option("--until", help="End time (exclusive), or the last day (UTC).")]
Rejected: TypeAlias = Annotated[Path | None, typer.Option("--rejects", help="JSON lines of the log lines that cannot be used.")]


def parse_moment(option: str, text: str | None, *, is_end: bool = False) -> datetime | None:
    """Return the time of an option.

    A day without a time is its start, or for the end of a window the day after; an age in days or hours, such as 14d, is that long ago.
    """
    if text is None:
        return None
    try:
        if age := re.fullmatch(r"(\d{1,5})([dh])", text):
            return datetime.now(UTC) - timedelta(hours=int(age[1]) * (24 if age[2] == "d" else 1))
        if len(text) == len("2026-11-01"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=is_end), time(), UTC)
        found = datetime.fromisoformat(text)
        return convert_to_utc(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        fix = "write 2026-11-01 or 2026-11-01T12:00:00Z, or an age such as 14d"
        refuse_usage(option, f"is no day or time in ISO 8601 ({text!r})", "it bounds the window of the logs", fix)


@contextmanager
def show_progress() -> Iterator[Callable[[int, str], None]]:
    """Yield a reporter of progress: one line on a terminal, rewritten and at last cleared; nothing elsewhere."""

    def write(text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()

    try:
        yield lambda lines, file: write(f"{lines} lines, reading {file[-60:]}")
    finally:
        write("")
