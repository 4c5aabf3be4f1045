"""The addresses of messages are read as the kernel reads them, as many as it sends."""

from __future__ import annotations

import ctypes
import os
import struct

from hypothesis import given
from hypothesis import strategies as st

from containment.launcher.supervisor.process_memory import parse_message_addresses, read_message_addresses

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
