"""The parts of a run: goals (the program's registrations), steps (the engine's operations), and the state of the run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pulumi.runtime.proto.alias_pb2 import Alias

from containment_lab.engine.providers import Diff, Provider, Registry
from containment_lab.errors import Abort, EngineError, HomeError
from containment_lab.formats.state import State

if TYPE_CHECKING:
    from containment_lab.engine.journal import Journal
    from containment_lab.engine.policy import Analyzer
    from containment_lab.engine.report import Report


class Op(StrEnum):
    """The operations, under Pulumi's names. `replace` and `refresh` represent several provider calls, or none."""

    SAME = "same"
    CREATE = "create"
    CREATE_REPLACEMENT = "create-replacement"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REFRESH = "refresh"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"

    @property
    def verb(self) -> str:
        """The operation without its replacement suffix."""
        return self.partition("-")[0]


@dataclass
class Goal:
    """A registration: the state the program declares, and the options that are not part of a state."""

    new: State
    aliases: list[Alias] = field(default_factory=list)
    delete_before_replace: bool | None = None


@dataclass(eq=False)
class Step:
    """One operation on one resource.

    Attributes:
        op: The operation.
        old: The present state, if there is one.
        new: The goal, if there is one.
        diff: The provider's comparison of both.
        keeps_old: The replaced resource stays until the end of the run (create before delete).
        awaits_new: The deleted resource's entry stays until its replacement exists (delete before create).
        result: The operation that a refresh turned out to be.
    """

    op: Op
    old: State | None = None
    new: State | None = None
    diff: Diff = field(default_factory=Diff)
    keeps_old: bool = False
    awaits_new: bool = False
    result: Op | None = None

    @property
    def state(self) -> State:
        """The state of the step: the new one, for a deletion the old."""
        return self.new or self.before

    @property
    def before(self) -> State:
        """The present state, of a step that needs one."""
        assert self.old is not None
        return self.old

    @property
    def counted(self) -> Op | None:
        """The operation that counts in `changes`, if the step counts: a replacement once, a read only when it found a change."""
        unread = self.op is Op.READ and (self.old is None or not self.old.outputs or self.old.outputs == self.state.outputs)
        return None if "-" in self.op or unread or self.state.is_default_provider else self.result or self.op


class Run:
    """The state of one phase (a preview, an update, a destroy, a refresh), shared by planner, executor and monitor."""

    def __init__(self, project: str, stack: str, preview: bool, journal: Journal, registry: Registry, report: Report) -> None:
        self.project, self.stack, self.preview = project, stack, preview
        self.journal, self.registry, self.report = journal, registry, report
        self.analyzers: list[Analyzer] = []
        self.before = list(journal.base)
        self.olds = {each.urn: each for each in self.before if not each.delete}
        self.news: dict[str, State] = {}
        self.goals: dict[str, Goal] = {}
        self.did: dict[Op, set[str]] = {op: set() for op in Op}
        """URNs by the operation of this run; `Op.DELETE` includes those deleted ahead of a replacement."""
        self.stopping = asyncio.Event()
        self.where = {"project": project, "stack": stack, "organization": "organization", "dry_run": preview}
        """Settings for programs and packs, under their names there."""

    def fail(self, error: BaseException, urn: str = "") -> None:
        """Report an error and let no new step start. An error that all steps meet, such as a full disk, is reported once."""
        again = isinstance(error, HomeError) and any(each["message"] == str(error) for each in self.report.diagnostics)
        if not again and not isinstance(error, (Abort, asyncio.CancelledError)):
            self.report.record_error(str(error) or repr(error), getattr(error, "urn", "") or urn)
        self.stopping.set()

    def check_live(self) -> None:
        """Raise Aborted when the run is stopping."""
        if self.stopping.is_set():
            raise Abort

    async def wait_for(self, work: asyncio.Future[Any]) -> bool:
        """Wait for `work` or for the run to stop, whichever comes first; return True when the work is done."""
        stop = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        return work.done()

    def get_provider(self, state: State) -> Provider:
        """Return the configured provider that manages `state`."""
        found = self.registry.get(state.provider)
        if found is None:
            raise EngineError(f"unknown provider {state.provider!r}", state.urn)
        return found

    def get_manager(self, state: State) -> Provider | Registry:
        """Return the manager that checks, compares and creates `state`: its provider, or the registry for a provider resource."""
        return self.registry if state.is_provider else self.get_provider(state)

    async def ensure_provider(self, reference: str) -> None:
        """Configure the provider that an old resource refers to, from the provider's old state."""
        if reference and self.registry.get(reference) is None:
            found = next((each for each in self.before if f"{each.urn}::{each.id}" == reference), None)
            if found is None:
                raise EngineError(f"the checkpoint has no provider {reference}")
            await self.registry.take(found, found.inputs)
