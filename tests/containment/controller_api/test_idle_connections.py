"""A call that changes something arrives once, though the Controller ends connections that were idle (RFC 9112, section 9.5)."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment.controller_api.client import ControllerAddress, ControllerClient
from containment_lab.controller.server import ensure_certificate
from containment_lab.home import LabHome


class _ImpatientController(http.server.ThreadingHTTPServer):
    """A server that closes each connection without an answer when a second request arrives on it, as if it had just timed out.

    Attributes:
        answered: the requests with an answer.
        connections: how many connections were made.
        patient: whether it answers any number of requests on a connection.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answered: list[str] = []
        self.connections = 0
        self.patient = False


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _ImpatientController
    used = False

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def _answer(self) -> None:
        if self.used and not self.server.patient:
            self.close_connection = True
            return
        self.used = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        fields = dict(urllib.parse.parse_qsl(body or urllib.parse.urlsplit(self.path).query))
        answer: dict[str, Any] = {"return": True, "results": fields.get("action", "rest"), "CID": "c"}
        if fields.get("action") == "get_api_token":
            answer["results"] = {"api_token": "t"}
        self.server.answered.append(f"{self.command} {fields.get('action', self.path)}")
        encoded = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent."""


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[tuple[_ImpatientController, ControllerClient]]:
    served = ensure_certificate(LabHome(tmp_path))
    server = _ImpatientController()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served.chain, served.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = ControllerAddress(
        host=f"127.0.0.1:{server.server_port}", username="admin", password="p", authority=str(LabHome(tmp_path).controller_ca)
    )
    yield server, ControllerClient(address)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("kind", ["action", "json", "files", "rest"])
def test_a_change_after_a_read_is_answered_and_sent_once(kind: str, controller: tuple[_ImpatientController, ControllerClient]) -> None:
    server, client = controller
    client.authenticate()
    client.call_get("list_gateways")
    change = {
        "action": lambda: client.call_post("change"),
        "json": lambda: client.call_json("change"),
        "files": lambda: client.upload("change", {}, {"ca": "text"}),
        "rest": lambda: client.call_rest("PUT", "change", {"a": 1}),
    }[kind]
    change()
    change()
    assert len([each for each in server.answered if "login" not in each and not each.startswith("GET")]) == 2


def test_a_read_after_a_read_is_answered(controller: tuple[_ImpatientController, ControllerClient]) -> None:
    """Also by a client that sends each read once."""
    server, client = controller
    for _ in range(3):
        client.call_get("list_gateways")
        client.call_rest("GET", "anything")
    assert server.answered.count("GET list_gateways") == 3


def test_reads_share_a_connection_and_changes_have_their_own(controller: tuple[_ImpatientController, ControllerClient]) -> None:
    server, client = controller
    server.patient = True
    client.authenticate()
    before = server.connections
    for _ in range(3):
        client.call_get("list_gateways")
    assert server.connections == before
    client.call_post("change")
    client.call_post("change")
    assert server.connections == before + 2
