"""A user on this machine from which a confined command is started: how it starts, what it inherits, and a process with secrets beside it.

The confinement of `lab run` and that of `containment-sandbox` are tried from such a place, with the same attempts.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.deployment import plain_user
from tests.deployment.lab import REPOSITORY

PYTHON: Final = "/usr/bin/python3"
INHERITED: Final = 77
"""A descriptor that commands inherit: open on a secret."""


@dataclass(frozen=True)
class Place:
    """One user: the words before its commands, its folder, and the targets of attempts."""

    user: str
    folder: Path
    words: tuple[str, ...]
    targets: Mapping[str, Any]

    @property
    def is_root(self) -> bool:
        """Whether the user is root."""
        return self.user == "root"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its commands."""
        return {**os.environ, "HOME": str(self.folder)}

    def start(self, words: list[str], text: str = "", *, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a command as the user, with the descriptor that must not be passed on."""
        return subprocess.run(
            [*self.words, *words], input=text, capture_output=True, text=True, env=self.environment, cwd=REPOSITORY, timeout=seconds,
            check=False, pass_fds=(INHERITED,),
        )  # fmt: skip


def find_words(user: str) -> tuple[str, ...]:
    """Return the words before a command of a user, `root` or `plain`; skip the test where there is none."""
    if user == "root" and os.geteuid() != 0:
        pytest.skip("root's own case: run the tests as root")
    if user == "plain" and (why := plain_user.impossible()):
        pytest.skip(why)
    return tuple(plain_user.words()) if user == "plain" else ()


def give_to_user(folder: Path, words: tuple[str, ...]) -> None:
    """Give a folder with everything in it to the user who runs commands with these words."""
    if words:
        subprocess.run(["chown", "-R", f"{plain_user.NOBODY}:{plain_user.NOBODY}", str(folder)], check=True)


def inherit(path: str) -> None:
    """Open a file at the descriptor that commands inherit."""
    opened = os.open(path, os.O_RDONLY)
    os.dup2(opened, INHERITED)
    os.close(opened)


@contextlib.contextmanager
def run_victim(place: Place, secrets: Path) -> Iterator[dict[str, Any]]:
    """Run a process with secrets as the place's user; yield what attempts may try to reach of it."""
    token = f"victim-{secrets.parent.name}"
    script = str(Path(__file__).with_name("victim.py"))
    with ExitStack() as stack:
        victim = subprocess.Popen(
            [*place.words, PYTHON, script, token, str(secrets), f"{tempfile.gettempdir()}/{token}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=place.environment, cwd=REPOSITORY,
        )  # fmt: skip
        stack.callback(victim.wait, 20)
        assert victim.stdin
        assert victim.stdout
        stack.callback(victim.stdin.close)
        yield json.loads(victim.stdout.readline())
