"""Calls of MCP messages are read strictly; a message with another meaning for another program is refused."""

from __future__ import annotations

import pytest

from containment.local_proxy.termination.mcp_calls import McpError, read_calls


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', ["tools/list"]),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', ["notifications/initialized"]),
        (b'{"id":1,"method":"tools/call","params":{"name":"tickets.read","arguments":{}}}', ["tools/call tickets.read"]),
        (b'{"method":"tools/call","params":{"name":"x","arguments":{"Name":"y","METHOD":"z"}}}', ["tools/call x"]),
        (b'[{"method":"ping"},{"method":"tools/call","params":{"name":"x"}}]', ["ping", "tools/call x"]),
    ],
)
def test_calls_are_read_with_the_names_of_tools(body: bytes, calls: list[str]) -> None:
    assert read_calls(body) == calls


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"tools/list"',
        b"{}",
        b'{"method":1}',
        b'{"method":"tools/call"}',
        b'{"method":"tools/call","params":{"name":1}}',
        b'{"method":"tools/call","params":{"name":"a b"}}',
        b'{"method":"tools/call","params":{"name":"x","name":"y"}}',
        b'{"method":"ping","method":"tools/call"}',
        b'{"method":"tools/list","Method":"tools/call","params":{"name":"x"}}',
        b'{"method":"tools/call","params":{"name":"x","NAME":"y"}}',
        b'{"method":"tools/call","params":{"name":"x"},"Params":{"name":"y"}}',
        '{"method":"tools/call","params":{"name":"x"},"param\u017f":{"name":"y"}}'.encode(),
        b'{"method":"tools/call tickets.read"}',
        b'{"method":"TOOLS/CALL","params":{"name":"x"}}',
        b'{"id":1,"result":{}}',
        b'[{"method":"ping"},1]',
        b'{"method":"ping"}{"method":"ping"}',
        b'\xff\xfe{"method":"ping"}',
        b"[" * 100_000,
    ],
)
def test_a_message_with_no_or_several_meanings_is_refused(body: bytes) -> None:
    with pytest.raises(McpError):
        read_calls(body)
