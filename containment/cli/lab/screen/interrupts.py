"""Signals outside of a phase: SIGTERM and SIGHUP end a command like Ctrl-C, with a verdict and an exit code."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal ended the command; the text is its name. As a KeyboardInterrupt it passes `except Exception`."""


@contextlib.contextmanager
def raise_on_signals() -> Iterator[None]:
    """Raise Interrupted in the main thread on a signal that ends the command."""
    before = {each: signal.signal(each, _raise_interrupted) for each in _ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _raise_interrupted(number: int, _: FrameType | None) -> NoReturn:
    raise Interrupted(signal.Signals(number).name)
