"""A harness from PyPI, for the system's Python, which is the only one that the agent sees."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from containment_lab.harness.installed_harness import HarnessError, InstalledHarness

TOOL: Final = "pip"
PYTHON: Final = Path("/usr/bin/python3")
_PROGRAMS: Final = "bin"


def command(folder: Path, name: str, version: str) -> list[str]:
    """Return the installation's command: wheels only, so that nothing is built and no code of a package runs."""
    if not PYTHON.exists():
        raise HarnessError(f"{name}@{version} cannot be installed: it needs {PYTHON}", fix="install the package python3")
    done = subprocess.run(
        [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False
    )
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--python-version", done.stdout.strip()]
    return [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), f"{name}=={version}"]


def expected(folder: Path, package: str, start: str) -> Iterator[tuple[str, Path]]:
    """Yield the command that must exist."""
    yield package, folder / _PROGRAMS / start


def finish(folder: Path) -> None:
    """Make the package's commands start the system's Python: pip wrote the path of the interpreter that ran pip."""
    for each in (folder / _PROGRAMS).iterdir():
        content = each.read_bytes()
        first, newline, rest = content.partition(b"\n")
        if first.startswith(b"#!") and b"python" in first:
            each.write_bytes(f"#!{PYTHON}".encode() + newline + rest)


def installed(folder: Path, start: tuple[str, ...]) -> InstalledHarness:
    """Return the harness in a folder."""
    return InstalledHarness(folder=folder, start=start, programs=(_PROGRAMS,), settings={"PYTHONPATH": "{place}"})
