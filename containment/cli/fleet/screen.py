"""Progress of a fleet run on stderr: one live table on a terminal, plain lines in a pipe.

The table has a row per stack, unfinished ones first, and is removed at the end: the answer has the result of each stack.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from containment.fleet.answers import format_end
from containment.fleet.backend import Result, Task
from containment.fleet.runner import Event, Moment

_PER_SECOND: Final = 4
_FINISHED_STEP: Final = re.compile(r"(?<! FAILED) \(\d+(\.\d+)? s\)$")
"""The end of an engine's line about one finished resource."""
_COLORS: Final = {Result.SUCCEEDED: "green", Result.NOT_STARTED: "cyan", Result.INTERRUPTED: "yellow", Result.LOCKED: "yellow"}


class FleetScreen(Protocol):
    """A display of the events of a run, used in a `with` block."""

    def __enter__(self) -> Self:
        """Begin the display."""

    def __exit__(self, *_: object) -> None:
        """End the display; the terminal is as before."""

    def take(self, event: Event) -> None:
        """Display an event; called from several threads."""


def make_screen(tasks: Sequence[Task], title: str) -> FleetScreen:
    """Return a live table where stderr is a terminal, else lines."""
    is_live = sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
    return LiveTable(tasks, title, Console(stderr=True, highlight=False, no_color="NO_COLOR" in os.environ)) if is_live else Lines()


class Lines:
    """Events as lines: the start and the end of each stack, and what waits for a lock."""

    def __enter__(self) -> Self:
        """Begin the display."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the display."""

    def take(self, event: Event) -> None:
        """Print the line of an event, if it has one."""
        if event.moment is Moment.STARTED:
            print(f"{event.task.label}: started", file=sys.stderr, flush=True)
        elif event.ended is not None:
            print(format_end(event.ended), file=sys.stderr, flush=True)
        elif event.text.startswith("waiting for "):
            print(f"{event.task.label}: {event.text}", file=sys.stderr, flush=True)


@dataclass
class _Row:
    """One stack on the table."""

    label: str
    began: float = 0.0
    seconds: float = 0.0
    steps: int = 0
    line: str = ""
    result: Result | None = None

    @property
    def rank(self) -> int:
        """The place of the row: running, failed, waiting, then finished ones."""
        if self.result is None:
            return 0 if self.began else 2
        return 3 if self.result is Result.SUCCEEDED else 1


class LiveTable:
    """One table, redrawn in place."""

    def __init__(self, tasks: Sequence[Task], title: str, console: Console) -> None:
        self._title, self._console = title, console
        self._rows = {task.label: _Row(task.label) for task in tasks}
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._live = Live(console=console, get_renderable=self.render, transient=True, refresh_per_second=_PER_SECOND)

    def __enter__(self) -> Self:
        """Begin the display."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the table; the terminal is as before."""
        self._live.stop()

    def take(self, event: Event) -> None:
        """Change the row of an event's stack."""
        with self._lock:
            row = self._rows[event.task.label]
            if event.moment is Moment.STARTED:
                row.began = time.monotonic()
            elif event.moment is Moment.LINE:
                row.steps += bool(_FINISHED_STEP.search(event.text))
                row.line = event.text.strip()
            elif event.ended is not None:
                row.result, row.seconds = event.ended.result, event.ended.seconds
                row.line = format_end(event.ended).removeprefix(f"{row.label}: {row.result}: ")

    def render(self) -> Table:
        """Return the table as it is now."""
        now = time.monotonic()
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, title_justify="left")
        for name in ("stack", "state", "steps", "seconds", "last"):
            table.add_column(name, no_wrap=True, overflow="ellipsis")
        with self._lock:
            rows = sorted(self._rows.values(), key=lambda row: row.rank)
            ended = sum(row.result is not None for row in rows)
            table.title = Text(f"{self._title}: {ended}/{len(rows)} ended, {now - self._began:.0f} s")
            for row in rows:
                state = row.result.value if row.result else "running" if row.began else "waiting"
                color = _COLORS.get(row.result, "red") if row.result else ""
                seconds = row.seconds or (now - row.began if row.began and row.result is None else 0)
                cells = (row.label, Text(state, style=color), str(row.steps or ""), f"{seconds:.0f}" if seconds else "", Text(row.line))
                table.add_row(*cells)
        return table
