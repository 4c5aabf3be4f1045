"""The commands: `preview`, `up`, `refresh` and `destroy` on one stack of one program folder.

Owns what surrounds a phase: the stack's lock, its passphrase and configuration, where providers are attached, and what Ctrl-C does
(nothing new starts, what is under way stays written down as pending, children end).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containment.lab import simulators
from containment.lab.engine import config as configuration
from containment.lab.engine.checkpoint import Journal, locked, read_deployment
from containment.lab.engine.config import Config, Project
from containment.lab.engine.crypt import Crypter, passphrase
from containment.lab.engine.deployment import Deployment
from containment.lab.engine.errors import EngineError, Exit
from containment.lab.engine.providers import Package, Registry
from containment.lab.engine.report import Report
from containment.lab.engine.steps import Run
from containment.lab.home import LabHome

DEBUG_PROVIDERS = "PULUMI_DEBUG_PROVIDERS"


@dataclass
class Session:
    """One command on one stack. `new_report` makes the record of each phase, given whether it is a preview."""

    folder: Path
    stack: str
    new_report: Callable[[bool], Report]
    packs: list[Path] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    config_secret: dict[str, str] = field(default_factory=dict)
    clear_pending_creates: bool = False

    show: Callable[[Report], None] = lambda _: None

    def __post_init__(self) -> None:
        self.home = LabHome.find()
        self.project = Project.load(self.folder.resolve())
        self.path = self.home.stack_file(self.project.name, self.stack)

    def preview(self) -> Report:
        """Show what `up` would do. Takes no lock and writes nothing."""
        return self._whole(lambda config, crypter: self._program(True, config, crypter), writes=False)

    def up(self, skip_preview: bool) -> Report:
        """Bring the stack to what the program says, after a preview that found nothing wrong."""

        def phases(config: Config, crypter: Crypter) -> Report:
            if not skip_preview:
                seen = self._program(True, config, crypter)
                if seen.exit is not Exit.OK:
                    return seen
            return self._program(False, config, crypter)

        return self._locked(phases)

    def refresh(self) -> Report:
        """Read every resource anew into the checkpoint."""
        return self._locked(lambda _, crypter: self._phase(False, crypter, lambda deployment: deployment.refresh()))

    def destroy(self) -> Report:
        """Delete every resource in the checkpoint; the program is not run."""
        return self._locked(lambda _, crypter: self._phase(False, crypter, lambda deployment: deployment.destroy()))

    def _locked(self, phases: Callable[[Config, Crypter], Report]) -> Report:
        with locked(self.path) as note:
            if note:
                self.new_report(False).say(note)
            return self._whole(phases, writes=True)

    def _whole(self, phases: Callable[[Config, Crypter], Report], writes: bool) -> Report:
        """Work out secrets and configuration, then run the phases."""
        deployment = read_deployment(self.path)
        provider = deployment.get("secrets_providers") or {}
        if provider and provider.get("type") != "passphrase":
            raise EngineError(f"{self.path}: secrets provider {provider.get('type')!r} is not supported (only passphrase)")
        in_stack_file = configuration.stack_salt(self.project, self.stack)
        salt = in_stack_file or (provider.get("state") or {}).get("salt", "")
        crypter = Crypter(passphrase(self.home), salt)
        if salt or writes:
            crypter.prepare()
        overlay = simulators.overlay(self.home, frozenset(self.project.declared()), self.project.name)
        config = configuration.merge(self.project, self.stack, crypter, overlay, self.config, self.config_secret)
        return phases(config, crypter)

    def _program(self, preview: bool, config: Config, crypter: Crypter) -> Report:
        return self._phase(preview, crypter, lambda deployment: deployment.program(config, self.packs), config)

    def _phase(
        self, preview: bool, crypter: Crypter, work: Callable[[Deployment], Coroutine[Any, Any, None]], config: Config | None = None
    ) -> Report:
        report = self.new_report(preview)
        if config is not None:
            report.hidden = [config.values[key] for key in config.secret_keys if len(config.values[key]) > 2]
        journal = Journal(None if preview else self.path, read_deployment(self.path), crypter)
        if self.clear_pending_creates:
            journal.interrupted = []
        elif journal.interrupted and not preview and config is not None:
            report.warning(_pending(journal))
        asyncio.run(self._until_signal(preview, journal, report, work))
        self.show(report)
        return report

    async def _until_signal(
        self, preview: bool, journal: Journal, report: Report, work: Callable[[Deployment], Coroutine[Any, Any, None]]
    ) -> None:
        run = Run(self.project.name, self.stack, preview, journal, Registry(self._attach, preview), report)
        deployment = Deployment(self.project, run)
        task = asyncio.ensure_future(work(deployment))
        with _signals(lambda name: self._interrupt(deployment, name)):
            await task

    def _interrupt(self, deployment: Deployment, name: str) -> None:
        deployment.report.interrupted = True
        deployment.report.error(f"interrupted by {name}: what was under way is written down as pending")
        deployment.run.stopping.set()
        for each in deployment.executor.under_way:
            each.cancel()

    async def _attach(self, package: Package) -> int:
        """Return the port of the running plugin for a package: named in the environment, as for the real CLI, or the lab's own."""
        named = dict(each.rsplit(":", 1) for each in os.environ.get(DEBUG_PROVIDERS, "").split(",") if ":" in each)
        port = named.get(package.plugin) or named.get(package.name)
        try:
            found = int(port) if port else await asyncio.to_thread(simulators.attach, self.home, package.name)
        except simulators.SimulatorError as failed:
            raise EngineError(f"the lab's {package.name} did not start: {failed}") from failed
        if found is None:
            how = f"start one and name its port in {DEBUG_PROVIDERS}={package.name}:PORT, or use the official Pulumi CLI"
            raise EngineError(f"no provider for package {package.name!r}: the lab does not serve it; {how}")
        return found


@contextlib.contextmanager
def _signals(stop: Callable[[str], None]) -> Iterator[None]:
    loop, ours = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for each in ours:
        loop.add_signal_handler(each, stop, each.name)
    try:
        yield
    finally:
        for each in ours:
            loop.remove_signal_handler(each)


def _pending(journal: Journal) -> str:
    """Return the warning about what an interrupted run left."""
    lines = [f"  * {each['resource']['urn']}, interrupted while {each['type']}" for each in journal.interrupted]
    what = f"Attempting to deploy or update resources with {len(lines)} pending operations from previous deployment."
    how = "What became of them is not known: look, then forget pending creates with `containment lab refresh --clear-pending-creates`."
    return "\n".join([what, *lines, how])
