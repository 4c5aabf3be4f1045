"""The connections of a session: a server outside of the sandbox, with a listening socket inside, is the only way to the network.

The server parses the profile while the command starts; connections wait in the listening socket. Where the profile limits requests inside
TLS, the server makes a certificate authority for this session (`trust`). Without a server the command has a loopback interface and no
network.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import containment
from containment.confinement import kernel
from containment.launcher.programs import find_programs
from containment.launcher.settings import Settings

if TYPE_CHECKING:
    from containment.logs.ocsf import EventSink

PORT: Final = 3128
"""TCP port of the server on the loopback address of the session's network."""
_VARIABLES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_READY: Final = b"ready\n"
_SERVING: Final = b"serving\n"
_MOST: Final = 1 << 16
_PATIENCE: Final = 1.0
"""Seconds for the last events of a session that has ended."""


def find_server() -> bool:
    """Return whether the local proxy is installed."""
    return any(Path(folder, "local_proxy", "serve.py").is_file() for folder in containment.__path__)


def build_variables() -> Mapping[str, str]:
    """Return the variables by which programs find the server, in both spellings."""
    address = f"http://127.0.0.1:{PORT}"
    return {name: address for upper in _VARIABLES for name in (upper, upper.lower())}


class ServerProcess:
    """The process that serves one session; it ends with the session and with this process."""

    def __init__(self, settings: Settings, task: str | None, events: EventSink, network: Path | None) -> None:
        self._settings, self._task, self._events, self._network = settings, task, events, network
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        with control:
            self._process = os.fork()
            if self._process == 0:
                self._control.close()
                self._run(control, parent)

    def read_certificate(self) -> bytes:
        """Return the certificate that the session has to trust, as PEM, when the server has made it; empty if the server ended."""
        return self._control.recv(_MOST).removeprefix(_READY)

    def start(self, init: int, listener: socket.socket | None) -> None:
        """Pass the listening socket of a session to the server, and close it here."""
        assert listener is not None, "a session with a server has a listening socket"
        with listener, contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the server ended, and printed why
            socket.send_fds(self._control, [str(init).encode()], [listener.fileno()])

    def stop(self) -> None:
        """End the server, once it has recorded the ends of its connections."""
        if self._is_serving():
            handle = os.pidfd_open(self._process)
            try:
                select.select([handle], [], [], _PATIENCE)
            finally:
                os.close(handle)
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def _is_serving(self) -> bool:
        """Return whether the server has begun to serve: a connection may then be open."""
        self._control.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while message := self._control.recv(_MOST):
                if message == _SERVING:
                    return True
        return False

    def _run(self, control: socket.socket, parent: int) -> None:
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's, for the command
            kernel.end_with_parent(signal.SIGKILL)
            if os.getppid() == parent:
                self._serve(control)
                code = 0
        except Exception as error:  # noqa: BLE001 - without a server there is no network, and the user reads why
            print(f"containment-sandbox: the local proxy ended, and the command has no network: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _serve(self, control: socket.socket) -> None:
        message, files, _, _ = socket.recv_fds(control, _MOST, 1)
        if message and files:
            from containment.sandbox.profile import parse_profile  # slow to import, while the command starts

            profile = parse_profile(self._settings.text, "the profile")
            authority = None
            if self._settings.limits_requests:
                from containment.local_proxy.termination.authority import create_authority

                authority = create_authority(profile)
            control.send(_READY + (authority.certificate if authority is not None else b""))
            from containment.local_proxy.serve import serve

            listener = socket.socket(fileno=files[0])
            real_paths = find_programs(self._settings.programs)
            network = None
            if self._network is not None:
                from containment.launcher.network.network_service import ServiceNetwork

                network = ServiceNetwork(self._network)
            if Path(f"/proc/{int(message)}").exists():  # a command may end before its proxy has started
                control.send(_SERVING)
                serve(
                    listener,
                    int(message),
                    profile,
                    self._events,
                    task=self._task,
                    upstream=network,
                    resolver=network,
                    authority=authority,
                    real_paths=real_paths,
                )


@contextlib.contextmanager
def open_server(settings: Settings, task: str | None, events: EventSink, network: Path | None = None) -> Iterator[ServerProcess | None]:
    """Yield the process of the local proxy, None if it is not installed; end it afterwards.

    Args:
        settings: the profile.
        task: the task of the command.
        events: where decisions are recorded.
        network: the socket of the network service, through which the proxy connects; None: from this process.
    """
    if not find_server():
        yield None
        return
    server = ServerProcess(settings, task, events, network)
    try:
        yield server
    finally:
        server.stop()
