"""Child processes that cannot outlive the engine: the program, and each policy pack.

A child gets its own session (Ctrl-C reaches the engine alone, which ends its children) and, on Linux, a death signal from the kernel: kill
-9 of the engine ends its children too. The output of a child goes to the report, never to stdout.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LEASH = """import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]): os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])"""


class Child:
    """A running child process and the tasks that read its output."""

    def __init__(self, process: Process, say: Callable[[str], None]) -> None:
        self._process, self._say = process, say
        self._readers: list[asyncio.Task[None]] = []
        self.last_words: list[str] = []

    @classmethod
    async def start(cls, command: list[str], cwd: Path, env: dict[str, str], say: Callable[[str], None]) -> Child:
        """Start `command` without a wrapper process between it and the engine.

        Args:
            command: The program and its arguments.
            cwd: Its working directory.
            env: Variables that extend the engine's environment.
            say: Receives each line of output.
        """
        local = ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1", "localhost")))
        env = {**os.environ, "no_proxy": local, "NO_PROXY": local, **env}
        leash = (sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()))
        streams: dict[str, Any] = {"stdin": DEVNULL, "stdout": PIPE, "stderr": PIPE, "start_new_session": True}
        return cls(await asyncio.create_subprocess_exec(*leash, *command, cwd=cwd, env=env, limit=1 << 24, **streams), say)

    async def read_first_line(self, seconds: float | None = None) -> str:
        """Return the first line on its stdout; "" when it ended without one or took longer than `seconds`."""
        assert self._process.stdout is not None
        with contextlib.suppress(TimeoutError):
            return (await asyncio.wait_for(self._process.stdout.readline(), seconds)).decode().strip()
        return ""

    def listen(self, heard: Callable[[str], None] | None = None) -> None:
        """Begin to pass on its output; `heard` receives what it prints on stdout."""
        streams = {self._process.stdout: heard or self._say, self._process.stderr: self._say}
        self._readers = [asyncio.ensure_future(self._forward_lines(stream, say)) for stream, say in streams.items() if stream]

    async def _forward_lines(self, stream: asyncio.StreamReader, say: Callable[[str], None]) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            self.last_words = [*self.last_words[-19:], text]
            say(text)

    async def wait_for_end(self) -> int:
        """Wait for its end and return its exit code; all its output has been passed on."""
        code = await self._process.wait()
        await asyncio.gather(*self._readers)
        return code

    async def stop(self, grace: float = 0) -> None:
        """End it after at most `grace` seconds in which it may end by itself; its last output is still passed on."""
        ended = asyncio.ensure_future(self.wait_for_end())
        await asyncio.wait([ended], timeout=grace)
        if self._process.returncode is None:
            self._process.kill()
        await asyncio.wait([ended], timeout=1)
        ended.cancel()
