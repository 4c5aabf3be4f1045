"""The lab's sites stay well when clients are silent: a conversation that runs out of time takes nothing from the ones after it."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest

from containment_lab.internet import sites
from containment_lab.internet.certificates import WORLD, Authority
from containment_lab.internet.receipts import Receipts
from containment_lab.internet.sites import Internet
from containment_lab.linux.background_tasks import accept_connections

_REQUEST = b"GET / HTTP/1.1\r\nHost: ok.dev\r\n\r\n"


async def _asked(port: int, context: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="ok.dev")
    writer.write(_REQUEST)
    await writer.drain()
    return reader, writer, await asyncio.wait_for(reader.readline(), 10)


def test_a_connection_that_stays_idle_does_not_disturb_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sites, "_WAIT", 0.3)
    monkeypatch.setattr(sites, "_read_original_destination", lambda _: (ip_address("192.0.2.1"), 443))
    authority = Authority(tmp_path, WORLD)
    context = ssl.create_default_context(cafile=str(authority.file))

    async def talk() -> list[bytes]:
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        serving = asyncio.ensure_future(accept_connections(listening, Internet(Receipts(), authority, frozenset()).serve_site))
        port = listening.getsockname()[1]
        silent = socket.create_connection(("127.0.0.1", port))  # a peer that answers no end of TLS keeps the transport alive
        raw = await asyncio.get_running_loop().run_in_executor(None, _silent_after_request, silent, context)
        await asyncio.sleep(0.8)
        answers = [(await _asked(port, context))[2] for _ in range(5)]
        raw.close()
        serving.cancel()
        listening.close()
        return answers

    with caplog.at_level(logging.ERROR):
        answers = asyncio.run(talk())
    assert answers == [b"HTTP/1.1 200 OK\r\n"] * 5
    assert "is used by transport" not in caplog.text


def _silent_after_request(raw: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    tls = context.wrap_socket(raw, server_hostname="ok.dev")
    tls.sendall(_REQUEST)
    tls.recv(100)
    return tls
