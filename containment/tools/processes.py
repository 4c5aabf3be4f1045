"""An MCP server as a process of its own session, with bounded reading, and ended with everything that it started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Final

import anyio
from anyio.abc import ByteReceiveStream
from mcp.client._transport import TransportStreams

from containment.tools.lines import Report, open_lines

_ENVIRONMENT: Final = ("PATH", "LANG")
_GRACE: Final = 1.0
_KEPT: Final = 2048
"""Bytes of the end of a server's standard error that explain why it ended."""


@asynccontextmanager
async def run_server(command: Sequence[str], most: int, report: Report) -> AsyncIterator[TransportStreams]:
    """Start a server's process and yield its streams; the process group is ended afterwards.

    Args:
        command: the program, by its path, and its arguments.
        most: bytes of one message.
        report: is called with the reason when the server breaks the protocol or ends.

    Raises:
        OSError: the program cannot be started.
    """
    process = await anyio.open_process(
        (*find_guard(), *command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        cwd="/",
        start_new_session=True,
    )
    assert process.stdin, "the process is started with pipes"
    assert process.stdout, "the process is started with pipes"
    assert process.stderr, "the process is started with pipes"
    tail = bytearray()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_keep_tail, process.stderr, tail)
            async with open_lines(process.stdout, process.stdin, most, report) as streams:
                yield streams
            group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
                await process.stdin.aclose()
            with anyio.move_on_after(_GRACE):
                await process.wait()
            for sent in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, sent)
                with anyio.move_on_after(_GRACE):
                    await process.wait()
            await process.aclose()
            if tail:
                report(_clean(tail), is_quoted=True)


@lru_cache(maxsize=1)
def find_guard() -> tuple[str, ...]:
    """Return the words before a command that let it end with this process, even if this one is killed; empty without `setpriv`."""
    found = shutil.which("setpriv")
    return (found, "--pdeathsig", "KILL", "--") if found else ()


async def _keep_tail(source: ByteReceiveStream, tail: bytearray) -> None:
    with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            tail += await source.receive(4096)
            del tail[:-_KEPT]


def _clean(tail: bytearray) -> str:
    lines = [line.strip() for line in tail.decode("utf-8", "replace").splitlines() if line.strip()]
    return "".join(one if one.isprintable() else "?" for one in (lines[-1] if lines else ""))[:300]
