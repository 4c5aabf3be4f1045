"""The clock of a lab's cloud: the machine's, or ahead of it, so that a deadline need not be waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

SECONDS = 1.0
"""Pause between two ticks."""


@dataclass
class LabClock:
    """A clock that is some seconds ahead of the machine's."""

    ahead: float = 0.0

    def read(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead


def start_ticking(tick: Callable[[], None], seconds: float = SECONDS) -> None:
    """Call a function every second in a thread that ends with the process; an error of one call is printed, and the next one is made."""

    def run() -> None:
        while True:
            time.sleep(seconds)
            try:
                tick()
            except Exception as error:  # noqa: BLE001 - the cloud goes on
                print(f"the cloud's clock: {type(error).__name__}: {error}", flush=True)

    threading.Thread(target=run, name="clock", daemon=True).start()
