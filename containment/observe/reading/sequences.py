"""Holes in numbered lines: a gateway that numbers its L4 sessions one by one has lost lines where numbers are missing.

Most gateways use arbitrary numbers. Only a file whose numbers nearly always grow by one is taken for a sequence; a number that is lower
than the one before it is a restart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

_FEWEST_STEPS: Final = 10
_MOST_HOLES: Final = 0.1
"""Share of steps by more than one that a sequence can have."""


@dataclass
class SequenceWatch:
    """The numbers of one file, by sender."""

    _last: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _steps: dict[str, int] = field(default_factory=dict)
    _jumps: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def add(self, sender: str, number: int, time: datetime) -> None:
        """Add the number of one line."""
        if (last := self._last.get(sender)) is not None:
            if number == last[0] + 1:
                self._steps[sender] = self._steps.get(sender, 0) + 1
            elif number > last[0] + 1:
                jumps = self._jumps.setdefault(sender, [])
                if len(jumps) < 10_000:  # arbitrary numbers are no sequence, and need no memory
                    jumps.append((last[1], time))
        self._last[sender] = number, time

    def find_holes(self) -> Iterator[tuple[str, datetime, datetime]]:
        """Yield sender, start and end of each hole."""
        for sender, jumps in self._jumps.items():
            steps = self._steps.get(sender, 0)
            if steps >= _FEWEST_STEPS and len(jumps) <= _MOST_HOLES * (steps + len(jumps)):
                yield from ((f"gateway-l4 sequence of {sender}", min(start, end), max(start, end)) for start, end in jumps)
