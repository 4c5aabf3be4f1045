"""HTTP requests of the lab's cloud, many on one connection: boto3 keeps its connections open and reuses them.

werkzeug's handler closes each connection after one answer and first waits for what else the client might send. A connection and a thread
per call took as long as the call itself. The application reads whole bodies; where it left a part unread, the connection is closed.
"""

from __future__ import annotations

from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]
    """Handler of one connection, until the client closes it; it does not log every call."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Headers and body are two writes; the second must not wait until the client acknowledges the first."""

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
            self.close_connection = True
        self._begin_answer(status, headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

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
