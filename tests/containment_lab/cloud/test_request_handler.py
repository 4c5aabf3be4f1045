"""The lab's cloud answers many requests on one connection, and closes one on which a request was not read to its end."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from containment_lab.cloud.request_handler import RequestHandler
from containment_lab.cloud.wsgi import read_body


def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Return what was sent; for /unread without reading it."""
    if environ["PATH_INFO"] == "/unread":
        start_response("200 OK", [("Transfer-Encoding", "chunked")])
        return [b"un", b"read"]
    body = read_body(environ)
    length = "7" if environ["REQUEST_METHOD"] == "HEAD" else "99"
    start_response("404 Not Found", [("Content-Length", length), ("x-amz-id", "1")])
    return [body, b"!"]


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=RequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    yield client
    client.close()
    server.shutdown()


def test_one_connection_has_many_answers(connection: http.client.HTTPConnection) -> None:
    used = set[Any]()
    for body in (b"one", b"", b"three"):
        connection.request("POST", "/", body=body)
        got = connection.getresponse()
        assert (got.status, got.reason, got.read()) == (404, "Not Found", body + b"!")
        assert (got.headers["Content-Length"], got.headers["x-amz-id"]) == (str(len(body) + 1), "1")
        assert connection.sock is not None
        used.add(connection.sock.getsockname())
    assert len(used) == 1


def test_the_answer_to_head_has_the_length_and_no_body(connection: http.client.HTTPConnection) -> None:
    for _ in range(2):
        connection.request("HEAD", "/")
        got = connection.getresponse()
        assert (got.headers.get_all("Content-Length"), got.read()) == (["7"], b"")
        assert connection.sock is not None


@pytest.mark.parametrize("more", [{"body": b"GET / HTTP/1.1\r\n\r\n"}, {"body": iter([b"a"]), "encode_chunked": True}])
def test_a_connection_with_unread_bytes_is_closed(connection: http.client.HTTPConnection, more: dict[str, Any]) -> None:
    headers = {"Transfer-Encoding": "chunked"} if "encode_chunked" in more else {}
    connection.request("POST", "/unread", headers=headers, **more)
    got = connection.getresponse()
    assert (got.headers["Connection"], got.headers.get("Transfer-Encoding"), got.read()) == ("close", None, b"unread")
    assert connection.sock is None


def test_a_client_that_is_still_sending_gets_the_answer(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", "/unread")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for _ in range(5):
        time.sleep(0.1)  # the answer is complete long before the request
        connection.send(b"1\r\na\r\n")
    connection.send(b"0\r\n\r\n")
    assert connection.getresponse().read() == b"unread"


def test_a_client_that_waits_for_the_go_ahead_gets_it(connection: http.client.HTTPConnection) -> None:
    connection.request("PUT", "/", body=b"one", headers={"Expect": "100-continue"})
    assert connection.getresponse().read() == b"one!"
