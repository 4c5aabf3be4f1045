"""One file on an agent host, and access to the scripts in this package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

FOLDER = "/opt/openclaw-vca"
"""Folder of this package's files on a host (Aviatrix blueprint)."""


@dataclass(frozen=True)
class HostFile:
    """A file owned by root: absolute path, text, purpose, and mode in cloud-init's notation."""

    path: str
    content: str
    why: str
    permissions: str = "0444"


def read_script(name: str, why: str, *, sourced: bool = False) -> HostFile:
    """Return one of the package's scripts; `sourced` marks one that other scripts read and that is not executable."""
    text = (files("containment.host") / "scripts" / name).read_text(encoding="utf-8")
    return HostFile(f"{FOLDER}/{name}", text, why, "0444" if sourced else "0555")
