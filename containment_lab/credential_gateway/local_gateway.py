"""A credential gateway as two processes of this machine: the decision service, and Envoy with the configuration that the cloud has."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from containment.credential_gateway.envoy import EnvoySettings, ListenerTls, Upstream, build_envoy_configuration
from containment.credential_gateway.route import RouteEntry
from containment.files.whole_files import write_whole
from containment.gateway_service.configuration import format_configuration, read_configuration
from containment.loaders.presets import load_library
from containment_lab.linux.tools import find_envoy

READY_SECONDS = 30.0
_PAUSE = 0.05


@dataclass(frozen=True, kw_only=True)
class GatewayPlace:
    """Where Envoy listens, and the command that enters the network that it listens and connects in.

    The service stays outside: its Unix socket is a file, and it reads the simulated Secrets Manager where that listens.
    """

    address: str = "127.0.0.1"
    port: int = 0
    entering: tuple[str, ...] = ()
    resolver: IPv4Address | None = None


class LocalGateway:
    """The two processes and their files in one folder.

    Attributes:
        port: the port on 127.0.0.1 that agents connect to.
        access_log: Envoy's log, a JSON object per line.
        decision_log: the service's log, the same.
    """

    def __init__(
        self,
        folder: Path,
        entries: Sequence[RouteEntry],
        upstreams: Mapping[str, Upstream],
        *,
        authorities: Path,
        secrets_endpoint: str,
        agent_class: str = "coding",
        refresh_seconds: float = 60,
        tls: ListenerTls | None = None,
        place: GatewayPlace | None = None,
    ) -> None:
        """Write the configuration without starting anything.

        Args:
            folder: the folder for files, with a path of at most 80 characters: a Unix socket's is limited.
            entries: the routes.
            upstreams: the addresses of their hosts.
            authorities: the file of the authorities that sign destinations' certificates.
            secrets_endpoint: the address of Secrets Manager.
            agent_class: the class.
            refresh_seconds: how often the secrets are read.
            tls: the listener's certificate.
            place: where Envoy listens; a free port of 127.0.0.1 by default.
        """
        self._place = place or GatewayPlace()
        self.folder, self._endpoint = folder, secrets_endpoint
        self.access_log, self.decision_log = folder / "access.log", folder / "decisions.log"
        self._socket, self.port = folder / "authorizer.sock", self._place.port or _find_free_port()
        document = format_configuration(agent_class, "us-east-1", tuple(entries), load_library().credential_apis)
        write_whole(folder / "gateway.json", json.dumps({**document, "refreshSeconds": refresh_seconds}), 0o600)
        self.configuration, table = read_configuration(folder / "gateway.json")
        settings = EnvoySettings(
            address=self._place.address,
            port=self.port,
            tls=tls,
            service_socket=str(self._socket),
            authorities=str(authorities),
            access_log=str(self.access_log),
            upstreams=dict(upstreams),
            resolver=self._place.resolver,
        )
        write_whole(folder / "envoy.json", json.dumps(build_envoy_configuration(table, settings)), 0o600)
        self.service: subprocess.Popen[bytes] | None = None
        self.envoy: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start both processes, and return once they answer; raise RuntimeError if one does not."""
        self.start_service()
        self.start_envoy()

    def start_service(self) -> None:
        """Start the decision service, which reads its keys first."""
        command = [sys.executable, "-m", "containment.gateway_service", "serve"]
        command += ["--config", str(self.folder / "gateway.json"), "--socket", str(self._socket)]
        credentials = {"AWS_ACCESS_KEY_ID": "lab", "AWS_SECRET_ACCESS_KEY": "lab", "AWS_ENDPOINT_URL": self._endpoint}
        with self.decision_log.open("ab") as out, (self.folder / "service.err").open("ab") as err:
            self.service = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **credentials})
        self._await_ready(self.service, lambda: _answers(socket.AF_UNIX, str(self._socket)), "the decision service")

    def start_envoy(self) -> None:
        """Start Envoy."""
        options = ["--concurrency", "2", "-l", "warning", "--disable-hot-restart", "--file-flush-interval-msec", "50"]
        with (self.folder / "envoy.err").open("ab") as err:
            command = [*self._place.entering, find_envoy(), "-c", str(self.folder / "envoy.json"), *options]
            self.envoy = subprocess.Popen(command, stdout=err, stderr=err)
        self._await_ready(self.envoy, self._is_listening, "Envoy")

    def stop(self) -> None:
        """End both processes."""
        for process in (self.envoy, self.service):
            if process is not None:
                end(process)

    def read_log(self, path: Path) -> list[dict[str, Any]]:
        """Return the whole lines of a log."""
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def _is_listening(self) -> bool:
        if not self._place.entering:
            return _answers(socket.AF_INET, (self._place.address, self.port))
        connect = f"import socket; socket.create_connection(({self._place.address!r}, {self.port}), 1)"
        command = [*self._place.entering, sys.executable, "-c", connect]
        return subprocess.run(command, capture_output=True, check=False, timeout=READY_SECONDS).returncode == 0

    def _await_ready(self, process: subprocess.Popen[bytes], ready: Any, what: str) -> None:
        end_of_wait = time.monotonic() + READY_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > end_of_wait:
                raise RuntimeError(f"{what} does not answer; see {self.folder}")
            time.sleep(_PAUSE)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that may have ended already."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(family: socket.AddressFamily, address: Any) -> bool:
    with socket.socket(family) as handle:
        handle.settimeout(1)
        try:
            handle.connect(address)
        except OSError:
            return False
        return True


def _find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as handle:
        return int(handle.getsockname()[1])
