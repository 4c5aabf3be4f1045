"""Cedar and the independent evaluator decide every call alike, and the policy is valid against its schema.

10,000 calls with CONTAINMENT_CALLS=10000; a sample otherwise.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import Any

import pytest

from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.tool_scopes.arguments import LARGEST, Argument, ArgumentType
from containment.tool_scopes.cedar_text import build_policy
from containment.tool_scopes.evaluator import decide_call
from containment.tool_scopes.kinds import ActionKind, Rule
from containment.tool_scopes.scope import ToolScope, build_scope
from containment.tools import decisions
from containment.tools.decisions import CallPolicy, CedarEngine, check_policy
from tests.containment.tool_scopes.scopes import make_scope

COUNT = int(os.environ.get("CONTAINMENT_CALLS", "1500"))
NUMBERS: list[Any] = [0, -1, 21, LARGEST, LARGEST + 1, 2**63, -(2**63) - 1, 10**30, 1.5, 0.00001, -0.0, 1e300, float("nan")]
TEXTS: list[Any] = ["", "x", "größe", "a\nb", "\0", "*", "\\", '"', "\u202e", "\ud800", "__entity"]
OBJECTS: list[Any] = [
    {},
    {"__extn": {"fn": "decimal", "arg": "1.0"}},
    {"__entity": {"type": "AgentCore::Gateway", "id": "local"}},
    {"type": "a", "id": "b"},
]
WRONG: list[Any] = [None, True, False, *NUMBERS, *TEXTS, [], [[]], ["red"], ["red", 1], *OBJECTS]


def _pick_value(argument: Argument, choose: random.Random) -> Any:
    match argument.type:
        case ArgumentType.INTEGER:
            return choose.choice([argument.minimum or 0, argument.maximum or 9, choose.randint(-30, 30)])
        case ArgumentType.NUMBER:
            return choose.choice([0, 1, 499.9999, 500, 500.0001, -0.5, 3.25, 1e-4, 1e-5])
        case ArgumentType.BOOLEAN:
            return choose.choice([True, False])
        case ArgumentType.STRINGS:
            return choose.choices([*argument.one_of, "x"], k=choose.randint(0, 3))
        case ArgumentType.PATH:
            parts = choose.choices(["home", "agent", "in", "srv", "data", "reports", "..", ".", "", "x"], k=choose.randint(0, 5))
            return choose.choice(["", *argument.within, "/home/agent/in/"]) + choose.choice(["", "/"]) + "/".join(parts)
    return choose.choice([*argument.one_of, *(one.replace("*", "z") for one in argument.like), "to secret", "to x-urgent-", "*"])


def _make_call(scope: ToolScope, choose: random.Random) -> tuple[str, str, dict[str, Any], ActionKind | None]:
    task = choose.choice([*scope.tasks] * 6 + ["no-such-task", ""])
    tools = [*scope.tasks[task].tools] if task in scope.tasks else []
    tool = choose.choice(tools * 8 + [*scope.known, "rm", "office___order", "", '"'])
    known = scope.known.get(tool)
    arguments: dict[str, Any] = {}
    for name, argument in (known.tool.arguments if known else {}).items():
        if argument.required or choose.random() < 0.5:
            arguments[name] = _pick_value(argument, choose)
    if choose.random() < 0.3 and arguments:
        arguments[choose.choice([*arguments])] = choose.choice(WRONG)
    if choose.random() < 0.1:
        arguments[choose.choice(["account", "x", "__entity", "", "key path"])] = choose.choice(WRONG)
    if choose.random() < 0.1 and arguments:
        del arguments[choose.choice([*arguments])]
    needed = known.tool.action if known else None
    return task, tool, arguments, choose.choice([needed] * 8 + [None, *ActionKind])


def _list_scopes() -> list[ToolScope]:
    library = load_library()
    shipped = [build_scope(one.tools, library.tools, stack=f"{one.name}-enforce", agent_class=one.name) for one in library.presets.values()]
    return [make_scope(), *(one for one in shipped if one.servers)]


def test_cedar_and_the_independent_evaluator_are_equal() -> None:
    choose = random.Random(18)
    permitted = 0
    scopes = _list_scopes()
    for scope in scopes:
        engine = CedarEngine(scope)
        for _ in range(COUNT // len(scopes)):
            call = _make_call(scope, choose)
            verdict = decide_call(scope, *call)
            assert engine.is_permitted(*call) is verdict.is_permitted, (call, verdict)
            permitted += verdict.is_permitted
    assert COUNT * 0.05 < permitted < COUNT * 0.9, "a sample that is decided in one way shows nothing"


def test_a_policy_that_is_wider_than_the_data_is_found_by_the_same_comparison() -> None:
    """The planted failure: a policy without the limit of one argument."""
    scope = make_scope()
    tool = scope.servers[0].tools[0]
    open_ = tool.model_copy(update={"arguments": tool.arguments | {"count": Argument(type=ArgumentType.INTEGER, required=True)}})
    wider = replace(scope, servers=(scope.servers[0].model_copy(update={"tools": (open_, *scope.servers[0].tools[1:])}),))
    engine = CedarEngine(wider)
    choose = random.Random(18)
    calls = [_make_call(scope, choose) for _ in range(1000)]
    assert any(engine.is_permitted(*call) is not decide_call(scope, *call).is_permitted for call in calls)


def test_a_disagreement_is_a_denial(monkeypatch: pytest.MonkeyPatch) -> None:
    class Denying:
        text = ""

        def __init__(self, *_: object) -> None:
            pass

        def is_permitted(self, *_: object) -> bool:
            return False

    monkeypatch.setattr(decisions, "CedarEngine", Denying)
    assert CallPolicy(make_scope()).decide("buying", "list_all", {}).rule is Rule.POLICY


def test_every_shipped_policy_is_valid_and_a_broken_one_is_not() -> None:
    for scope in _list_scopes():
        check_policy(build_policy(scope, "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/tools"), scope)
    scope = make_scope()
    with pytest.raises(InputError, match="cannot be used"):
        check_policy(build_policy(scope, "local").replace('input["count"]', 'input["counter"]'), scope)
    with pytest.raises(InputError, match="cannot be used"):
        check_policy("permit (", scope)


def test_the_digest_of_a_policy_changes_with_every_pin_command_and_task() -> None:
    scope = make_scope()
    server = scope.servers[0]
    pinned = server.tools[0].model_copy(update={"digest": "sha256:" + "0" * 64})
    changed = [
        scope,
        replace(scope, servers=(server.model_copy(update={"tools": (pinned, *server.tools[1:])}),)),
        replace(scope, servers=(server.model_copy(update={"url": "https://other.example.com/mcp"}),)),
        replace(scope, tasks={"buying": scope.tasks["buying"]}),
        replace(scope, stack="coding-enforce"),
    ]
    assert len({CallPolicy(one).digest for one in changed}) == len(changed)


def test_no_statement_means_no_permission() -> None:
    engine = CedarEngine(replace(make_scope(), tasks={}))
    assert engine.text == ""
    assert not engine.is_permitted("buying", "list_all", {})
