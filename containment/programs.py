"""Search for system programs on PATH, and in the folders for administrators that a plain user's PATH lacks.

Debian gives plain users a PATH without /usr/sbin, the folder of nft and ip. All code that finds or runs a program uses this module.
"""

from __future__ import annotations

import os
import shutil

STANDARD_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Folders for programs in the Filesystem Hierarchy Standard."""


def build_search_path() -> str:
    """Return PATH, followed by the standard folders that it lacks; for the environment of a child process."""
    given = [each for each in os.environ.get("PATH", "").split(os.pathsep) if each]
    return os.pathsep.join([*given, *(each for each in STANDARD_FOLDERS if each not in given)])


def find_program(name: str) -> str | None:
    """Return the path of a program, None when this machine does not have it."""
    return shutil.which(name, path=build_search_path())
