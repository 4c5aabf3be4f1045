"""Runs a classic BPF program on a system call, as the kernel does: load, three jumps, return."""

from __future__ import annotations

import struct


def decide(program: bytes, architecture: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """Return what a filter returns for a system call."""
    values = [*arguments, *(6 - len(arguments)) * (0,)]
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(each & (1 << 64) - 1 for each in values))
    code = list(struct.iter_unpack("<HBBI", program))
    at, word = 0, 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == 0x20:
            (word,) = struct.unpack_from("=I", data, value)
        elif operation == 0x06:
            return value
        else:
            true = {0x15: word == value, 0x35: word >= value, 0x45: bool(word & value)}[operation]
            at += yes if true else no
