"""The commands: `preview`, `up`, `refresh` and `destroy` on one stack of one program folder.

Owns what surrounds a phase: the stack's lock, its passphrase and configuration, and what Ctrl-C does (nothing new starts, what is under way
stays written down as pending, children end).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containment.lab import simulators
from containment.lab.engine.deployment import Deployment
from containment.lab.engine.journal import Journal, locked
from containment.lab.engine.plugins import Plugins
from containment.lab.engine.providers import Registry
from containment.lab.engine.report import Report
from containment.lab.engine.steps import Run
from containment.lab.errors import EngineError, Exit
from containment.lab.formats import config as configuration
from containment.lab.formats.checkpoint import read_deployment
from containment.lab.formats.config import Config, Project
from containment.lab.formats.crypt import Crypter, kept_keys, passphrase
from containment.lab.home import LabHome

Work = Callable[[Deployment], Coroutine[Any, Any, None]]


@dataclass
class Session:
    """One command on one stack. `new_report` makes the record of each phase, given whether it is a preview; `show` gets it at the end."""

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
        return self._program(True, *self._open(writes=False))

    def up(self, skip_preview: bool) -> Report:
        """Bring the stack to what the program says, after a preview that found nothing wrong."""
        with locked(self.path, self._say):
            crypter, config = self._open(writes=True)
            seen = None if skip_preview else self._program(True, crypter, config)
            return seen if seen and seen.exit is not Exit.OK else self._program(False, crypter, config)

    def refresh(self) -> Report:
        """Read every resource anew into the checkpoint."""
        with locked(self.path, self._say):
            return self._phase(False, self._open(writes=True)[0], lambda deployment: deployment.refresh(self.clear_pending_creates))

    def destroy(self) -> Report:
        """Delete every resource in the checkpoint; the program is not run."""
        with locked(self.path, self._say):
            return self._phase(False, self._open(writes=True)[0], lambda deployment: deployment.destroy())

    def _say(self, note: str) -> None:
        self.new_report(False).say(note)

    def _open(self, writes: bool) -> tuple[Crypter, Config]:
        """Return the state's crypter, which keeps the salt it was made with, and the configuration."""
        provider = read_deployment(self.path).get("secrets_providers") or {"type": "passphrase"}
        if provider["type"] != "passphrase":
            raise EngineError(f"{self.path}: secrets provider {provider['type']!r} is not supported (only passphrase)")
        phrase, of_stack, kept = passphrase(self.home), configuration.stack_salt(self.project, self.stack), kept_keys(self.home)
        crypter = Crypter(phrase, (provider.get("state") or {}).get("salt") or of_stack, kept)
        if writes or crypter.given:
            crypter.prepare()
        overlay = simulators.overlay(self.home, frozenset(self.project.declared()), self.project.name)
        opener = crypter if of_stack in ("", crypter.given) else Crypter(phrase, of_stack, kept)
        config = configuration.merge(self.project, self.stack, opener, overlay, self.config, self.config_secret)
        for warning in config.warnings:
            self._say(f"warning: {warning}")
        return crypter, config

    def _program(self, preview: bool, crypter: Crypter, config: Config) -> Report:
        Plugins(self.home).make_ready(self.folder)
        hidden = [config.values[key] for key in config.secret_keys if len(config.values[key]) > 2]
        return self._phase(preview, crypter, lambda deployment: deployment.program(config, self.packs), hidden)

    def _phase(self, preview: bool, crypter: Crypter, work: Work, hidden: Sequence[str] = ()) -> Report:
        report = self.new_report(preview)
        report.hidden = list(hidden)
        journal = Journal(None if preview else self.path, read_deployment(self.path), crypter)
        registry = Registry(Plugins(self.home))
        asyncio.run(self._until_signal(Run(self.project.name, self.stack, preview, journal, registry, report), work))
        self.show(report)
        return report

    async def _until_signal(self, run: Run, work: Work) -> None:
        deployment, loop = Deployment(self.project, run), asyncio.get_running_loop()

        def stop(name: str) -> None:
            run.report.interrupted = True
            run.report.error(f"interrupted by {name}: what was under way is written down as pending")
            run.stopping.set()
            for each in deployment.executor.under_way:
                each.cancel()

        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, stop, each.name)
        await work(deployment)
