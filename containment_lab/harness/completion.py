"""The installation step that a harness itself performs at its first start, run confined and without a network, in its own folder.

Afterwards the agent sees the folder read-only.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from containment.confinement.errors import ConfinementError
from containment.confinement.identity import Identity, reserve_identity
from containment.confinement.launch import run_confined
from containment.confinement.profile import HOME, SEARCH_PATH, Profile
from containment_lab.harness.installed_harness import HarnessError, InstalledHarness

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
