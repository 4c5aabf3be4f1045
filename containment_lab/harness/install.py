"""Installation of a harness into the lab home, once per version.

Rules kept here:
- one exact version is installed; none of its code runs meanwhile, except its completion step, confined and without a network;
- an unavailable package, or one without the expected command, is an error with its name, and nothing is started;
- a partial installation is never used later.

A completion step is one that the harness itself performs at its first start, in its own folder; afterwards the agent sees the folder
read-only. `NPM` and `PYPI` are the harnesses that the lab can start, each in the tested version; `UNAVAILABLE` has the others.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from containment.confinement.errors import ConfinementError
from containment.confinement.identity import Identity, reserve_identity
from containment.confinement.launch import run_confined
from containment.confinement.profile import HOME, SEARCH_PATH, Profile
from containment.fixes.nearest_word import make_proposal
from containment_lab.harness.installed_harness import HarnessError, InstalledHarness
from containment_lab.harness.registries import Npm, Pypi
from containment_lab.home import LabHome


@dataclass(frozen=True, kw_only=True)
class KnownHarness:
    """A harness in a package registry.

    Attributes:
        version: The tested version.
        start: The command that starts it by itself.
        complete: A command that finishes its installation, which the harness otherwise does at its first start, in its own folder.
        variables: Invented settings that it needs.
    """

    version: str
    start: tuple[str, ...]
    complete: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


NPM: Final = {
    "openclaw": KnownHarness(
        version="2026.9.6",
        start=("openclaw", "gateway", "--allow-unconfigured", "--bind", "loopback"),
        complete=("openclaw", "--version"),
    ),
}
PYPI: Final = {
    "hermes-agent": KnownHarness(
        version="0.19.0",
        start=("hermes", "chat", "-q", "hello"),
        variables={"OPENROUTER_API_KEY": "not-a-key"},
    ),
}
UNAVAILABLE: Final = {
    "nemoclaw": "NemoClaw is NVIDIA's installer script, which needs Docker and fetches container images; the packages of that name on "
    "npm (0.1.0) and PyPI (0.0.0a1) are empty. It runs OpenClaw in its sandbox",
}
"""Harness → the reason why it is not run here."""
INSTEAD: Final = {"nemoclaw": "try --with openclaw, the same program"}
"""Harness that is not run here → what to try."""


def find_names() -> list[str]:
    """Return the names of all harnesses."""
    return sorted({*NPM, *PYPI, *UNAVAILABLE})


_SECONDS: Final = 300.0


def complete(found: InstalledHarness, command: tuple[str, ...], package: str) -> None:
    """Run a harness's own completion step; raise HarnessError when it fails.

    Args:
        found: The harness in its folder.
        command: The words of the step.
        package: The package's name for messages.
    """
    try:
        with reserve_identity() as identity:
            _give(found.folder, identity)
            try:
                profile = Profile(
                    command=("/bin/sh", "-c", 'exec "$@" >install.log 2>&1 </dev/null', "complete", *command),
                    network=None,
                    folder=found.folder,
                    search_path=(*(f"{HOME}/{each}" for each in found.programs), *SEARCH_PATH),
                    variables=found.build_variables(),
                )
                ended = run_confined(profile, identity, _SECONDS)
            finally:
                _give(found.folder, Identity(os.geteuid(), os.getegid(), changed=identity.changed))
    except ConfinementError as error:
        raise HarnessError(f"{package}: {error}", fix="let this machine confine programs: see `containment doctor`") from None
    if ended.code or ended.timed_out:
        reason = f"did not end within {_SECONDS:.0f} s" if ended.timed_out else f"ended with {ended.code}"
        log = found.folder / "install.log"
        what = f"{package}: `{' '.join(command)}`, which completes its installation, {reason} (log: {log})"
        raise HarnessError(what, fix=f"correct what {log} says, or name another version")


def _give(folder: Path, identity: Identity) -> None:
    """Make a user the owner of all files in a folder; links are not followed."""
    if identity.changed:
        words = ["chown", "-Rh", f"{identity.user}:{identity.group}", "--", str(folder)]
        subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, check=True)


INSTALL_SECONDS: Final = 900.0


def install(home: LabHome, wanted: str) -> InstalledHarness:
    """Return a harness (`NAME` or `NAME@VERSION`) of a lab home, after installing it if needed; raise HarnessError."""
    name, _, version = wanted.partition("@")
    if name in UNAVAILABLE:
        raise HarnessError(f"SKIPPED {name}: {UNAVAILABLE[name]}", fix=INSTEAD[name])
    known = {**NPM, **PYPI}.get(name)
    if known is None:
        raise HarnessError(f"{name!r} is not a harness of this lab", fix=make_proposal(name, find_names(), "see `--with`", verb="use"))
    registry = Npm() if name in NPM else Pypi()
    version = version or known.version
    package = f"{name}@{version}"
    folder = home.root / "harness" / package
    found = registry.describe_harness(folder, known.start)
    found = replace(found, settings={**found.settings, **known.variables})
    ready = folder / ".ready"
    if ready.exists():
        return found
    command = registry.build_command(folder, name, version)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run(command, package, registry.tool)
    for what, path in registry.list_expected(folder, package, known.start[0]):
        if not path.exists():
            raise HarnessError(
                f"{what} was installed, but has no command {path.name!r}", fix=f"name a version that has it: --with {name}@VERSION"
            )
        path.chmod(path.stat().st_mode | 0o111)
    registry.finish(folder)
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
