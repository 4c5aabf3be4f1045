"""Packet counters of a network namespace, read from the kernel; they remain readable after all its processes ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

_COUNTERS: Final = frozenset({"OutRequests", "Ip6OutRequests"})
"""Counters of IP packets sent by programs in the namespace."""


class SentPackets:
    """The number of IP packets that a process's network namespace sends after this object was created."""

    def __init__(self, process: int) -> None:
        self._files = [os.open(f"/proc/{process}/net/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in _find_files(process)]
        self._before = self._read_total()

    def count(self) -> int:
        """Return the number of packets sent so far."""
        return self._read_total() - self._before

    def close(self) -> None:
        """Close the counters."""
        for file in self._files:
            os.close(file)
        self._files = []

    def _read_total(self) -> int:
        return sum(
            value for file in self._files for name, value in _parse_counters(os.pread(file, 1 << 16, 0).decode()) if name in _COUNTERS
        )


def _find_files(process: int) -> list[str]:
    """Return the names of the counter files; a kernel without IPv6 has only one."""
    return [name for name in ("snmp", "snmp6") if Path(f"/proc/{process}/net/{name}").exists()]


def _parse_counters(text: str) -> Iterator[tuple[str, int]]:
    """Yield the counters of a file: `snmp` has a line of names before each line of values, `snmp6` one name and value per line."""
    lines = [line.split() for line in text.splitlines()]
    for names, values in pairwise(lines):
        if names[0] == values[0] == "Ip:":
            yield from zip(names[1:], map(int, values[1:]), strict=True)
    for line in lines:
        if len(line) == 2 and line[0].startswith("Ip6"):
            yield line[0], int(line[1])
