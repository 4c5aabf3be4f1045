"""Places for connections, so that one program or process cannot take them all."""

from __future__ import annotations

from collections import Counter

from containment.local_proxy.attribution import Attribution
from containment.local_proxy.bounds import Bounds


class Slots:
    """Open connections: all, per program, and per process."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._all = 0
        self._programs = Counter[str]()
        self._processes = Counter[int]()

    def take_any(self) -> bool:
        """Take a place for a connection of any program; return False where there is none."""
        if self._all >= self._bounds.connections:
            return False
        self._all += 1
        return True

    @property
    def is_crowded(self) -> bool:
        """Whether one process may have all the places that it may take."""
        return self._all > self._bounds.connections_per_process

    def give_back_any(self) -> None:
        """Give back a place of `take_any`."""
        self._all -= 1

    def take(self, found: Attribution) -> str | None:
        """Take a place for each program and process of a connection; return why there is none."""
        for program in found.programs:
            if self._programs[program] >= self._bounds.connections_per_program:
                return f"{program} has {self._bounds.connections_per_program} connections open, the most that one program may have"
        for holder in found.holders:
            if self._processes[holder.pid] >= self._bounds.connections_per_process:
                return f"process {holder.pid} has {self._bounds.connections_per_process} connections open, the most of one process"
        self._programs.update(found.programs)
        self._processes.update(holder.pid for holder in found.holders)
        return None

    def give_back(self, found: Attribution) -> None:
        """Give back the places of `take`."""
        self._programs.subtract(found.programs)
        self._processes.subtract(holder.pid for holder in found.holders)
        self._programs, self._processes = +self._programs, +self._processes
