"""How a run looks to a person: a tree of changes like Pulumi's and the outputs on stdout, a line per step on stderr while it happens."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from containment.lab.engine.report import Report
from containment.lab.engine.steps import Op, Step
from containment.lab.formats.state import State, name_of
from containment.lab.formats.values import redact, send
from containment.lab.wire import UNKNOWN

_SIGNS = {
    "create": "+",
    "update": "~",
    "replace": "+-",
    "delete": "-",
    "same": " ",
    "read": ">",
    "import": "=",
    "discard": "<",
    "refresh": "~",
}
_COLOURS = {"+": 32, "~": 33, "+-": 35, "-": 31, "=": 36, ">": 36}
_DOING = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating replacement",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.READ: "reading",
}
_DOING |= {Op.DELETE_REPLACED: "deleting original", Op.IMPORT: "importing", Op.REFRESH: "refreshing"}
_WIDTH = 100


class Screen:
    """Where reports are shown. With `quiet`, stdout is left to the one JSON object."""

    def __init__(self, color: bool, quiet: bool) -> None:
        self._color, self._quiet = color, quiet

    def report(self, preview: bool) -> Report:
        """Return the record of a phase, which says on stderr what happens."""
        return Report(preview, (lambda *_: None) if preview else self._progress, self.say)

    def say(self, text: str) -> None:
        """Say something on stderr."""
        print(text, file=sys.stderr, flush=True)

    def _progress(self, step: Step, took: float | None) -> None:
        doing = _DOING.get(step.op)
        if doing and not step.state.is_default_provider:
            ended = "" if took is None else f" - done ({took:.1f}s)"
            self.say(self._paint(_sign(step.op), f"{step.state.type} {name_of(step.state.urn)} {doing}{ended}"))

    def show(self, report: Report) -> None:
        """Print what a phase changed (or would), and after an update the stack's outputs."""
        if self._quiet:
            return
        print("Preview:" if report.preview else "Changes:")
        for line in self._tree(report.steps):
            print(line)
        if report.outputs and not report.preview:
            print("Outputs:")
            for name, value in sorted(report.outputs.items()):
                print(f"    {name}: {_shown(value)}")
        counts = [f"{_sign(op)} {count} {op}" for op, count in report.changes.items() if op != "same"]
        print("Resources: " + ", ".join([*counts, f"{report.changes['same']} unchanged"]).replace("  ", " "))

    def _tree(self, steps: list[Step]) -> Iterator[str]:
        main = {step.state.urn: step for step in steps if step.op not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)}
        for urn, step in main.items():
            op, state, depth = str(step.result or step.op), step.state, 0
            if op == "same" or state.is_default_provider:
                continue
            above = state.parent
            while above in main:
                above, depth = main[above].state.parent, depth + 1
            pad = "    " * depth
            yield self._paint(_sign(op), f"{pad}{state.type} {name_of(urn)} ({op})")
            if op in ("create", "update", "replace", "import"):
                for sign, text in _changes(None if op == "create" else step.old, state, step.result is not None):
                    yield self._paint(sign, f"{pad}      {text}", indent="    ")

    def _paint(self, sign: str, text: str, indent: str = "") -> str:
        line = f"{indent}{sign:>2}  {text}"
        return f"\x1b[{_COLOURS[sign]}m{line}\x1b[0m" if self._color and sign in _COLOURS else line


def _sign(op: str) -> str:
    return _SIGNS.get(op) or _SIGNS[op.split("-")[0]]


def _changes(old: State | None, new: State, refreshed: bool) -> Iterator[tuple[str, str]]:
    """Yield the properties that differ, with their signs; secrets that differ are shown as such."""
    before, after = (old.inputs if old else {}), new.inputs
    if refreshed and old:
        before, after = old.outputs, new.outputs
    for key in sorted(before.keys() | after.keys()):
        if key.startswith("__") or (key in before and key in after and send(before[key], secrets=False) == send(after[key], secrets=False)):
            continue
        if key not in before:
            yield "+", f"{key}: {_shown(after[key])}"
        elif key not in after:
            yield "-", f"{key}: {_shown(before[key])}"
        else:
            yield "~", f"{key}: {_shown(before[key])} => {_shown(after[key])}"


def _shown(value: Any) -> str:
    text = json.dumps(redact(value), ensure_ascii=False).replace(f'"{UNKNOWN}"', "[unknown]").replace('"[secret]"', "[secret]")
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
