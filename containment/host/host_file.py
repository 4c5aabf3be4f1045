"""One file that lands on an agent host, and how our own are read from the package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

FOLDER = "/opt/openclaw-vca"
"""Where everything of ours lies on a host (seed 001)."""


@dataclass(frozen=True)
class HostFile:
    """A file of root's: absolute path, text, what it is for, and its mode as cloud-init writes it."""

    path: str
    content: str
    why: str
    permissions: str = "0444"


def script(name: str, why: str, *, sourced: bool = False) -> HostFile:
    """Return one of the package's own scripts; `sourced` for one that is not run by itself."""
    text = (files("containment.host") / "scripts" / name).read_text(encoding="utf-8")
    return HostFile(f"{FOLDER}/{name}", text, why, "0444" if sourced else "0555")
