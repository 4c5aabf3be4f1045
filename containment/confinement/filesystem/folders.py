"""The folder that a confined command may write to: a granted one or a temporary one.

Rules kept here:
- a granted folder is one that its owner can lose: no system folder, no home folder, no folder with secrets of the caller;
- a temporary folder is removed whatever the command left in it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from containment.confinement.errors import ConfinementError
from containment.confinement.identity import Identity

_SYSTEM: Final = ("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "usr")
"""Top-level folders that are refused together with everything in them."""
_SHARED: Final = ("home", "media", "mnt", "opt", "root", "srv", "tmp", "var", "var/lib", "var/log", "var/tmp")
"""Folders that are refused, while a folder in them may be granted."""


def resolve_granted_folder(path: Path, kept: Iterable[Path]) -> Path:
    """Return a folder that the user grants, resolved; raise ConfinementError if it may not be granted.

    Args:
        path: the folder.
        kept: folders that the command must never see, such as the lab's; folders in them and above them are refused as well.
    """
    found = path.resolve()
    if not found.is_dir():
        raise ConfinementError(f"--folder {path}: there is no such folder; create it first: mkdir -p {path}")
    why = _explain_refusal(found, [each.resolve() for each in kept])
    if why:
        raise ConfinementError(f"--folder {path}: {why}; grant a separate folder, e.g. {Path.home() / 'agent-work'}")
    return found


def _explain_refusal(found: Path, kept: list[Path]) -> str:
    root = Path("/")
    if found == root:
        return "this is the whole file system"
    if found.parts[1] in _SYSTEM:
        return f"{root / found.parts[1]} belongs to the system"
    if found in {root / each for each in _SHARED}:
        return "this folder is shared by many programs"
    for each in kept:
        if found == each or each in found.parents or found in each.parents:
            return f"the lab's files are in {each}"
    for account in pwd.getpwall():
        home = Path(account.pw_dir)
        if len(home.parts) > 1 and home.parts[1] not in _SYSTEM and (found == home or found in home.parents):
            return f"the home folder of {account.pw_name} is {home}, with keys and passwords in it"
    return ""


@contextlib.contextmanager
def create_temporary_folder(within: Path, identity: Identity) -> Iterator[Path]:
    """Yield an empty folder that the command may write to, and remove it at the end."""
    within.mkdir(parents=True, exist_ok=True)
    folder = within / f"run-{os.getpid()}-{os.urandom(6).hex()}"
    folder.mkdir(mode=0o700)
    try:
        if identity.changed:
            os.chown(folder, identity.user, identity.group)
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Remove a folder that a confined command wrote to: any depth, any mode, links not followed."""
    with contextlib.suppress(OSError):
        folder.rmdir()  # a command that left nothing
        return
    import subprocess  # slow to import, and only needed here

    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf", "--one-file-system"]):
        subprocess.run([*command, "--", str(folder)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
    if folder.exists():
        raise ConfinementError(f"{folder} could not be removed; remove it by hand: rm -rf {folder}")
