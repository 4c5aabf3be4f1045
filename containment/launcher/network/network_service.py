"""Connections for launchers whose own unit has no network: a service of its own, without namespaces and mounts, opens them.

A request comes on a Unix socket from a process of the same user, one per connection: the addresses of a name, or a connection to an
address, which is returned as an open socket. Loopback, link-local and metadata addresses, and those of this host, are never connected to,
whatever the local proxy permits. The confined command cannot reach the socket: no mount shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final

from containment.confinement.errors import ConfinementError
from containment.local_proxy.rules.destination import Destination
from containment.local_proxy.wire.stream import PIECE, SocketStream

_MOST: Final = 1 << 16
_THREADS: Final = 64
_BACKLOG: Final = 256
_REQUEST_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 30
_METADATA: Final = (IPv6Address("fd00:ec2::254"), IPv4Address("169.254.169.254"))


class RefusedAddressError(OSError):
    """An address that no connection goes to."""


def serve_connections(path: Path, threads: int = _THREADS) -> None:
    """Answer requests on a new Unix socket until the process ends.

    Args:
        path: the socket; one that no process listens on any more is replaced.
        threads: the number of requests that are answered at the same time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, ThreadPoolExecutor(threads) as pool:
        _bind(listener, path)
        while True:
            client, _ = listener.accept()
            pool.submit(_answer, client)


def ask_addresses(path: Path, host: str) -> list[str]:
    """Return the addresses of a name; raise OSError where it has none."""
    answer, _ = _ask(path, {"resolve": host})
    return [str(one) for one in answer["addresses"]]


def ask_connection(path: Path, address: str, port: int) -> socket.socket:
    """Return an open connection to an address; raise OSError where there is none."""
    answer, files = _ask(path, {"connect": address, "port": port})
    if not files:
        raise OSError(errno.EIO, f"the network service returned no connection: {answer}")
    return socket.socket(fileno=files[0])


def check_address(address: IPv4Address | IPv6Address) -> None:
    """Raise RefusedAddressError for an address that no connection goes to."""
    plain = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    if plain.is_loopback or plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _METADATA:
        raise RefusedAddressError(errno.EACCES, f"{address} is an address of the host or of its metadata service")


def _bind(listener: socket.socket, path: Path) -> None:
    before = os.umask(0o177)
    try:
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            probe.connect(str(path))
            raise ConfinementError(f"{path}: another process serves this socket; end it, or name another path with --socket")
        if path.is_socket():
            path.unlink()
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        raise ConfinementError(
            f"{path}: cannot be created ({error.strerror}); name a path in a folder of this user with --socket"
        ) from None
    finally:
        os.umask(before)


def _ask(path: Path, request: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(_CONNECT_SECONDS + _REQUEST_SECONDS)
        client.connect(str(path))
        client.send(json.dumps(request).encode())
        message, files, _, _ = socket.recv_fds(client, _MOST, 1)
    if not message:
        raise OSError(errno.EPIPE, "the network service closed the connection")
    answer: dict[str, Any] = json.loads(message)
    if "error" in answer:
        raise OSError(answer["code"], answer["error"])
    return answer, files


def _answer(client: socket.socket) -> None:
    with client:
        client.settimeout(_REQUEST_SECONDS)
        try:
            text = client.recv(_MOST)
            _check_peer(client)
            request = json.loads(text)
            if "resolve" in request:
                found = socket.getaddrinfo(str(request["resolve"]), None, type=socket.SOCK_STREAM)
                _send(client, {"addresses": list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))})
            else:
                with _connect(str(request["connect"]), int(request["port"])) as connection:
                    _send(client, {"connected": True}, connection.fileno())
        except OSError as error:
            code = error.errno if error.errno and error.errno > 0 else errno.EIO
            _send(client, {"error": error.strerror or str(error), "code": code})
        except (ValueError, KeyError, TypeError) as error:
            _send(client, {"error": f"a request without a meaning: {error}", "code": errno.EINVAL})


def _send(client: socket.socket, answer: dict[str, Any], *files: int) -> None:
    with contextlib.suppress(OSError):  # the client is gone
        socket.send_fds(client, [json.dumps(answer).encode()], files)


def _check_peer(client: socket.socket) -> None:
    """Raise OSError for a process of another user."""
    size = struct.calcsize("=3i")
    _, user, _ = struct.unpack("=3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    if user != os.geteuid():
        raise OSError(errno.EACCES, f"user {user} is another one than the service's")


def _connect(text: str, port: int) -> socket.socket:
    address = ip_address(text)
    check_address(address)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((text, port))  # no packet is sent
        if str(probe.getsockname()[0]).partition("%")[0] == str(address):
            raise RefusedAddressError(errno.EACCES, f"{text} is an address of this host")
    return socket.create_connection((text, port), _CONNECT_SECONDS)


class ServiceNetwork:
    """Names and connections from the service that listens on a Unix socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="network")

    async def resolve(self, host: str) -> list[IPv4Address | IPv6Address]:
        """Return the addresses of a name; raise OSError where it has none."""
        return list(map(ip_address, await self._run(ask_addresses, self._path, host)))

    async def open(self, destination: Destination, address: IPv4Address | IPv6Address) -> SocketStream:
        """Open a connection to a destination; raise OSError where there is none.

        Args:
            destination: the host and the port that the proxy decided about.
            address: the address of the host that the proxy checked.
        """
        connection = await self._run(ask_connection, self._path, str(address), destination.port)
        connection.setblocking(False)
        return SocketStream(*await asyncio.open_connection(sock=connection, limit=PIECE))

    async def _run(self, ask: Callable[..., Any], *values: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask, *values)
