"""Addresses of messages and of connections are read as the kernel reads them, as many as it sends; one that is cut off is none."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.launcher.supervisor.process_memory import (
    Destination,
    parse_destination,
    parse_message_addresses,
    read_message_addresses,
)

_NAMES = st.tuples(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 32) - 1))


def make_headers(names: list[tuple[int, int]]) -> bytes:
    return b"".join(struct.pack("=QI", *each).ljust(64, b"\xaa") for each in names)


@given(st.lists(_NAMES, max_size=20))
def test_each_header_with_an_address_has_it(names: list[tuple[int, int]]) -> None:
    assert parse_message_addresses(make_headers(names)) == [each for each in names if all(each)]


def test_the_memory_of_a_process_is_read_up_to_the_number_of_messages() -> None:
    names = [(place, 16) for place in range(1, 1031)]
    memory = ctypes.create_string_buffer(make_headers(names))

    def read(count: int | None) -> list[tuple[int, int]]:
        return read_message_addresses(os.getpid(), ctypes.addressof(memory), count)

    assert read(None) == names[:1]
    assert [len(read(count)) for count in (0, 1, 3, 1024, (1 << 32) - 1)] == [0, 1, 3, 1024, 1024]


def test_headers_that_cannot_be_read_have_no_address() -> None:
    assert read_message_addresses(os.getpid(), 8, 1) == []
    assert parse_message_addresses(make_headers([(1, 16)])[:11]) == []


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
