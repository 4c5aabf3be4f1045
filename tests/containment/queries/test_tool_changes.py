"""`diff` shows every call that is newly possible: a tool of a task, a wider limit, another place, an action without its person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from containment.queries.comparison.layer_changes import find_new_calls
from containment.sandbox.inclusion import Layer
from containment.tool_scopes.scope import ToolScope
from tests.containment.tool_scopes.scopes import make_scope, make_task

SCOPE = make_scope()


def _change(tool: str, **update: Any) -> ToolScope:
    server = SCOPE.servers[0]
    tools = tuple(one.model_copy(update=update) if one.name == tool else one for one in server.tools)
    return replace(SCOPE, servers=(server.model_copy(update={"tools": tools}),))


def test_the_same_tools_are_no_change() -> None:
    assert find_new_calls(SCOPE, make_scope()) == []
    assert find_new_calls(None, SCOPE) == []


def test_a_tool_of_another_task_is_newly_possible() -> None:
    wider = replace(SCOPE, tasks={**SCOPE.tasks, "reading": make_task("read_file", "order")})
    (found,) = find_new_calls(wider, SCOPE)
    assert found.layer is Layer.CALL
    assert found.counterexample == "task reading can call order of office"
    assert find_new_calls(SCOPE, wider) == []
    assert len(find_new_calls(SCOPE, None)) == 4


@pytest.mark.parametrize(
    ("tool", "update"),
    [
        ("deploy", {"action": None}),
        ("order", {"arguments": {}}),
        ("order", {"omitted": ()}),
        ("read_file", {"digest": "sha256:" + "0" * 64}),
    ],
)
def test_a_tool_that_differs_counts_as_another_one(tool: str, update: dict[str, Any]) -> None:
    (found,) = find_new_calls(_change(tool, **update), SCOPE)
    assert f"can call {tool} of office as its file has it" in found.counterexample


def test_a_server_at_another_place_counts_as_another_one() -> None:
    moved = replace(SCOPE, servers=(SCOPE.servers[0].model_copy(update={"url": "https://other.example.com/mcp"}),))
    assert len(find_new_calls(moved, SCOPE)) == 4
