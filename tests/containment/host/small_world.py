"""A host, its resolver, its gateway and some of the internet, on the loopback of a network namespace; run inside one.

Every address below is the namespace's own, so nothing leaves it. A web server reads the ClientHello first and, as a gateway would,
gives it no answer when the name is `denied`; what the servers receive is told at the end, with the script's own output.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

RESOLVER = "10.42.0.2"
SETTINGS: dict[str, Any] = {
    "names": {
        "model.test": "203.0.113.10",
        "core-a.test": "203.0.113.11",
        "core-b.test": "203.0.113.11",
        "ssm.test": "10.42.20.7",
        "shadow.test": "203.0.113.20",
        "attacker.test": "203.0.113.21",
        "wanted.test": "203.0.113.22",
    },
    "nameless": [],  # names that do not resolve
    "denied": [],  # names whose ClientHello gets no answer
    "silent": False,  # denied: hold the connection, instead of closing it
    "alert": [],  # names that get a TLS alert
    "foreign": [],  # names served with a certificate of another authority
    "absent": [],  # addresses nobody has
    "resolvers": [],  # external resolvers that answer
    "ssh": [],  # addresses with something on port 22
    "broken_resolver": "",  # udp or tcp: the VPC resolver does not answer over it
    "through": [],  # a command that starts the script
}
FORCED = "203.0.113.66"
received: list[str] = []


def main(file: str) -> None:
    given = {**SETTINGS, **json.loads(Path(file).read_text())}
    names = {name: address for name, address in given["names"].items() if name not in given["nameless"]}
    addresses = {RESOLVER, FORCED, *given["names"].values(), *given["resolvers"], *given["ssh"]} - set(given["absent"])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for each in addresses:
        subprocess.run(["ip", "address", "add", f"{each}/32", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        resolv = Path(scratch, "resolv.conf")
        resolv.write_text(f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n")
        subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)
        contexts = {kind: _context(given["certificates"], kind) for kind in ("trusted", "foreign")}
        for each in addresses - {RESOLVER, *given["resolvers"], *given["ssh"]} | {FORCED}:
            _serve(each, 443, lambda link: _web(link, given, contexts))
        for each in given["resolvers"]:
            _dns(each, lambda name: received.append(name) or "192.0.2.1")
        _dns(RESOLVER, names.get, without=given["broken_resolver"])
        for each in given["ssh"]:
            _serve(each, 22, _banner)
        environment = {"PATH": os.environ["PATH"], "CURL_CA_BUNDLE": f"{given['certificates']}/trusted-ca.pem", **given["environment"]}
        command = [*given["through"], given["script"]]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    print(json.dumps({"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr, "received": received}))


def _context(folder: str, kind: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{kind}.pem")
    return context


def _serve(address: str, port: int, handle: Any) -> None:
    listener = socket.create_server((address, port), backlog=64)

    def loop() -> None:
        while True:
            link, _ = listener.accept()
            threading.Thread(target=handle, args=(link,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def _web(link: socket.socket, given: dict[str, Any], contexts: dict[str, ssl.SSLContext]) -> None:
    with contextlib.suppress(OSError):
        hello = link.recv(4096, socket.MSG_PEEK)

        def named(key: str) -> bool:
            return any(name.encode() in hello for name in given[key])

        if named("denied"):
            if given["silent"]:
                threading.Event().wait(30)
            link.close()
            return
        if named("alert"):
            link.sendall(bytes.fromhex("15030300020228"))
            link.close()
            return
        with contexts["foreign" if named("foreign") else "trusted"].wrap_socket(link, server_side=True) as secure:
            received.append(secure.recv(4096).decode().split()[1])
            secure.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _banner(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.sendall(b"SSH-2.0-small\r\n")
        received.append(link.recv(200).decode().strip())
        link.close()


def _dns(address: str, lookup: Any, without: str = "") -> None:
    if without != "udp":
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))

        def datagrams() -> None:
            while True:
                query, sender = server.recvfrom(2048)
                server.sendto(_answer(query, lookup), sender)

        threading.Thread(target=datagrams, daemon=True).start()
    if without != "tcp":

        def stream(link: socket.socket) -> None:
            answer = _answer(link.recv(4096)[2:], lookup)
            link.sendall(len(answer).to_bytes(2, "big") + answer)
            link.close()

        _serve(address, 53, stream)


def _answer(query: bytes, lookup: Any) -> bytes:
    """Answer one A question with an address, with nothing for another type, or with NXDOMAIN."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    question, kind = query[12 : at + 5], query[at + 1 : at + 3]
    found = lookup(".".join(labels).lower())
    records = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04" + socket.inet_aton(found) if found and kind == b"\x00\x01" else b""
    flags = b"\x81\x80" if found else b"\x81\x83"
    return query[:2] + flags + b"\x00\x01" + (b"\x00\x01" if records else b"\x00\x00") + b"\x00\x00\x00\x00" + question + records


if __name__ == "__main__":
    main(sys.argv[1])
