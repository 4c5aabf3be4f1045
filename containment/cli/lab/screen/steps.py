"""Steps on the screen: the tree of changes, the progress of a phase, and the words that both use.

The tree has one line per resource, and with `--diff` one line per changed property. Progress is on stderr: one live region on a terminal,
else one line per changed resource. The live region has at most four lines (counts and elapsed time, and the longest-running steps) and is
removed at the end.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from containment_lab.engine.report import Moment
from containment_lab.engine.steps import Op, Step
from containment_lab.formats.state import State, get_name, get_type
from containment_lab.formats.values import redact, send
from containment_lab.wire import UNKNOWN

SIGNS = {
    "create": "+",
    "update": "~",
    "replace": "+-",
    "delete": "-",
    "same": " ",
    "read": ">",
    "import": "=",
    "discard": "<",
    "refresh": "~",
    "remove": "-",
}
_COLORS = {"+": 32, "~": 33, "+-": 35, "-": 31, "=": 36, ">": 36, "<": 36}
_PAST = {
    Op.CREATE: "created",
    Op.UPDATE: "updated",
    Op.REPLACE: "replaced",
    Op.DELETE: "deleted",
    Op.SAME: "unchanged",
    Op.READ: "read",
    Op.IMPORT: "imported",
    Op.DISCARD: "discarded",
}


def get_sign(op: str) -> str:
    """Return the sign of an operation, e.g. `+` for `create-replacement`."""
    return SIGNS.get(op) or SIGNS[op.split("-")[0]]


def paint(sign: str, text: str, color: bool) -> str:
    """Return the text in the color of a sign; unchanged without color or for a sign that has none."""
    return f"\x1b[{_COLORS[sign]}m{text}\x1b[0m" if color and sign in _COLORS else text


def shorten_type(token: str) -> str:
    """Return a type token without its file part: `aws:ec2/instance:Instance` is `aws:ec2:Instance`, as Pulumi prints it."""
    package, module, name = [*token.split(":", 2), "", ""][:3]
    return ":".join(filter(None, (package, module.partition("/")[0], name)))


def make_label(urn: str) -> str:
    """Return type and name of the resource with a URN."""
    return f"{shorten_type(get_type(urn))} {get_name(urn)}"


def choose_participle(step: Step) -> str:
    """Return the participle for a finished step, such as `created`; empty for a step without a separate line.

    A replacement has one line for all its steps, that of the creation. Unchanged resources and components, which only group other
    resources, have none.
    """
    if not step.state.custom:
        return ""
    if step.op is Op.CREATE_REPLACEMENT:
        return "replaced"
    if step.state.is_default_provider or "-" in step.op or step.op is Op.REPLACE:
        return ""
    op = step.result if step.op is Op.REFRESH else step.op
    return "" if op is None or op is Op.SAME else _PAST[op]


def count_words(changes: Mapping[str, int], *, planned: bool = False) -> str:
    """Return counts of operations in words, e.g. `79 created, 2 unchanged`, or `79 to create` for planned ones."""
    counts = [(Op(op), count) for op, count in changes.items() if count and op != Op.SAME]
    words = [f"{count} to {op.value}" if planned else f"{count} {_PAST.get(op, op.value)}" for op, count in counts]
    if same := changes.get(Op.SAME, 0):
        words.append(f"{same} unchanged")
    return ", ".join(words)


def count_changed(changes: Mapping[str, int]) -> int:
    """Return the number of resources that an update changes."""
    return sum(count for op, count in changes.items() if op != Op.SAME)


_WIDTH = 100
"""Longest value, in characters, that is printed in full."""


def format_tree(steps: Sequence[Step], *, diff: bool, unchanged: bool, color: bool) -> Iterator[str]:
    """Yield the lines of the tree of changes.

    Args:
        steps: the steps of a phase.
        diff: add a line per changed property; otherwise list only the names of changed properties.
        unchanged: include unchanged resources.
        color: use terminal colors.
    """
    main = {step.state.urn: step for step in steps if step.op not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)}
    for urn, step in main.items():
        op, state, depth = str(step.result or step.op), step.state, 0
        if (op == Op.SAME and not unchanged) or state.is_default_provider:
            continue
        above = state.parent
        while above in main:
            above, depth = main[above].state.parent, depth + 1
        pad, sign = "    " * depth, get_sign(op)
        properties = list(_find_property_changes(step)) if op in ("create", "update", "replace", "import") else []
        names = ", ".join(f"{sign}{key}" for sign, key, _ in properties) if step.old and not diff else ""
        yield paint(sign, f"{sign:>2}  {pad}{make_label(urn)} ({op}{': ' + names if names else ''})", color)
        for sign, key, text in properties if diff else ():
            yield paint(sign, f"    {sign:>2}  {pad}      {key}: {text}", color)


def count_types(steps: Sequence[Step]) -> str:
    """Return the number of changed resources per package and module, e.g. `aws:ec2 31, aws:iam 8`."""
    kinds: Counter[str] = Counter()
    for step in steps:
        if step.counted and step.counted is not Op.SAME:
            package, _, rest = step.state.type.partition(":")
            module = rest.partition("/")[0].partition(":")[0]
            kinds[package if module == "index" else f"{package}:{module}"] += 1
    return ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())


def show_value(value: Any) -> str:
    """Return a value as one short line, with secrets replaced."""
    text = json.dumps(redact(value), ensure_ascii=False).replace(f'"{UNKNOWN}"', "[unknown]").replace('"[secret]"', "[secret]")
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _find_property_changes(step: Step) -> Iterator[tuple[str, str, str]]:
    """Yield sign, name and text of each changed property; changed secrets appear as `[secret]`."""
    old: State | None = None if step.op is Op.CREATE else step.old
    before, after = (old.inputs if old else {}), step.state.inputs
    if step.result is not None and old:
        before, after = old.outputs, step.state.outputs
    for key in sorted(before.keys() | after.keys()):
        if key.startswith("__") or (key in before and key in after and send(before[key], secrets=False) == send(after[key], secrets=False)):
            continue
        if key not in before:
            yield "+", key, show_value(after[key])
        elif key not in after:
            yield "-", key, show_value(before[key])
        else:
            yield "~", key, f"{show_value(before[key])} => {show_value(after[key])}"


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
