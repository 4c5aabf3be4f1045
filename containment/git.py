"""Commands of git in a checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem

_SECONDS: Final = 60


def run_git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run git in a folder and return how it ended; raise InputError if it cannot be run.

    Args:
        folder: The folder of the checkout, or one below it.
        arguments: The command and its arguments.
        environment: Variables in addition to those of this process.
    """
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, **(environment or {})},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        missing = isinstance(error, FileNotFoundError)
        what = "is not on PATH" if missing else f"failed: {error}"
        problem = Problem("git", what, "the files of a commit are read and written with it", "install git" if missing else "try it by hand")
        raise InputError("git cannot be run", [problem]) from None


def read_git(folder: Path, *arguments: str) -> str | None:
    """Return what a command of git prints, None if it fails; raise InputError if it cannot be run."""
    done = run_git(folder, *arguments)
    return done.stdout if done.returncode == 0 else None
