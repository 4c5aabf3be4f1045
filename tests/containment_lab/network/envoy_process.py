"""An Envoy of a test's own, on this machine's loopback: what it has loaded, and what it does with a request."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from containment_lab.gateway.envoy_process import fetch_admin
from containment_lab.linux.tools import find_envoy
from containment_lab.readiness import Readiness


def installed() -> bool:
    try:
        return bool(find_envoy())
    except (FileNotFoundError, PermissionError):
        return False


class EnvoyProcess:
    """A running Envoy; its files, admin socket and access log are in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def asked(self, path: str) -> str:
        body = fetch_admin(self._folder / "admin.sock", path).partition("\r\n\r\n")[2]
        return "".join(re.split(r"(?:^|\r\n)[0-9a-f]+\r\n", body))  # it comes in chunks, each behind its length

    def document(self, path: str) -> Any:
        return json.loads(self.asked(path))

    def listens(self) -> bool:
        """Return whether its listener is up; fail when it has refused the configuration."""
        assert not re.search(r"update_rejected: [1-9]", self.asked("/stats?filter=lds")), "Envoy refuses the configuration"
        return ":" in self.asked("/listeners")

    def port(self) -> int:
        return int(self.asked("/listeners").strip().rpartition(":")[2])

    def request(self, text: str) -> str:
        """Send an HTTP request and return the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port()), timeout=20) as handle:
            handle.sendall(text.encode())
            return handle.makefile("rb").readline().decode().strip()

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self._folder / "access.log").read_text().splitlines()]


@contextmanager
def running(folder: Path, config: dict[str, Any]) -> Iterator[EnvoyProcess]:
    """Give an Envoy with a bootstrap configuration, ready."""
    (folder / "envoy.json").write_text(json.dumps(config))
    command = [find_envoy(), "-c", "envoy.json", "-l", "error", "--disable-hot-restart", "--concurrency", "1"]
    with (folder / "access.log").open("wb") as out, (folder / "envoy.err").open("wb") as errors:
        process = subprocess.Popen([*command, "--file-flush-interval-msec", "20"], cwd=folder, stdout=out, stderr=errors)
    made = EnvoyProcess(folder)
    try:
        Readiness(
            what="Envoy",
            log=folder / "envoy.err",
            is_ready=lambda: "LIVE" in made.asked("/ready") and made.listens(),
            is_alive=lambda: process.poll() is None,
        ).wait()
        yield made
    finally:
        process.kill()
        process.wait()
