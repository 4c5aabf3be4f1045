"""Signals that end a command: each becomes the command's own end, with a verdict and an exit code."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """A signal ended the command; the text is its name. As a KeyboardInterrupt it passes `except Exception`."""


@contextmanager
def handle_signals(handle: Callable[[str], object]) -> Iterator[None]:
    """Call a function with the name of each signal that ends the command."""
    before = {each: signal.signal(each, lambda number, _: handle(signal.Signals(number).name)) for each in _ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def raise_on_signals() -> AbstractContextManager[None]:
    """Raise Interrupted in the main thread on a signal, as Ctrl-C does."""
    return handle_signals(_raise_interrupted)


def _raise_interrupted(name: str) -> NoReturn:
    raise Interrupted(name)
