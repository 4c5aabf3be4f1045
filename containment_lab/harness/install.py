"""Installation of a harness into the lab home, once per version.

Rules kept here:
- one exact version is installed; none of its code runs meanwhile, except its completion step, confined and without a network;
- an unavailable package, or one without the expected command, is an error with its name, and nothing is started;
- a partial installation is never used later.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Final

from containment.fixes.nearest_word import make_proposal
from containment_lab.harness import npm, pypi
from containment_lab.harness.completion import complete
from containment_lab.harness.installed_harness import HarnessError, InstalledHarness
from containment_lab.harness.known_harnesses import INSTEAD, NPM, PYPI, UNAVAILABLE, find_names
from containment_lab.home import LabHome

INSTALL_SECONDS: Final = 900.0


def install(home: LabHome, wanted: str) -> InstalledHarness:
    """Return a harness (`NAME` or `NAME@VERSION`) of a lab home, after installing it if needed; raise HarnessError."""
    name, _, version = wanted.partition("@")
    if name in UNAVAILABLE:
        raise HarnessError(f"SKIPPED {name}: {UNAVAILABLE[name]}", fix=INSTEAD[name])
    known = {**NPM, **PYPI}.get(name)
    if known is None:
        raise HarnessError(f"{name!r} is not a harness of this lab", fix=make_proposal(name, find_names(), "see `--with`", verb="use"))
    source: ModuleType = npm if name in NPM else pypi
    version = version or known.version
    package = f"{name}@{version}"
    folder = home.root / "harness" / package
    found: InstalledHarness = source.installed(folder, known.start)
    found = replace(found, settings={**found.settings, **known.variables})
    ready = folder / ".ready"
    if ready.exists():
        return found
    command = source.command(folder, name, version)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run(command, package, source.TOOL)
    for what, path in source.expected(folder, package, known.start[0]):
        if not path.exists():
            raise HarnessError(
                f"{what} was installed, but has no command {path.name!r}", fix=f"name a version that has it: --with {name}@VERSION"
            )
        path.chmod(path.stat().st_mode | 0o111)
    source.finish(folder)
    if known.complete:
        complete(found, known.complete, package)
    ready.touch()
    return found


def _run(command: Sequence[str], package: str, tool: str) -> None:
    """Run an installation; its files are readable to the unprivileged user of the harness."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False, umask=0o022)
    except subprocess.TimeoutExpired:
        what = f"{package} could not be installed by {tool} in {INSTALL_SECONDS:.0f} s"
        raise HarnessError(what, fix=f"repeat the command when {tool} reaches its registry faster") from None
    if done.returncode:
        reason = "; ".join(done.stderr.strip().splitlines()[:3]) or f"it ended with {done.returncode}"
        raise HarnessError(
            f"{package} could not be installed by {tool}: {reason}", fix=f"correct what {tool} says, or name another version"
        )
