"""Where running provider plugins are: named in PULUMI_DEBUG_PROVIDERS, as for the official CLI, else the lab's own."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from containment.lab import simulators
from containment.lab.errors import EngineError
from containment.lab.formats.package import Package
from containment.lab.home import LabHome

DEBUG_PROVIDERS = "PULUMI_DEBUG_PROVIDERS"


@dataclass(frozen=True)
class Plugins:
    """The plugins that runs in one lab home can use."""

    home: LabHome

    def named(self, package: Package) -> str:
        """Return the port that the environment names for a package (under its base plugin's name, or its own), or ""."""
        ports = dict(each.rsplit(":", 1) for each in os.environ.get(DEBUG_PROVIDERS, "").split(",") if ":" in each)
        return ports.get(package.plugin) or ports.get(package.name) or ""

    def make_ready(self, folder: Path) -> None:
        """Start the lab's Controller before a program that speaks of Aviatrix runs: it may ask the Controller itself, as ours does."""
        if DEBUG_PROVIDERS not in os.environ and any(
            "aviatrix" in path.read_text(errors="replace") for path in sorted(folder.glob("*.py"))
        ):
            self._start("aviatrix")

    async def attach(self, package: Package) -> int:
        """Return the port of the running plugin for a package; the lab's own is started if need be."""
        if port := self.named(package):
            return int(port)
        found = await asyncio.to_thread(self._start, package.name)
        if found is None:
            how = f"start one and name its port in {DEBUG_PROVIDERS}={package.name}:PORT, or use the official Pulumi CLI"
            raise EngineError(f"no provider for package {package.name!r}: the lab does not serve it; {how}")
        return found

    def _start(self, name: str) -> int | None:
        try:
            return simulators.attach(self.home, name)
        except simulators.SimulatorError as failed:
            raise EngineError(f"the lab's {name} did not start: {failed}") from failed
