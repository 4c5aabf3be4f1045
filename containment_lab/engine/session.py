"""The commands `preview`, `up`, `refresh` and `destroy` on one stack of one program folder.

Owns the surroundings of a phase: checks that the stack and the lab home can be used, the stack's lock, its passphrase and configuration,
checks that the simulators still have the resources of the checkpoint, and the handling of Ctrl-C (no new step starts, running ones stay
recorded as pending, children end).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containment_lab import simulators
from containment_lab.engine.deployment import Deployment
from containment_lab.engine.journal import Journal, take_lock
from containment_lab.engine.plugins import Plugins
from containment_lab.engine.providers import Registry
from containment_lab.engine.report import Report
from containment_lab.engine.steps import Run
from containment_lab.errors import Exit, LabError
from containment_lab.formats import config as configuration
from containment_lab.formats.checkpoint_file import read_deployment, read_record
from containment_lab.formats.config import Config, Project
from containment_lab.formats.crypt import Crypter, find_key_folder, find_passphrase
from containment_lab.formats.package import Package
from containment_lab.formats.state import State
from containment_lab.generation import GenerationRecord, Generations, find_packages
from containment_lab.home import LabHome
from containment_lab.stacks import require_stack, require_stack_file

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command."""
Work = Callable[[Deployment], Coroutine[Any, Any, None]]


@dataclass
class Session:
    """One command on one stack.

    `new_report` makes the record of each phase, given whether it is a preview; `show` receives it at the end.
    """

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
        self.path = self.home.get_stack_file(self.project.name, self.stack)

    def preview(self) -> Report:
        """Show the changes of `up`. Takes no lock and writes nothing of the stack's."""
        self.require_deliberate()
        self.home.require_usable()
        crypter, config = self._open(writes=False)
        return self._run_program(True, crypter, config, self._refresh_lost(crypter, keeps=False))

    def up(self, skip_preview: bool) -> Report:
        """Deploy the program, after a preview without errors or violations."""
        self.require_deliberate()
        self.home.require_usable()
        with take_lock(self.path, self._print_note):
            crypter, config = self._open(writes=True)
            self._refresh_lost(crypter, keeps=True)
            seen = None if skip_preview else self._run_program(True, crypter, config)
            return seen if seen and seen.exit is not Exit.OK else self._run_program(False, crypter, config)

    def refresh(self) -> Report:
        """Read every resource from its provider into the checkpoint."""
        self.require_stack()
        with take_lock(self.path, self._print_note):
            crypter = self._open(writes=True)[0]
            lost = self._find_lost()
            if lost:
                self._print_note(f"{self._read_generations().describe_loss(lost)}: deleted resources leave the checkpoint")
            report, _ = self._read_anew(crypter, self.path, self.new_report(False), lost, self.clear_pending_creates)
            self.show(report)
            return report

    def destroy(self) -> Report:
        """Delete every resource in the checkpoint; the program is not run."""
        self.require_stack()
        with take_lock(self.path, self._print_note):
            crypter = self._open(writes=True)[0]
            self._refresh_lost(crypter, keeps=True, then="deleting what is left")
            return self._run(self.new_report(False), crypter, lambda deployment: deployment.destroy())

    def require_deliberate(self) -> None:
        """Raise StackNotFoundError for a new stack that has neither a file nor a class."""
        files = configuration.find_stack_file(self.project, self.stack).parent
        require_stack_file(self.home, self.stack, self.project.name, files, {*self.config, *self.config_secret})

    def require_stack(self) -> None:
        """Raise StackNotFoundError for a stack that is not in the lab."""
        require_stack(self.home, self.stack, self.project.name, self.project.root)

    def _find_lost(self) -> list[str]:
        """Return the simulators that have forgotten resources of the checkpoint; those needed to find that out are started."""
        deployment = read_deployment(self.path)
        packages = {each for each in find_packages(deployment) if not Plugins(self.home).find_debug_port(Package(each))}
        for each in sorted(packages):
            Plugins(self.home).start(each)
        return self._read_generations().find_lost(Generations.read_current(self.home), packages)

    def _read_generations(self) -> Generations:
        return Generations.parse_record(read_record(self.path))

    def _refresh_lost(self, crypter: Crypter, keeps: bool, then: str = "building it again") -> list[State] | None:
        """Refresh the stack where the simulators have forgotten it, into the checkpoint if `keeps`; return the states found."""
        if not (lost := self._find_lost()):
            return None
        recorded = self._read_generations()
        how = f"refreshing, then {then}" if recorded.cloud or recorded.controller else "refreshing first"
        self._print_note(f"{recorded.describe_loss(lost)}: {how}")
        report, states = self._read_anew(crypter, self.path if keeps else None, self.new_report(True), lost, forget=False)
        if report.exit:
            why, fix = "what exists of it is not known", "correct what is printed above, and repeat the command"
            raise LabError("the stack could not be refreshed", why=why, fix=fix, exit_code=report.exit)
        return states

    def _read_anew(self, crypter: Crypter, path: Path | None, report: Report, lost: list[str], forget: bool) -> tuple[Report, list[State]]:
        """Refresh; only after a full success does the checkpoint belong to the present start of the simulators."""
        kept = self._read_generations() if lost else None
        journal = Journal(path, read_deployment(self.path), crypter, GenerationRecord(self.home, kept))
        if (
            kept and kept.controller and "controller" in lost
        ):  # a read of a deleted group is an error of the Controller, as with the real one, and no answer
            journal.base = [each for each in journal.base if "::pulumi:providers:aviatrix::" not in each.provider]
        self._carry_out(journal, path is None, report, lambda deployment: deployment.refresh(forget))
        if lost and not report.exit and path:
            journal.record = GenerationRecord(self.home)
            journal.save()
        return report, journal.base

    def _print_note(self, note: str) -> None:
        self.new_report(False).print_line(note)

    def _open(self, writes: bool) -> tuple[Crypter, Config]:
        """Return the state's crypter, which keeps the salt it was made with, and the configuration."""
        provider = read_deployment(self.path).get("secrets_providers") or {"type": "passphrase"}
        if provider["type"] != "passphrase":
            what, why = f"{self.path}: secrets provider {provider['type']!r} is not supported", "its secrets cannot be read"
            raise LabError(what, why=why, fix="change it to a passphrase: pulumi stack change-secrets-provider passphrase")
        phrase, of_stack, kept = find_passphrase(self.home), configuration.read_salt(self.project, self.stack), find_key_folder(self.home)
        crypter = Crypter(phrase, (provider.get("state") or {}).get("salt") or of_stack, kept)
        if writes or crypter.given:
            crypter.prepare()
        overlay = simulators.build_overlay(self.home, frozenset(self.project.get_declarations()), self.project.name)
        opener = crypter if of_stack in ("", crypter.given) else Crypter(phrase, of_stack, kept)
        config = configuration.merge(self.project, self.stack, opener, overlay, self.config, self.config_secret)
        for warning in config.warnings:
            self._print_note(f"warning: {warning}")
        return crypter, config

    def _run_program(self, preview: bool, crypter: Crypter, config: Config, before: list[State] | None = None) -> Report:
        Plugins(self.home).make_ready(self.folder)
        hidden = [config.values[key] for key in config.secret_keys if len(config.values[key]) > 2]
        report = self.new_report(preview)
        report.hidden, report.places = hidden, config.index_by_value()
        return self._run(report, crypter, lambda deployment: deployment.run_program(config, self.packs), before)

    def _run(self, report: Report, crypter: Crypter, work: Work, before: list[State] | None = None) -> Report:
        """Carry out one phase on the checkpoint; a preview starts from the states `before` if set."""
        preview = report.preview
        journal = Journal(None if preview else self.path, read_deployment(self.path), crypter, GenerationRecord(self.home))
        if before is not None:
            journal.base = before
        self._carry_out(journal, preview, report, work)
        self.show(report)
        return report

    def _carry_out(self, journal: Journal, preview: bool, report: Report, work: Work) -> None:
        registry = Registry(Plugins(self.home))
        handlers = {each: signal.getsignal(each) for each in _ENDING}
        try:
            asyncio.run(self._run_until_signal(Run(self.project.name, self.stack, preview, journal, registry, report), work))
        finally:  # the loop restores the defaults, by which a signal between two phases would end the command without a message
            for each, handler in handlers.items():
                signal.signal(each, handler)

    async def _run_until_signal(self, run: Run, work: Work) -> None:
        deployment, loop = Deployment(self.project, run), asyncio.get_running_loop()

        def stop(name: str) -> None:
            run.report.interrupted = True
            run.report.record_error(f"interrupted by {name}: what was under way is written down as pending")
            run.stopping.set()
            for each in deployment.executor.under_way:
                each.cancel()

        for each in _ENDING:
            loop.add_signal_handler(each, stop, each.name)
        await work(deployment)
