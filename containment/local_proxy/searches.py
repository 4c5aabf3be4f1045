"""Searches for the processes of connections: at once while they are short, and in threads when a sandbox makes them long.

A search takes longer the more processes and open files a sandbox has. In a thread it does not stop the other connections; at once it saves
the change of threads, which takes longer than a short search.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from containment.local_proxy.attribution import Attribution, AttributionError, ProcessTable

_T = TypeVar("_T")
_SHORT: Final = 0.002
"""Seconds of processor time of a search after which the next one runs in a thread."""


class Searches:
    """The searches of one sandbox."""

    def __init__(self, processes: ProcessTable, seconds: float) -> None:
        """Prepare searches.

        Args:
            processes: the processes of the sandbox.
            seconds: the longest time of a search.
        """
        self._processes, self._seconds = processes, seconds
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="attribution")
        self._last: dict[Callable[..., object], float] = {}

    async def find_socket(self, client: tuple[str, int], proxy: tuple[str, int]) -> int:
        """Return the inode of the client's end of a connection; raise AttributionError where there is none in time."""
        return await self._run(self._processes.find_socket, client, proxy)

    async def find_holders(self, inode: int) -> Attribution:
        """Return the processes that have a socket open now; without an answer in time there are none."""
        try:
            return await self._run(self._processes.find_holders, inode)
        except AttributionError as error:
            return Attribution(problem=str(error))

    def close(self) -> None:
        """Start no further search."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., _T], *arguments: object) -> _T:
        if self._last.get(work, 0) < _SHORT:
            return self._measure(work, *arguments)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._measure, work, *arguments)
        except TimeoutError:
            raise AttributionError(f"the connection's processes were not found within {self._seconds:g} s") from None

    def _measure(self, work: Callable[..., _T], *arguments: object) -> _T:
        begun = time.thread_time()
        try:
            return work(*arguments)
        finally:
            self._last[work] = time.thread_time() - begun
