"""The network service opens connections for its own user alone, and none to this host or to metadata."""

from __future__ import annotations

import asyncio
import inspect
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from containment.confinement.errors import ConfinementError
from containment.launcher.network import network_service
from containment.launcher.network.network_service import (
    RefusedAddressError,
    ServiceNetwork,
    ask_addresses,
    ask_connection,
    check_address,
    serve_connections,
)
from containment.local_proxy.rules.destination import Destination
from containment.local_proxy.wire.resolver import Resolver
from containment.local_proxy.wire.upstream import Upstream
from tests.deployment import plain_user


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("service") / "socket"
    threading.Thread(target=serve_connections, args=(path, 4), daemon=True).start()
    _wait_until_served(path)
    return path


def _wait_until_served(path: Path) -> None:
    for _ in range(1000):
        try:
            ask_addresses(path, "127.0.0.1")
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.01)
        else:
            return
    raise AssertionError("the service did not start")


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


def test_the_local_proxy_takes_the_service_as_its_network() -> None:
    for protocol, name in ((Resolver, "resolve"), (Upstream, "open")):
        own, theirs = (inspect.signature(getattr(each, name)).parameters for each in (ServiceNetwork, protocol))
        assert list(own) == list(theirs)


def test_names_are_looked_up_outside_and_a_missing_one_is_an_error(service: Path) -> None:
    assert "127.0.0.1" in ask_addresses(service, "localhost")
    with pytest.raises(OSError, match=r"[Nn]ame|address"):
        ask_addresses(service, "no-such-host.invalid")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "169.254.169.254", "::ffff:169.254.169.254", "169.254.1.1"),
        *("fe80::1", "fd00:ec2::254", "0.0.0.0", "::", "224.0.0.1", "ff02::1"),
    ],
)
def test_addresses_of_the_host_and_of_metadata_are_refused(service: Path, address: str) -> None:
    with pytest.raises(RefusedAddressError):
        check_address(ip_address(address))
    with pytest.raises(PermissionError):
        ask_connection(service, address, 80)


@pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.9", "2001:db8::1", "fd12::1"])
def test_other_addresses_are_decided_by_the_proxy(address: str) -> None:
    check_address(ip_address(address))


def test_an_address_of_this_host_is_refused_whatever_its_kind(
    service: Path, monkeypatch: pytest.MonkeyPatch, server: socket.socket
) -> None:
    monkeypatch.setattr(network_service, "check_address", lambda _: None)
    with pytest.raises(PermissionError, match="is an address of this host"):
        ask_connection(service, "127.0.0.1", server.getsockname()[1])


def test_a_connection_arrives_as_an_open_socket(service: Path, monkeypatch: pytest.MonkeyPatch, server: socket.socket) -> None:
    monkeypatch.setattr(network_service, "_connect", lambda text, port: socket.create_connection((text, port)))
    with ask_connection(service, "127.0.0.1", server.getsockname()[1]) as found:
        accepted, _ = server.accept()
        with accepted:
            accepted.sendall(b"hello")
        assert found.recv(5) == b"hello"


def test_the_proxy_gets_streams_and_addresses(service: Path, monkeypatch: pytest.MonkeyPatch, server: socket.socket) -> None:
    monkeypatch.setattr(network_service, "_connect", lambda text, port: socket.create_connection((text, port)))

    async def ask() -> tuple[bytes, list[str]]:
        network = ServiceNetwork(service)
        stream = await network.open(Destination("example.com", server.getsockname()[1]), ip_address("127.0.0.1"))
        accepted, _ = server.accept()
        with accepted:
            accepted.sendall(b"hello")
        text = await stream.receive()
        stream.abort()
        return text, list(map(str, await network.resolve("127.0.0.1")))

    assert asyncio.run(ask()) == (b"hello", ["127.0.0.1"])


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"7", b'{"connect": "not an address", "port": 1}', b'{"connect": "10.0.0.1"}', b"\xff"])
def test_a_request_without_a_meaning_is_answered_and_the_service_goes_on(service: Path, text: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(str(service))
        client.send(text)
        assert b"without a meaning" in client.recv(1000)
    assert ask_addresses(service, "127.0.0.1") == ["127.0.0.1"]


def test_another_user_is_refused(service: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_service.os, "geteuid", lambda: 4321)
    with pytest.raises(PermissionError, match="is another one than the service's"):
        ask_addresses(service, "127.0.0.1")


def test_its_socket_is_the_users_alone(service: Path) -> None:
    assert service.stat().st_mode & 0o777 == 0o600
    if plain_user.words():
        text = f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect({str(service)!r})"
        done = subprocess.run([*plain_user.words(), sys.executable, "-c", text], capture_output=True, text=True, check=False, cwd="/")
        assert "PermissionError" in done.stderr


def test_a_socket_in_use_is_refused_and_one_that_was_left_is_replaced(service: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfinementError, match="another process serves this socket"):
        serve_connections(service)
    with pytest.raises(ConfinementError, match="cannot be created"):
        serve_connections(tmp_path / "missing" / "socket")
    left = tmp_path / "left"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(left))
    threading.Thread(target=serve_connections, args=(left, 1), daemon=True).start()
    _wait_until_served(left)
