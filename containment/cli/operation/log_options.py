"""Options of commands that read logs: the window, the reject file, and the line of progress."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from containment.cli.common import refuse_usage
from containment.cli.time_options import parse_time, refuse_future
from containment.input_reader import InputReader
from containment.times import format_time

_PATHS = typer.Argument(help="Files, folders, s3://BUCKET/PREFIX, logs:GROUP, lab:STACK.")
Paths: TypeAlias = Annotated[list[str], _PATHS]
OptionalPaths: TypeAlias = Annotated[list[str] | None, _PATHS]
Since: TypeAlias = Annotated[str | None, typer.Option("--since", help="Start time or first day (UTC), or an age such as 14d.")]
Until: TypeAlias = Annotated[str | None, typer.Option("--until", help="End time (exclusive), or the last day (UTC).")]
Rejected: TypeAlias = Annotated[Path | None, typer.Option("--rejects", help="JSON lines of the log lines that cannot be used.")]


_WHY = "it bounds the window of the logs"


def read_window(reader: InputReader, since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the times of --since and --until; mistakes in them wait for `reader.require`."""
    start = reader.read(lambda: _parse_since(since)).get_or(None)
    end = reader.read(lambda: None if until is None else _parse_bound("--until", until, is_end=True)).get_or(None)
    if start is not None and end is not None and end <= start:
        reader.read(lambda: refuse_usage("--until", "is not after --since", _WHY, f"write a time after {format_time(start)}"))
    return start, end


def _parse_since(text: str | None) -> datetime | None:
    if text is None:
        return None
    fix = "write an earlier time, or an age such as 14d"
    return refuse_future("--since", _parse_bound("--since", text), "no log has lines of it yet", fix)


def _parse_bound(option: str, text: str, *, is_end: bool = False) -> datetime:
    """Return a time of the window; an age in days or hours, such as 14d, is that long ago."""
    if not (age := re.fullmatch(r"(\d{1,5})([dh])", text)):
        return parse_time(option, text, f"{_WHY}; an age such as 14d is possible too", is_end=is_end)
    return datetime.now(UTC) - timedelta(hours=int(age[1]) * (24 if age[2] == "d" else 1))


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
