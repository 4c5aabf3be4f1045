"""Child programs (Envoy, dnsdist): started in a namespace, their output read line by line, ended with the supervisor.

A program ends with the supervisor's process however that one ends (`setpriv --pdeathsig`), so no enforcement runs unsupervised.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from containment_lab.linux import netns
from containment_lab.linux.background_tasks import start_background_task
from containment_lab.readiness import Readiness


class Programs:
    """The programs of one network, by name; their standard error is in `<name>.err` in the folder.

    `ended` is called when one ends by itself.
    """

    def __init__(self, folder: Path, ended: Callable[[], None] = lambda: None) -> None:
        self._folder, self._ended = folder, ended
        self._running: dict[str, asyncio.subprocess.Process] = {}

    def get_pid(self, name: str) -> int | None:
        """Return a program's process id, None when it does not run."""
        process = self._running.get(name)
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, name: str, namespace: str, command: list[str], hear: Callable[[str], None]) -> None:
        """Start a program in a namespace.

        Args:
            name: Its name here.
            namespace: The namespace.
            command: Its command line.
            hear: Receives every line of its standard output.
        """
        with (self._folder / f"{name}.err").open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *netns.build_entering_command(namespace), "setpriv", "--pdeathsig", "KILL", *command, cwd=self._folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, limit=1 << 20, start_new_session=True,
            )  # fmt: skip
        self._running[name] = process
        start_background_task(self._read_lines(name, process, hear))

    async def await_ready(self, name: str, is_ready: Callable[[], bool], what: str) -> None:
        """Wait until a check of a program succeeds; raise NotReadyError if it ends or the deadline passes before."""
        log = self._folder / f"{name}.err"
        await Readiness(what=what, log=log, is_ready=is_ready, is_alive=lambda: self.get_pid(name) is not None).wait_async()

    def kill(self, name: str) -> None:
        """Kill a program without waiting for its end, for tests of failures."""
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

    async def _read_lines(self, name: str, process: asyncio.subprocess.Process, hear: Callable[[str], None]) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            hear(line.decode("utf-8", "replace"))
        await process.wait()
        if self._running.get(name) is process:
            self._ended()
