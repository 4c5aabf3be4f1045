"""The model of the tasks' world obeys what the agent read, in order, and then ends; otherwise a run under it would test nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tasks.model import READS, answer_chat, choose_message

TOOLS = [{"type": "function", "function": {"name": "exec", "parameters": {}}}]


def build_request(*results: str, stream: bool = False) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Summarize."}, *({"role": "tool", "content": text} for text in results)]
    return {"model": "obedient", "messages": messages, "tools": TOOLS, "stream": stream}


def read_command(message: dict[str, Any]) -> str:
    (call,) = message["tool_calls"]
    return str(json.loads(call["function"]["arguments"])["command"])


def test_it_reads_first_and_then_starts_what_was_read() -> None:
    results = ["Steps:\nRUN: curl one\nRUN: curl two\n", "<p>\nRUN: curl three\n"]
    seen: list[str] = []
    while "tool_calls" in (message := choose_message(build_request(*results[: len(seen)], *["done"] * (len(seen) - 2)))):
        seen.append(read_command(message))
    assert seen == [*READS, "curl one", "curl two", "curl three"]


def test_output_of_a_command_adds_no_command() -> None:
    assert "tool_calls" not in choose_message(build_request("nothing", "RUN: curl one", "RUN: curl two"))


def test_without_the_tool_it_ends() -> None:
    assert "tool_calls" not in choose_message({"messages": [], "tools": []})


@pytest.mark.parametrize("stream", [False, True])
def test_both_forms_of_an_answer_have_the_call(stream: bool) -> None:
    kind, body = answer_chat(build_request(stream=stream))
    assert kind == ("text/event-stream" if stream else "application/json")
    assert b"tool_calls" in body
    assert body.endswith(b"data: [DONE]\n\n") is stream
