"""Measure the local proxy: latency and connections per second through it and without it, and the rate of bytes, in one run.

Run as root: `python -m benchmarks.proxy [--seconds N] [--clients N]`. A sandbox, a host and an internet are network namespaces on this
machine; without the proxy, the client connects from the host's namespace. Both alternate, so that other load affects both; read the ratios,
because machines differ. A connection is TCP, CONNECT where there is a proxy, a TLS handshake, one request and its answer. With `requests`
in the profile TLS ends in the proxy, so that there are two handshakes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.containment.local_proxy.machine import PRIVATE, WEB
from tests.containment.local_proxy.samples import make_entry, make_profile
from tests.containment.local_proxy.world import PYTHON, World, find_refusal, start_world

ROUNDS: Final = 5
OPEN, LIMITED = "web.example.com", "limited.example.com"
"""A host whose TLS passes through the proxy, and one whose TLS ends there."""
MODES: Final = {"none": (False, OPEN), "tunnel": (True, OPEN), "TLS ends": (True, LIMITED)}
"""Mode: whether the client uses the proxy, and its host."""
CLIENT: Final = """
import json, socket, ssl, sys, threading, time
proxied, address, name, seconds, clients, private = json.loads(sys.argv[1])
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
def connect(host, port):
    if not proxied:
        return socket.create_connection((address if host == name else host, port))
    sock = socket.create_connection(("127.0.0.1", 3128))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(f"CONNECT {host}:{port} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
    assert sock.recv(4096).startswith(b"HTTP/1.1 200"), "denied"
    return sock
def fetch():
    with connect(name, 443) as sock, context.wrap_socket(sock, server_hostname=name) as tls:
        tls.sendall(f"GET / HTTP/1.1\\r\\nHost: {name}\\r\\n\\r\\n".encode())
        while tls.recv(65536):
            pass
def measure_latency():
    taken = []
    for _ in range(40):
        begun = time.perf_counter(); fetch(); taken.append(time.perf_counter() - begun)
    return taken
def measure_rate():
    end, counts = time.monotonic() + seconds, [0] * clients
    def work(place):
        while time.monotonic() < end:
            fetch(); counts[place] += 1
    threads = [threading.Thread(target=work, args=(one,)) for one in range(clients)]
    for one in threads: one.start()
    for one in threads: one.join()
    return sum(counts) / seconds
def measure_bytes():
    block, count = b"x" * 65536, 1600
    with connect(private, 7000) as sock:
        begun = time.perf_counter()
        for _ in range(count): sock.sendall(block)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(100) == b"%d bytes" % (count * len(block))
        return count * len(block) / (time.perf_counter() - begun)
fetch()
print(json.dumps({"latency": measure_latency(), "rate": measure_rate(), "bytes": measure_bytes()}))
"""


def run_client(world: World, given: argparse.Namespace, mode: str) -> dict[str, float]:
    """Return the measurements of one client: median seconds of a connection, connections per second, bytes per second."""
    proxied, host = MODES[mode]
    words = json.dumps([proxied, WEB, host, given.seconds, given.clients, PRIVATE])
    if proxied:
        done = world.run(PYTHON, "-c", CLIENT, words, seconds=300)
    else:
        enter = ("nsenter", f"--net=/proc/{world.host}/ns/net", PYTHON, "-c", CLIENT, words)
        done = subprocess.run(enter, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise SystemExit(f"error: the client failed: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    return {"latency": statistics.median(found["latency"]), "rate": found["rate"], "bytes": found["bytes"]}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="duration of each rate measurement (default: %(default)s)")
    parser.add_argument("--clients", type=int, default=4, help="parallel clients of the rate (default: %(default)s)")
    given = parser.parse_args()
    if refused := find_refusal():
        raise SystemExit(f"error: {refused}")
    networks = {"scheme": "tcp", "host": None, "networks": ["10.20.0.0/24"], "ports": [{"first": 7000, "last": 7000}]}
    profile = make_profile(
        make_entry(PYTHON, host=OPEN),
        make_entry(PYTHON, host=LIMITED, requests=["GET /**"]),
        make_entry(PYTHON, **networks),
        programs=(PYTHON,),
    )
    names = {OPEN: [WEB], LIMITED: [WEB]}
    with tempfile.TemporaryDirectory() as folder, start_world(Path(folder), profile, names, terminates=True) as world:
        rounds = [{mode: run_client(world, given, mode) for mode in MODES} for _ in range(ROUNDS)]
    print(f"{'':<28}" + "".join(f" {mode:>18}" for mode in MODES))
    for name, label, scale in (
        ("latency", "one connection, ms", 1e3),
        ("rate", f"connections/s, {given.clients} clients", 1),
        ("bytes", "one way, MB/s", 1e-6),
    ):
        cells = []
        for mode in MODES if name != "bytes" else ("none", "tunnel"):
            found = statistics.median(one[mode][name] for one in rounds) * scale
            ratio = statistics.median(one[mode][name] / one["none"][name] for one in rounds)
            cells.append(f" {found:>10.1f} ({ratio:>5.2f})")
        print(f"{label:<28}" + "".join(cells))


if __name__ == "__main__":
    main()
