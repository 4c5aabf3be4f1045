"""A harness in its folder of the lab home, which the agent sees read-only below /opt/harness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from containment_lab.errors import LabError

PLACE: Final = "/opt/harness"
"""The harness's folder as the agent sees it."""


class HarnessError(LabError):
    """A harness is unavailable."""

    def __init__(self, what: str, *, fix: str) -> None:
        super().__init__(what, why="nothing was started: the command is the harness", fix=fix)


@dataclass(frozen=True, kw_only=True)
class InstalledHarness:
    """A harness in its folder.

    Attributes:
        start: The command that starts it by itself.
        programs: The folders of its commands, below its folder.
        variables: Its environment, where `{place}` is the folder as the agent sees it.
    """

    folder: Path
    start: tuple[str, ...]
    programs: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    def read_only(self) -> dict[str, Path]:
        """Return the host files that the agent sees because of it."""
        return {PLACE: self.folder}

    def search_path(self) -> tuple[str, ...]:
        """Return the folders in which its commands are found first."""
        return tuple(f"{PLACE}/{each}" for each in self.programs)

    def build_variables(self) -> dict[str, str]:
        """Return its environment."""
        return {"NO_COLOR": "1", **{name: value.format(place=PLACE) for name, value in self.settings.items()}}
