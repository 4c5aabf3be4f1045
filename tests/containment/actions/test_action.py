"""An action's digest covers every byte of what is done, and an action cannot change after it was made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from containment.actions.action import Action, ActionKind
from containment.errors import InputError

ACTION = Action(
    kind=ActionKind.DEPLOYMENT,
    tool="deploy_api",
    target="deployments",
    arguments={"service": "shop", "replicas": 2, "options": {"zones": ["a", "b"]}},
    policy_digest="sha256:" + "0" * 64,
    requested_by="coding-monitor",
    task="deployment",
)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ActionKind.DATABASE_WRITE},
        {"tool": "deploy_apI"},
        {"target": "deployment"},
        {"arguments": {"service": "shop", "replicas": 3, "options": {"zones": ["a", "b"]}}},
        {"arguments": {"service": "shop", "replicas": 2, "options": {"zones": ["b", "a"]}}},
        {"arguments": {"service": "shop", "replicas": "2", "options": {"zones": ["a", "b"]}}},
        {"policy_digest": "sha256:" + "1" * 64},
        {"requested_by": "research-monitor"},
        {"task": "research"},
    ],
)
def test_every_change_gives_another_digest(change: dict[str, Any]) -> None:
    assert replace(ACTION, **change).digest != ACTION.digest


def test_the_same_json_value_has_one_digest() -> None:
    same = {"options": {"zones": ("a", "b")}, "replicas": 2.0, "service": "shop"}
    assert replace(ACTION, arguments=same).digest == ACTION.digest


def test_arguments_do_not_change_after_approval() -> None:
    arguments: dict[str, Any] = {"rows": [1], "where": {"id": 1}}
    action = replace(ACTION, arguments=arguments)
    before = action.digest
    arguments["rows"].append(2)
    arguments["where"]["id"] = 2
    assert action.digest == before
    with pytest.raises(TypeError):
        action.arguments["where"]["id"] = 3


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {1: "a"}, b"x"])
def test_a_value_without_a_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="cannot be digested"):
        replace(ACTION, arguments={"value": value})
