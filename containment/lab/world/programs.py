"""Programs that are not our own code (Envoy, dnsdist): started in a namespace, heard line by line, and ended with the keeper.

A program dies with the keeper's process whatever ends it (`setpriv --pdeathsig`): what enforces never outlives who looks after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from containment.lab.world import netns
from containment.lab.world.background import keep

READY_SECONDS = 60.0
"""How long a program may take to start on a busy machine."""


class Programs:
    """The programs of one world, by name; what each says on its standard error is in `<name>.err` in the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, asyncio.subprocess.Process] = {}

    def pid(self, name: str) -> int | None:
        """Return a program's process id, None when it does not run."""
        process = self._running.get(name)
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, name: str, namespace: str, command: list[str], hear: Callable[[str], None]) -> None:
        """Start a program in a namespace; `hear` gets every line it says on its standard output."""
        with (self._folder / f"{name}.err").open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *netns.entering(namespace), "setpriv", "--pdeathsig", "KILL", *command, cwd=self._folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, limit=1 << 20, start_new_session=True,
            )  # fmt: skip
        self._running[name] = process
        keep(_lines(process, hear))

    async def ready(self, name: str, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds of a program; raises RuntimeError with its last words when it ends, or when it takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        while not await asyncio.to_thread(holds):
            if self.pid(name) is None or time.monotonic() > deadline:
                log = self._folder / f"{name}.err"
                ended = "ended before it was ready" if self.pid(name) is None else f"is not ready after {READY_SECONDS:.0f} s"
                said = "; ".join(log.read_text(errors="replace").splitlines()[-3:])
                raise RuntimeError(f"{what} {ended}: {said or 'it said nothing'} (log: {log})")
            await asyncio.sleep(0.01)

    def kill(self, name: str) -> None:
        """Kill a program and look away, for tests of what happens then."""
        process = self._running[name]
        if process.returncode is None:
            process.kill()

    async def end(self, name: str) -> None:
        """End a program, if it runs, and wait until it has ended."""
        process = self._running.pop(name, None)
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()

    async def end_all(self) -> None:
        """End every program."""
        for name in list(self._running):
            await self.end(name)


async def _lines(process: asyncio.subprocess.Process, hear: Callable[[str], None]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        hear(line.decode("utf-8", "replace"))
    await process.wait()
