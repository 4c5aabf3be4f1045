"""Every limit of an argument is a limit: the call at the limit passes, and the call beyond it is refused by the named rule."""

from __future__ import annotations

from typing import Any

import pytest

from containment.tool_scopes.evaluator import decide_call, is_like
from containment.tool_scopes.kinds import ActionKind, Rule
from tests.containment.tool_scopes.scopes import make_scope

SCOPE = make_scope()
ORDER: dict[str, Any] = {"item": "paper", "count": 2}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"item": "pen *"},
        {"item": 'a"b\\c'},
        {"item": "größe"},
        {"count": 1},
        {"count": 20},
        {"price": 0},
        {"price": 499.9999},
        {"price": 500.0},
        {"note": "to all"},
        {"note": "x-urgent-y"},
        {"gift": False},
        {"labels": []},
        {"labels": ["red", "red"]},
    ],
)
def test_a_call_within_every_limit_is_permitted(more: dict[str, Any]) -> None:
    assert decide_call(SCOPE, "buying", "order", ORDER | more).rule is Rule.PERMITTED


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"item": "paper"}, Rule.MISSING_ARGUMENT),
        (ORDER | {"account": "x"}, Rule.UNKNOWN_ARGUMENT),
        (ORDER | {"Item": "paper"}, Rule.UNKNOWN_ARGUMENT),
        (ORDER | {"item": "pen x"}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"item": None}, Rule.ARGUMENT_TYPE),
        (ORDER | {"item": ["paper"]}, Rule.ARGUMENT_TYPE),
        (ORDER | {"item": {"__extn": {"fn": "decimal", "arg": "1.0"}}}, Rule.ARGUMENT_TYPE),
        (ORDER | {"count": 0}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"count": 21}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"count": True}, Rule.ARGUMENT_TYPE),
        (ORDER | {"count": 2.0}, Rule.ARGUMENT_TYPE),
        (ORDER | {"count": "2"}, Rule.ARGUMENT_TYPE),
        (ORDER | {"count": 2**70}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"price": -0.0001}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"price": 500.0001}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"price": 0.00001}, Rule.ARGUMENT_TYPE),
        (ORDER | {"price": float("inf")}, Rule.ARGUMENT_TYPE),
        (ORDER | {"note": "from me"}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"note": "to secret place"}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"note": "to \ud800"}, Rule.ARGUMENT_TYPE),
        (ORDER | {"labels": ["red", "green"]}, Rule.ARGUMENT_LIMIT),
        (ORDER | {"labels": "red"}, Rule.ARGUMENT_TYPE),
        (ORDER | {"labels": [1]}, Rule.ARGUMENT_TYPE),
        (ORDER | {"gift": 1}, Rule.ARGUMENT_TYPE),
    ],
)
def test_a_call_beyond_one_limit_is_refused(arguments: dict[str, Any], rule: Rule) -> None:
    assert decide_call(SCOPE, "buying", "order", arguments).rule is rule


@pytest.mark.parametrize(
    ("path", "is_permitted"),
    [
        ("/home/agent/in", True),
        ("/home/agent/in/a/b.txt", True),
        ("/srv/data/x", True),
        ("/home/agent/inside", False),
        ("/home/agent/in/../../../etc/shadow", False),
        ("/home/agent/in/..", False),
        ("/home/agent/in/./x", False),
        ("/home/agent/in//x", False),
        ("/home/agent/in/", False),
        ("/home/agent/in/x\0.txt", False),
        ("home/agent/in/x", False),
        ("/", False),
        ("", False),
        ("/home/agent/in/...", True),
    ],
)
def test_a_path_is_within_its_folders_in_normal_form(path: str, is_permitted: bool) -> None:
    assert decide_call(SCOPE, "reading", "read_file", {"path": path}).is_permitted is is_permitted


def test_unknown_tools_and_tools_of_other_tasks_are_refused() -> None:
    assert decide_call(SCOPE, "buying", "rm", {}).rule is Rule.UNKNOWN_TOOL
    assert decide_call(SCOPE, "reading", "order", ORDER).rule is Rule.NOT_IN_TASK
    assert decide_call(SCOPE, "no-such-task", "order", ORDER).rule is Rule.NOT_IN_TASK
    assert decide_call(SCOPE, "buying", "Order", ORDER).rule is Rule.UNKNOWN_TOOL


def test_an_action_needs_the_approval_of_its_own_kind_and_other_tools_take_none() -> None:
    assert decide_call(SCOPE, "deploying", "deploy", {"number": 1}).rule is Rule.NEEDS_APPROVAL
    assert decide_call(SCOPE, "deploying", "deploy", {"number": 1}, ActionKind.DATABASE_WRITE).rule is Rule.NEEDS_APPROVAL
    assert decide_call(SCOPE, "deploying", "deploy", {"number": 1}, ActionKind.DEPLOYMENT).rule is Rule.PERMITTED
    assert decide_call(SCOPE, "buying", "order", ORDER, ActionKind.DEPLOYMENT).rule is Rule.NEEDS_APPROVAL


@pytest.mark.parametrize(
    ("text", "pattern", "is_match"),
    [
        ("", "*", True),
        ("ab", "a*b", True),
        ("a", "a*a", False),
        ("aXbYc", "a*b*c", True),
        ("abc", "a*c*c", False),
        ("x" * 20000, "*x" * 300, True),
    ],
)
def test_like_is_any_text_for_a_star(text: str, pattern: str, is_match: bool) -> None:
    assert is_like(text, pattern) is is_match
