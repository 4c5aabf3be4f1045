"""Words for operations and resources, shared by progress, tree and verdict."""

from __future__ import annotations

from collections.abc import Mapping

from containment_lab.engine.steps import Op, Step
from containment_lab.formats.state import get_name, get_type

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
