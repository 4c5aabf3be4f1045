"""What processes inside the host may do on one side of a comparison only, for `diff`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from containment.analysis.difference import Change
from containment.analysis.subject import Subject
from containment.preflight.finding import Status
from containment.queries.results import Case, Section
from containment.sandbox.inclusion import Layer, Widening, find_widenings
from containment.tool_scopes.scope import ToolScope

_NOT_COMPARED = "permissions of processes inside the host: one side is a state, or its presets are refused, so its class is unknown"


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One act that only one side permits; `widening` is None where the sides cannot be compared."""

    stack: str
    change: Change
    widening: Widening | None


def find_layer_changes(stack: str, before: Subject, after: Subject) -> list[LayerChange]:
    """Return what processes may do on one side only, newly allowed acts first."""
    if before.boundary is None or after.boundary is None:
        return [] if before.boundary is after.boundary else [LayerChange(stack, Change.RELABELLED, None)]
    old, new = before.boundary.permissions, after.boundary.permissions
    return [
        *(LayerChange(stack, Change.NEWLY_ALLOWED, one) for one in find_widenings(new, old)),
        *(LayerChange(stack, Change.NEWLY_ALLOWED, one) for one in find_new_calls(after.tools, before.tools)),
        *(LayerChange(stack, Change.NEWLY_DENIED, one) for one in find_widenings(old, new)),
        *(LayerChange(stack, Change.NEWLY_DENIED, one) for one in find_new_calls(before.tools, after.tools)),
    ]


def find_new_calls(new: ToolScope | None, old: ToolScope | None) -> list[Widening]:
    """Return the tools that a task may call on one side only.

    A tool whose file differs in anything that decides a call (arguments, action, review, place, sandbox, reach) counts as another one.
    """
    known = _list_calls(old)
    out = []
    for (task, server, tool), described in _list_calls(new).items():
        earlier = known.get((task, server, tool))
        if earlier == described:
            continue
        note = "" if earlier is None else " as its file has it: its arguments, action, review, place or reach differ"
        where = f"presets/tools/tasks.yaml:tasks.{task}" if earlier is None else f"presets/tools/servers/{server}.yaml"
        out.append(Widening(Layer.CALL, f"task {task} can call {tool} of {server}{note}", where))
    return out


def _list_calls(scope: ToolScope | None) -> dict[tuple[str, str, str], str]:
    """Return every call that is possible: (task, server, tool) -> all that decides it, as text."""
    if scope is None:
        return {}
    return {
        (task, grant.server.name, grant.tool.name): grant.server.model_copy(update={"tools": (grant.tool,)}).model_dump_json()
        for task in scope.tasks
        for grant in scope.list_grants(task)
    }


def has_opened(changes: Iterable[LayerChange]) -> bool:
    """Return whether some act is newly allowed."""
    return any(one.change is Change.NEWLY_ALLOWED for one in changes)


def describe_first(changes: Iterable[LayerChange]) -> str:
    """Return the first newly allowed act."""
    return next(one.widening.counterexample for one in changes if one.change is Change.NEWLY_ALLOWED and one.widening is not None)


def build_change_sections(changes: Sequence[LayerChange]) -> list[Section]:
    """Return the changes as tables: newly allowed acts, newly denied ones, and the stacks that were not compared."""
    out = []
    for change in (Change.NEWLY_ALLOWED, Change.NEWLY_DENIED):
        rows = tuple(
            dict.fromkeys(
                (one.stack, one.widening.layer.value, one.widening.counterexample, one.widening.origin)
                for one in changes
                if one.change is change and one.widening is not None
            )
        )
        if rows:
            out.append(Section(f"{change.value.upper()} INSIDE THE HOST", ("stack", "act", "for example", "granted by"), rows))
    left = tuple((f"{one.stack}: {_NOT_COMPARED}",) for one in changes if one.widening is None)
    if left:
        out.append(Section("Not compared inside the host", ("why",), left))
    return out


def build_change_case(one: LayerChange) -> Case:
    """Return a change as a case of an answer."""
    assert one.widening is not None, "only what was compared is a case"
    key = f"inside-{one.change.name.lower().replace('_', '-')}"
    status = Status.FAIL if one.change is Change.NEWLY_ALLOWED else Status.PASS
    return Case(key, f"{one.change.value} inside the host: {one.widening.layer.value}", status, one.stack, str(one.widening))


def build_change_data(changes: Iterable[LayerChange]) -> list[dict[str, Any]]:
    """Return the changes for JSON; `notCompared` is the reason where the sides cannot be compared."""
    return [
        {
            "stack": one.stack,
            "change": one.change.value if one.widening else None,
            "layer": one.widening.layer.value if one.widening else None,
            "example": one.widening.counterexample if one.widening else None,
            "grantedBy": one.widening.origin if one.widening else None,
            "notCompared": None if one.widening else _NOT_COMPARED,
        }
        for one in changes
    ]
