"""A harness in its folder of the lab home, which the agent sees read-only below /opt/harness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from containment.errors import ContainmentError

PLACE: Final = "/opt/harness"
"""The harness's folder as the agent sees it."""


class HarnessError(ContainmentError):
    """A harness is unavailable; the message has the package and the reason."""


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
