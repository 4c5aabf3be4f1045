"""A model provider that records every byte that arrives, and answers as providers do: JSON, or server-sent events one by one."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Final

USAGE: Final = {"prompt_tokens": 7, "completion_tokens": 3}
_LONGEST_LINE: Final = 65536


@dataclass
class Arrived:
    """One request, with its bytes as they came out of TLS, and the server name of its connection."""

    raw: bytes
    server_name: str
    body: bytes = field(repr=False)

    @property
    def line(self) -> str:
        """The request line."""
        return self.raw.partition(b"\r\n")[0].decode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers, names in lower case, in their order."""
        head = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head)]


class FakeModel:
    """A provider on a port of 127.0.0.1, behind TLS where a context is given.

    Attributes:
        arrived: the requests, in their order.
        gate: what a stream waits for between its first event and its second.
        status: the status of every answer; a status other than 200 has no body.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Start it."""
        self.arrived: list[Arrived] = []
        self.gate = threading.Event()
        self.gate.set()
        self.status = 200
        if context is not None:
            context.sni_callback = self._note_name
        self._server = _Server(self, context)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop it."""
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()

    def _note_name(self, handle: Any, name: str | None, _context: ssl.SSLContext) -> None:
        handle.requested_name = name or ""


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer requests until the client closes the connection."""
        while (request := self._read()) is not None:
            self.server.model.arrived.append(request)
            if not self._answer(request):
                return

    def _read(self) -> Arrived | None:
        raw = b""
        while not raw.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(_LONGEST_LINE)
            if not line:
                return None
            raw += line
        name = getattr(self.connection, "requested_name", "")
        request = Arrived(raw, name, b"")
        headers = dict(request.headers)
        if headers.get("transfer-encoding") == "chunked":
            while True:
                size = self.rfile.readline(_LONGEST_LINE)
                chunk = self.rfile.read(int(size, 16) + 2)
                request.raw += size + chunk
                if int(size, 16) == 0:
                    return request
                request.body += chunk[:-2]
        request.body = self.rfile.read(int(headers.get("content-length", "0")))
        request.raw += request.body
        return request

    def _answer(self, request: Arrived) -> bool:
        model = self.server.model
        if model.status != 200:
            self._write(f"HTTP/1.1 {model.status} No\r\ncontent-length: 0\r\n\r\n".encode())
            return True
        if b'"stream":true' not in request.body.replace(b" ", b""):
            text = json.dumps({"choices": [{"message": {"content": "hello"}}], "usage": USAGE}).encode()
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nset-cookie: a=b\r\ncontent-length: {len(text)}\r\n\r\n"
            self._write(head.encode() + text)
            return True
        self._write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        self._write_event({"choices": [{"delta": {"content": "hel"}}]})
        model.gate.wait()
        self._write_event({"choices": [{"delta": {"content": "lo"}}], "usage": USAGE})
        self._write(b"0\r\n\r\n")
        return True

    def _write_event(self, event: dict[str, Any]) -> None:
        data = f"data: {json.dumps(event)}\n\n".encode()
        self._write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model: FakeModel, context: ssl.SSLContext | None) -> None:
        self.model, self._context = model, context
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Take the TLS handshake in the connection's thread, so that a client that begins none holds up no other."""
        try:
            handle = request if self._context is None else self._context.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        try:
            super().finish_request(handle, client_address)
        finally:
            handle.close()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """Ignore connections that clients break: what arrived is recorded before."""
