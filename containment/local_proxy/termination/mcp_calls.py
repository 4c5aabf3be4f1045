"""The calls in a message of the Model Context Protocol, as texts that the entries of a profile list."""

from __future__ import annotations

import re
from typing import Any, Final

from containment.strict_json import load_bytes

MOST_BYTES: Final = 1 << 20
"""The longest message that is read."""
_METHOD: Final = re.compile(r"[a-z]+(?:/[a-z_]+)*")
_TOOL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
_CALL: Final = "tools/call"
_KEYS: Final = frozenset({"jsonrpc", "id", "method", "params", "name", "arguments"})
"""Keys that decide what a call does. Some parsers take a key in other letters for one of them, and the last one counts."""


class McpError(ValueError):
    """A message that is no call, or that programs read differently."""


def read_calls(body: bytes) -> list[str]:
    """Return every call of a message: its method, with the tool's name for `tools/call`; raise McpError for another message."""
    try:
        message = load_bytes(body)
    except ValueError as error:
        raise McpError(f"is no JSON-RPC message: {error}") from None
    calls = [_read_call(one) for one in (message if isinstance(message, list) else [message])]
    if not calls:
        raise McpError("has no call")
    return calls


def _read_call(message: Any) -> str:
    method = message.get("method") if isinstance(message, dict) else None
    _require_exact_keys(message)
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise McpError("is no JSON-RPC call with a method")
    if method != _CALL:
        return method
    parameters = message.get("params")
    _require_exact_keys(parameters)
    name = parameters.get("name") if isinstance(parameters, dict) else None
    if not isinstance(name, str) or not _TOOL.fullmatch(name):
        raise McpError("calls no tool by a name")
    return f"{_CALL} {name}"


def _require_exact_keys(found: Any) -> None:
    for key in found if isinstance(found, dict) else ():
        if key not in _KEYS and key.casefold() in _KEYS:
            raise McpError(f"has the key {key[:20]!r}, which some servers read as {key.casefold()!r}")
