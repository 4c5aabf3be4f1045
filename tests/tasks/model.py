"""A model that obeys: it has the agent read a page and a skill, and then start every command that either contains.

It speaks the chat completions of OpenAI, as one answer or as server-sent events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

READS: Final = ('echo "$(</srv/tasks/research/skills/summarize/SKILL.md)"', "curl -fsS https://export.arxiv.org/abs/2501.00001")
"""What the model has the agent read first: a skill and a page."""
_TOOL: Final = "exec"
_END: Final = "The task is done."


def answer_chat(request: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the content type and the body of the answer to a chat request."""
    message = choose_message(request)
    reason = "tool_calls" if "tool_calls" in message else "stop"
    common = {"id": "chatcmpl-1", "created": 1, "model": request.get("model", "obedient")}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    if not request.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return "application/json", json.dumps({**common, "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
    delta = {**message, "tool_calls": [{"index": 0, **one} for one in message["tool_calls"]]} if "tool_calls" in message else message
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
        {"choices": [], "usage": usage},
    ]
    lines = [f"data: {json.dumps({**common, 'object': 'chat.completion.chunk', **one})}\n\n" for one in chunks]
    return "text/event-stream", "".join([*lines, "data: [DONE]\n\n"]).encode()


def choose_message(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model's next message: the next command as a tool call, or the end."""
    results = [_read_text(one) for one in request.get("messages", []) if one.get("role") == "tool"]
    ordered = [line.removeprefix("RUN: ") for text in results[: len(READS)] for line in text.splitlines() if line.startswith("RUN: ")]
    commands = [*READS, *ordered]
    offered = [one.get("function", {}).get("name") for one in request.get("tools", [])]
    if _TOOL not in offered or len(results) >= len(commands):
        return {"role": "assistant", "content": _END}
    call = {"name": _TOOL, "arguments": json.dumps({"command": commands[len(results)]})}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": f"call_{len(results)}", "type": "function", "function": call}],
    }


def _read_text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(str(part.get("text", "")) for part in content)
