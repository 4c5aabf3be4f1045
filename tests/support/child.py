"""Processes that answer tasks, a JSON line each: for what wants a process of its own and takes a second to start.

Pulumi's runtime keeps settings for its whole process, so programs do not run in the tests' own. A module that calls `serve` is asked
through `ask` (one process a test worker, which lives as long as it does) or `ask_all` (many tasks, over the cores, by processes that
live until another module is asked). What a task prints goes to stderr.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
COLLECT_EVERY = 20
MOST = 8
"""How many processes there may be at once, however many cores there are."""


def serve(answer: Callable[[Any], Any]) -> None:
    """Answer each line of stdin until it ends. Garbage is looked for between tasks: during them it is half of the time."""
    out = os.fdopen(os.dup(1), "w")
    sys.stdout = sys.stderr
    gc.disable()
    for number, line in enumerate(sys.stdin):
        print(json.dumps(answer(json.loads(line)), default=lambda value: "UNKNOWN"), file=out, flush=True)
        if number % COLLECT_EVERY == 0:
            gc.collect()


class Child:
    """One such process."""

    def __init__(self, module: str) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        command = [sys.executable, "-m", module]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True
        )

    def ask(self, task: Any) -> Any:
        """Return the answer to one task."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(task), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            raise AssertionError(f"{self._process.args} ended without an answer:\n{self._said.read()[-4000:]}")
        return json.loads(line)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()


@functools.cache
def _lasting(module: str) -> Child:
    child = Child(module)
    atexit.register(child.end)
    return child


def ask(module: str, task: Any) -> Any:
    """Return the answer to one task, from a process that goes on."""
    return _lasting(module).ask(task)


class Pool:
    """Processes of one module at a time: a start takes seconds of CPU, and a file of tests asks several times."""

    def __init__(self) -> None:
        self._module, self._children = "", list[Child]()

    def children(self, module: str, count: int) -> list[Child]:
        """Return `count` processes of a module; those of another one end."""
        if module != self._module:
            self.end()
            self._module = module
        self._children += [Child(module) for _ in range(count - len(self._children))]
        return self._children[:count]

    def end(self) -> None:
        """End every process."""
        while self._children:
            self._children.pop().end()


_POOL = Pool()
atexit.register(_POOL.end)


def ask_all(module: str, tasks: Sequence[Any]) -> list[Any]:
    """Return the answers in the order of the tasks; a process a core, each given every n-th task."""
    if not tasks:
        return []
    count = min(os.cpu_count() or 1, MOST, len(tasks))
    children = _POOL.children(module, count)

    def part(first: int) -> list[Any]:
        return [children[first].ask(task) for task in tasks[first::count]]

    try:
        with ThreadPoolExecutor(count) as threads:
            parts = list(threads.map(part, range(count)))
    except BaseException:
        _POOL.end()  # the answer to an earlier task may still be on its way
        raise
    return [parts[number % count][number // count] for number in range(len(tasks))]
