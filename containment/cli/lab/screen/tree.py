"""The tree of changes: one line per resource, and with `--diff` one line per changed property."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from containment.cli.lab.screen.wording import get_sign, make_label, paint
from containment_lab.engine.steps import Op, Step
from containment_lab.formats.state import State
from containment_lab.formats.values import redact, send
from containment_lab.wire import UNKNOWN

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
