"""The decision of a filter about one system call, computed as the kernel does: load, three jumps, return.

The way to the first argument depends on the number alone, and is computed once per number.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from containment.confinement.system_calls.notifications import Notification
from containment.confinement.system_calls.seccomp import ANY_BIT, ARGUMENTS, AT_LEAST, EQUAL, LOAD, RETURN


def decide_call(program: bytes, call: Notification) -> int:
    """Return what a filter returns for a system call."""
    at, result = _find_first_argument(program, call.number, call.architecture)
    if result is not None:
        return result
    data = struct.pack("=iIQ6Q", call.number, call.architecture, 0, *call.arguments)
    return _run(_decode(program), at, data, stops=False)[1]


@lru_cache(maxsize=1024)
def _find_first_argument(program: bytes, number: int, architecture: int) -> tuple[int, int | None]:
    """Return the place of the first instruction that loads an argument, or the result that does not depend on arguments."""
    at, result = _run(_decode(program), 0, struct.pack("=iIQ", number, architecture, 0), stops=True)
    return (at, None) if result < 0 else (at, result)


def _run(code: tuple[tuple[int, int, int, int], ...], at: int, data: bytes, *, stops: bool) -> tuple[int, int]:
    """Return the place and the result at the end; -1 at the first argument if the run stops there."""
    word = 0
    while True:
        operation, yes, no, value = code[at]
        if operation == LOAD:
            if stops and value >= ARGUMENTS:
                return at, -1
            (word,) = struct.unpack_from("=I", data, value)
        elif operation == RETURN:
            return at, value
        elif operation == EQUAL:
            at += yes if word == value else no
        elif operation == AT_LEAST:
            at += yes if word >= value else no
        else:
            assert operation == ANY_BIT, "the filters have five operations"
            at += yes if word & value else no
        at += 1


@lru_cache(maxsize=8)
def _decode(program: bytes) -> tuple[tuple[int, int, int, int], ...]:
    return tuple(struct.iter_unpack("<HBBI", program))
