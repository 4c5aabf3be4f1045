"""HTTP requests of the lab's cloud, many on one connection: boto3 keeps its connections open and reuses them.

werkzeug's handler closes each connection after one answer and first waits for what else the client might send. A connection and a thread
per call took as long as the call itself. The application reads whole bodies; where it left a part unread, the connection is closed in
stages (RFC 9112, section 9.6), because a client that is still sending would lose the answer.
"""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})
_LINGER_SECONDS = 2.0
"""The longest wait for a client that still sends after its answer."""


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]
    """Handler of one connection, until the client closes it; it does not log every call."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Headers and body are two writes; the second must not wait until the client acknowledges the first."""
    _has_unread = False

    def run_wsgi(self) -> None:
        """Answer one request."""
        self.environ = environ = self.make_environ()
        unread, begun = environ["wsgi.input"], list[Any]()
        chunks = self.server.app(environ, lambda status, headers, *_: begun.append((status, headers)))
        body = b"".join(chunks)
        status, headers = begun[-1]
        if self.headers.get("Transfer-Encoding") or (
            environ.get("CONTENT_LENGTH", "0") not in ("", "0") and environ["wsgi.input"] is unread
        ):
            self.close_connection = self._has_unread = True
        self._begin_answer(status, headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def finish(self) -> None:
        """End the connection; where a request was not read to its end, end the answer first and read what the client still sends."""
        if self._has_unread:
            with contextlib.suppress(OSError):  # the client has gone, or sends too slowly
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_WR)
                until = time.monotonic() + _LINGER_SECONDS
                self.connection.settimeout(_LINGER_SECONDS)
                while self.connection.recv(1 << 16) and time.monotonic() < until:
                    pass
        super().finish()

    def _begin_answer(self, status: str, headers: list[tuple[str, str]], length: int) -> None:
        """Send status and headers, with the length of the body in place of other framing."""
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for key, value in headers:
            if key.lower() not in _FRAMING or (self.command == "HEAD" and key.lower() == "content-length"):
                self.send_header(key, value)
        if self.command != "HEAD" and int(code) not in (204, 304):
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""
