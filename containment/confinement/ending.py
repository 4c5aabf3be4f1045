"""The end of a child process: it never outlives the block that waits for it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn


@contextlib.contextmanager
def kill_at_end(child: int) -> Iterator[None]:
    """Kill the child at the end in any case; ignore SIGINT, which the command receives from the terminal itself."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    def go_on(_: int, __: FrameType | None) -> None:
        return None

    before = {signal.SIGINT: signal.signal(signal.SIGINT, go_on)}
    before |= {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
