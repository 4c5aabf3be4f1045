"""Progress of a phase on stderr: one live region on a terminal, else one line per changed resource.

The live region has at most four lines (counts and elapsed time, and the longest-running steps) and is removed at the end.
"""

from __future__ import annotations

import sys
import time
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from containment.cli.lab.screen.wording import choose_participle, get_sign, make_label, paint
from containment_lab.engine.report import Moment
from containment_lab.engine.steps import Step

_SHOWN = 3
"""Number of running steps that the live region names."""
_PER_SECOND = 8


class Progress(Protocol):
    """A display of the progress of one phase."""

    def take(self, step: Step, moment: Moment, seconds: float) -> None:
        """Display a moment of a step."""

    def print_line(self, text: str) -> None:
        """Print a line of text."""

    def stop(self) -> None:
        """End the display; lines may still be printed."""


class LineProgress:
    """Progress as lines; a preview prints none unless every moment is displayed."""

    def __init__(self, *, color: bool, preview: bool, every_moment: bool) -> None:
        self._color, self._every = color, every_moment
        self._silent = preview and not every_moment

    def take(self, step: Step, moment: Moment, seconds: float) -> None:
        """Print the line of a step that ended."""
        if not self._silent and (line := format_step(step, moment, seconds, color=self._color, every_moment=self._every)):
            self.print_line(line)

    def print_line(self, text: str) -> None:
        """Print a line on stderr, after everything printed on stdout so far."""
        sys.stdout.flush()
        print(text, file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Do nothing: lines need no clean-up."""


class LiveRegion:
    """Progress as one region of a terminal, redrawn in place; the line of a failed step is printed above it."""

    def __init__(self, title: str, *, color: bool, planned: int, every_moment: bool) -> None:
        self._title, self._planned = title, planned
        self._color, self._every = color, every_moment
        self._began = time.monotonic()
        self._under_way: dict[Step, float] = {}
        self._done = 0
        self._console = Console(stderr=True, no_color=not color, highlight=False)
        self._live = Live(console=self._console, get_renderable=self._render_region, transient=True, refresh_per_second=_PER_SECOND)
        self._live.start()

    def take(self, step: Step, moment: Moment, seconds: float) -> None:
        """Count a finished step, or note the start of one."""
        if moment is Moment.BEGIN:
            self._under_way[step] = time.monotonic()
        else:
            self._under_way.pop(step, None)
            self._done += moment is Moment.DONE and bool(choose_participle(step))
        if self._every or moment is Moment.FAILED:
            self.print_line(format_step(step, moment, seconds, color=self._color, every_moment=self._every))

    def print_line(self, text: str) -> None:
        """Print a line above the region."""
        self._console.print(Text.from_ansi(text), soft_wrap=True)

    def stop(self) -> None:
        """Remove the region from the terminal."""
        self._live.stop()

    def _render_region(self) -> RenderableType:
        now = time.monotonic()
        slowest = sorted(self._under_way.copy().items(), key=lambda pair: pair[1])
        total = f"/{self._planned}" if self._planned and self._planned >= self._done else ""
        lines = [f"{self._title}: {self._done}{total} done, {len(slowest)} under way, {now - self._began:.0f} s"]
        lines += [f"    {step.op.value} {make_label(step.state.urn)} ({now - since:.0f} s)" for step, since in slowest[:_SHOWN]]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


def format_step(step: Step, moment: Moment, seconds: float, *, color: bool, every_moment: bool) -> str:
    """Return the line of a step at a moment; empty if it has none.

    Args:
        step: the step.
        moment: beginning, end or failure.
        seconds: duration of the step so far.
        color: use terminal colors.
        every_moment: include beginnings, and steps that change no resource by themselves.
    """
    word = choose_participle(step)
    match moment:
        case Moment.BEGIN:
            text = f"{step.op.value} ..." if every_moment else ""
        case Moment.DONE:
            word = word or (step.op.value if every_moment else "")
            text = f"{word} ({seconds:.1f} s)" if word else ""
        case Moment.FAILED:
            text = f"{step.op.value} FAILED ({seconds:.1f} s)"
    sign = get_sign(step.op)
    return paint(sign, f"{sign:>2}  {make_label(step.state.urn)} {text}", color) if text else ""
