"""Versions of a daemon's state, and waiting for the next version without polling.

A version is opaque: it differs between two states of one process, and between two processes. A client sends the last version it has seen;
the answer comes when there is a newer one, or when the time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Callable

LONGEST_SECONDS = 60.0
"""Longest wait of one request."""


class Changes:
    """The version of a state. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._process = secrets.token_hex(8)
        self._number = 0
        self._closed = False
        self._wake: set[Callable[[], None]] = set()

    @property
    def version(self) -> str:
        """The present version."""
        return f"{self._process}-{self._number}"

    def record_change(self) -> None:
        """Record a change and wake all waiting callers."""
        with self._condition:
            self._number += 1
            self._wake_all()

    def close(self) -> None:
        """Answer every request at once from now on, because the process ends."""
        with self._condition:
            self._closed = True
            self._wake_all()

    def wait(self, known: str, seconds: float) -> str:
        """Wait until the version differs from `known`, or until the time is over; return the version.

        Args:
            known: The last version the caller has seen.
            seconds: Longest wait, at most `LONGEST_SECONDS`.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._is_over(known), min(seconds, LONGEST_SECONDS))
            return self.version

    async def wait_async(self, known: str, seconds: float) -> str:
        """Wait as `wait` does, without blocking the event loop."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(changed.set)

        with self._condition:
            if self._is_over(known):
                return self.version
            self._wake.add(wake)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(seconds, LONGEST_SECONDS))
        finally:
            with self._condition:
                self._wake.discard(wake)
        return self.version

    def _is_over(self, known: str) -> bool:
        return self._closed or self.version != known

    def _wake_all(self) -> None:
        self._condition.notify_all()
        for wake in self._wake:
            wake()
