"""A socket address is read as the kernel reads it, and one that is cut off names no destination."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address

import pytest

from containment.launcher.supervisor.destinations import Destination, parse_destination


def make_address(text: str, port: int) -> bytes:
    address = ip_address(text)
    if address.version == 4:
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + address.packed + bytes(8)
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + address.packed + bytes(4)


@pytest.mark.parametrize("text", ["192.0.2.7", "169.254.169.254", "2001:db8::7", "::ffff:192.0.2.7"])
def test_an_address_elsewhere_is_not_local(text: str) -> None:
    found = parse_destination(make_address(text, 443))
    assert found == Destination(ip_address(text), 443)
    assert not found.is_local


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"])
def test_an_address_of_the_loopback_interface_is_local(text: str) -> None:
    found = parse_destination(make_address(text, 3128))
    assert found is not None
    assert found.is_local


@pytest.mark.parametrize(
    "raw", [b"", b"\x02", make_address("192.0.2.7", 1)[:7], make_address("2001:db8::7", 1)[:23], b"\x01\x00/run/socket"]
)
def test_what_is_no_whole_internet_address_has_no_destination(raw: bytes) -> None:
    assert parse_destination(raw) is None
