"""The tests' machine from outside: start it, run programs in its sandbox, and read what was recorded."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from containment.sandbox.profile import LauncherProfile
from tests.containment.local_proxy import machine

UNCERTIFIED = "wrong.example.com"
"""A name that the servers' certificate does not have."""
PYTHON = os.path.realpath(sys.executable)
REPOSITORY = Path(__file__).resolve().parents[3]
CLIENT = """
import json, socket, sys
sock = socket.create_connection(("127.0.0.1", 3128), timeout=10)
sock.sendall(bytes.fromhex(sys.argv[1]))
sock.settimeout(10)
out = b""
try:
    while data := sock.recv(65536):
        out += data
except ConnectionResetError:
    pass
sys.stdout.buffer.write(out)
"""
"""Sends bytes to the proxy, and prints what comes back until the connection ends."""


def find_refusal() -> str:
    """Return why this machine cannot run the tests, empty where it can."""
    if os.geteuid() != 0:
        return "needs root to make network namespaces"
    done = subprocess.run(["unshare", "--net", "--pid", "--mount", "--fork", "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


@dataclass
class World:
    """A running machine."""

    folder: Path
    init: int
    host: int
    process: subprocess.Popen[str]
    seen: int = field(default=0)

    def run(self, *words: str, seconds: float = 20) -> subprocess.CompletedProcess[str]:
        """Run a program in the sandbox."""
        enter = ("nsenter", f"--target={self.init}", "--net", "--pid", "--mount", "--")
        return subprocess.run([*enter, *words], capture_output=True, text=True, check=False, timeout=seconds)

    def send(self, raw: bytes, program: str = PYTHON, seconds: float = 20) -> str:
        """Send bytes to the proxy from the sandbox and return its answer."""
        done = self.run(program, "-c", CLIENT, raw.hex(), seconds=seconds)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, host: str, program: str = PYTHON) -> tuple[int, dict[str, Any]]:
        """Ask for a tunnel and return the status and the object of the answer."""
        return split_answer(self.send(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), program))

    def curl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run curl in the sandbox by way of the proxy."""
        common = ("-sS", "--proxy", "http://127.0.0.1:3128", "--cacert", str(self.folder / "ca.pem"), "--max-time", "15")
        return self.run("/usr/bin/curl", *common, *words)

    def read_events(self, least: int = 0) -> list[dict[str, Any]]:
        """Return the events since the last call, once every permitted connection has ended and there are so many."""
        path = self.folder / "events.jsonl"
        deadline = time.monotonic() + 20
        while True:
            found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
            last = {one["connection_info"]["uid"]: one["activity_name"] for one in found}
            if "Open" not in last.values() and len(found) >= self.seen + least:
                break
            assert time.monotonic() < deadline, "a connection does not end"
            time.sleep(0.02)
        new, self.seen = found[self.seen :], len(found)
        return new

    def read_lookups(self) -> list[str]:
        """Return every name that was looked up."""
        path = self.folder / "lookups"
        return path.read_text().split() if path.exists() else []

    def read_received(self) -> list[dict[str, Any]]:
        """Return every connection that a server accepted."""
        path = self.folder / "received.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def split_answer(text: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the object of an HTTP answer, with the line ends of a text."""
    head, _, body = text.partition("\n\n")
    return int(head.split()[1]), json.loads(body) if body.strip() else {}


@contextlib.contextmanager
def start_world(
    folder: Path,
    profile: LauncherProfile,
    names: Mapping[str, list[str]],
    task: str | None = None,
    *,
    terminates: bool = False,
    **bounds: float,
) -> Iterator[World]:
    """Start a machine and end it afterwards."""
    write_certificates(folder, [name for name in names if name != UNCERTIFIED])
    facts = {
        "profile": profile.model_dump(mode="json", by_alias=True),
        "names": dict(names),
        "task": task,
        "bounds": bounds,
        "terminates": terminates,
    }
    (folder / "world.json").write_text(json.dumps(facts))
    command = ["unshare", "--net", sys.executable, "-m", machine.__name__, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    try:
        assert process.stdout
        found = json.loads(process.stdout.readline())
        yield World(folder, found["init"], found["host"], process)
    finally:
        process.kill()
        process.wait()


def write_certificates(folder: Path, names: list[str]) -> None:
    """Write a CA, and a server certificate for some names."""
    now = datetime.now(UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])

    def sign(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: tuple[x509.ExtensionType, bool]) -> bytes:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        builder = builder.not_valid_after(now + timedelta(days=1))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    (folder / "ca.pem").write_bytes(sign(issuer, keys[0], (x509.BasicConstraints(True, 0), True), (usage, True)))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    served = sign(subject, keys[1], (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False))
    private = keys[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(private + served)
