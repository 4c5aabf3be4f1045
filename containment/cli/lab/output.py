"""Output of `containment lab preview|up|refresh|destroy`: data on stdout, progress on stderr, the verdict last.

stdout gets the tree of changes, the outputs and the line of a success; stderr gets progress, remarks and the block of a refusal, a failure
or an interruption. If both are one pipe, lines are in the order of events. With `--json`, stdout gets only the one JSON object.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import Self, TextIO

from containment.cli.lab.screen.steps import (
    LineProgress,
    LiveRegion,
    Progress,
    count_changed,
    count_types,
    count_words,
    format_tree,
    show_value,
)
from containment.cli.lab.screen.verdict import Ending, Verb, format_advisories, format_verdict
from containment_lab.engine.report import Report
from containment_lab.errors import Exit

_FEW = 30
"""Largest number of changes that are listed after an update on a terminal, where progress leaves no lines."""


@dataclass(frozen=True)
class DetailLevel:
    """Level of detail: `diff` adds every changed property, `verbose` every step and every unchanged resource."""

    diff: bool = False
    verbose: bool = False

    @property
    def full(self) -> bool:
        """Whether the tree is printed even if progress has shown the same resources."""
        return self.diff or self.verbose


class Screen:
    """The output of one command; used in a `with` block.

    Args:
        verb: the command.
        stack: name of the stack, for the verdict.
        color: whether to use colors; None: on a terminal, unless NO_COLOR is set.
        quiet: leave stdout to the JSON object.
        packs: whether a policy pack runs.
        detail: level of detail.
    """

    def __init__(
        self, verb: Verb, stack: str, *, color: bool | None, quiet: bool, packs: bool = False, detail: DetailLevel = DetailLevel()
    ) -> None:
        self.verb, self._stack, self._quiet, self._packs, self._detail = verb, stack, quiet, packs, detail
        self._color = color
        self._began = time.monotonic()
        self._open: Report | None = None
        self._progress: Progress | None = None
        self._live = has_live_region(sys.stderr)
        self._planned: int | None = None
        self._said_before: set[str] = set()
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        """Return the screen."""
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the terminal, however the command ends."""
        self._stop()

    def start_phase(self, preview: bool) -> Report:
        """Return the record of a new phase, whose progress is displayed from now on."""
        self._stop()
        self._said_before |= self._said
        every, color = self._detail.verbose, self._has_color(sys.stderr)
        if self._live:
            title = f"{'preview' if preview else self.verb.value} of {self._stack}"
            self._progress = LiveRegion(title, color=color, planned=self._planned or 0, every_moment=every)
        else:
            self._progress = LineProgress(color=color, preview=preview, every_moment=every)
        self._open = Report(preview, self._progress.take, self._print_once)
        return self._open

    def show(self, report: Report) -> None:
        """Print the changes of a phase on stdout (planned ones for a preview), and after an update the stack's outputs."""
        self._stop()
        self._open = None
        if report.preview:
            self._planned = count_changed(report.changes)
        if self._quiet:
            return
        if report.preview and self.verb is Verb.UP and report.exit is Exit.OK and not self._detail.full:
            self.print_line(f"preview of {self._stack}: {count_words(report.changes, planned=True) or 'no resources'}")
        elif report.preview or self._live or self._detail.full:
            self._show_changes(report)
        if report.outputs and not report.preview and report.exit is Exit.OK:
            print("Outputs:")
            for name, value in sorted(report.outputs.items()):
                print(f"    {name}: {show_value(value)}")

    def fail(self, message: str) -> None:
        """Print an error that ended the command: one line outside of a phase, else the verdict of the unfinished phase."""
        if self._open and self._open.exit is not Exit.OK:
            self._open.record_error(message)
            self.conclude(self._open)
        else:
            self.print_line(f"error: {message}")

    def conclude(self, report: Report) -> None:
        """Print the verdict, last: a success on stdout, everything else on stderr."""
        self._stop()
        for line in format_advisories(report):
            self.print_line(line)
        took = time.monotonic() - self._began
        ending = Ending(verb=self.verb, stack=self._stack, report=report, planned=self._planned, seconds=took, packs=self._packs)
        lines = format_verdict(ending)
        if report.exit is Exit.OK and not self._quiet:
            sys.stderr.flush()
            print("\n".join(lines), flush=True)
        else:
            self.print_line("\n".join(self._emphasize(lines)))

    def print_line(self, text: str) -> None:
        """Print a line on stderr, after everything printed on stdout so far."""
        self._stop()
        sys.stdout.flush()
        print(text, file=sys.stderr, flush=True)

    def _print_once(self, text: str) -> None:
        """Print a remark, unless the previous phase printed the same one."""
        self._said.add(text)
        if text not in self._said_before and self._progress:
            self._progress.print_line(text)

    def _show_changes(self, report: Report) -> None:
        detail, count = self._detail, count_changed(report.changes)
        if not report.preview and not detail.full and count > _FEW:
            print(f"Changes: {count_types(report.steps)} (each: --diff)")
            return
        lines = list(format_tree(report.steps, diff=detail.diff, unchanged=detail.verbose, color=self._has_color(sys.stdout)))
        if lines:
            print("\n".join(["Preview:" if report.preview else "Changes:", *lines]))

    def _emphasize(self, lines: list[str]) -> list[str]:
        """Return the block with its title in red, if colors are used."""
        title = next((index for index, line in enumerate(lines) if line), 0)
        return [
            f"\x1b[1;31m{line}\x1b[0m" if index == title and self._has_color(sys.stderr) and len(lines) > 1 else line
            for index, line in enumerate(lines)
        ]

    def _has_color(self, stream: TextIO) -> bool:
        return is_color_terminal(stream) if self._color is None else self._color

    def _stop(self) -> None:
        if self._progress:
            self._progress.stop()


def is_color_terminal(stream: TextIO) -> bool:
    """Return whether a stream gets colors by default: it is a terminal that has them, and NO_COLOR is unset."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def has_live_region(stream: TextIO) -> bool:
    """Return whether a stream is a terminal on which lines can be redrawn."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
