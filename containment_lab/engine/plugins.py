"""Ports of running provider plugins: from PULUMI_DEBUG_PROVIDERS, as for the official CLI, else the lab's own plugins."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from containment_lab import simulators
from containment_lab.errors import LabError
from containment_lab.formats.package import Package
from containment_lab.home import LabHome

DEBUG_PROVIDERS = "PULUMI_DEBUG_PROVIDERS"


@dataclass(frozen=True)
class Plugins:
    """The plugins available to runs in one lab home."""

    home: LabHome

    def find_debug_port(self, package: Package) -> str:
        """Return the port that the environment sets for a package (under its base plugin's name, or its own), or ""."""
        ports = dict(each.rsplit(":", 1) for each in os.environ.get(DEBUG_PROVIDERS, "").split(",") if ":" in each)
        return ports.get(package.plugin) or ports.get(package.name) or ""

    def make_ready(self, folder: Path) -> None:
        """Start the lab's Controller before a program that uses Aviatrix: it may call the Controller directly."""
        if DEBUG_PROVIDERS not in os.environ and any(
            "aviatrix" in path.read_text(errors="replace") for path in sorted(folder.glob("*.py"))
        ):
            self.start("aviatrix")

    async def attach(self, package: Package) -> int:
        """Return the port of the running plugin for a package; the lab's own plugin is started if needed."""
        if port := self.find_debug_port(package):
            return int(port)
        found = await asyncio.to_thread(self.start, package.name)
        if found is None:
            fix = f"start one and name its port in {DEBUG_PROVIDERS}={package.name}:PORT, or use the official Pulumi CLI"
            raise LabError(f"no provider for package {package.name!r}", why="the lab does not serve it", fix=fix)
        return found

    def start(self, name: str) -> int | None:
        """Start a package's simulators unless they run; return the port of its provider, None for a package the lab does not serve."""
        try:
            return simulators.attach(self.home, name)
        except simulators.SimulatorError as failed:
            raise LabError(f"the lab's {name} did not start: {failed.what}", why=failed.why, fix=failed.fix) from failed
