"""What a run is made of: goals (what the program registered), steps (what the engine does about it), and what the run knows so far."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pulumi.runtime.proto.alias_pb2 import Alias

from containment.lab.engine.providers import Diff, Provider, Registry
from containment.lab.errors import Aborted, EngineError
from containment.lab.formats.state import State

if TYPE_CHECKING:
    from containment.lab.engine.journal import Journal
    from containment.lab.engine.policy import Analyzer
    from containment.lab.engine.report import Report


class Op(StrEnum):
    """The operations, under Pulumi's names. `replace` and `refresh` stand for several provider calls, or none."""

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
        """What is done, whether or not as part of a replacement."""
        return self.partition("-")[0]


@dataclass
class Goal:
    """A registration: the state the program wants, and the options that are not part of a state."""

    new: State
    aliases: list[Alias] = field(default_factory=list)
    delete_before_replace: bool | None = None


@dataclass(eq=False)
class Step:
    """One operation on one resource. `old` is what stands, `new` what will; `result` is what a refresh turned out to be.

    `keeps_old`: the replaced resource stands until the end of the run (create before delete); `awaits_new`: the deleted resource's entry
    stays until its replacement is made (delete before create).
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
        """The state the step is about: the new one, for a deletion the old."""
        return self.new or self.before

    @property
    def before(self) -> State:
        """The state that stands, of a step that needs one."""
        assert self.old is not None
        return self.old

    @property
    def counted(self) -> Op | None:
        """Under which operation the step counts in `changes`, if it does: a replacement once, a read only when it found a change."""
        unread = self.op is Op.READ and (self.old is None or not self.old.outputs or self.old.outputs == self.state.outputs)
        return None if "-" in self.op or unread or self.state.is_default_provider else self.result or self.op


class Run:
    """What one phase (a preview, an update, a destroy, a refresh) knows; shared by planner, executor and monitor."""

    def __init__(self, project: str, stack: str, preview: bool, journal: Journal, registry: Registry, report: Report) -> None:
        self.project, self.stack, self.preview = project, stack, preview
        self.journal, self.registry, self.report = journal, registry, report
        self.analyzers: list[Analyzer] = []
        self.before = list(journal.base)
        self.olds = {each.urn: each for each in self.before if not each.delete}
        self.news: dict[str, State] = {}
        self.goals: dict[str, Goal] = {}
        self.did: dict[Op, set[str]] = {op: set() for op in Op}
        """URNs by what this run does with them; `Op.DELETE` also holds those deleted ahead of a replacement."""
        self.stopping = asyncio.Event()
        self.where = {"project": project, "stack": stack, "organization": "organization", "dry_run": preview}
        """What programs and packs are told, under the names of their settings."""

    def fail(self, error: BaseException, urn: str = "") -> None:
        """Report an error and let nothing new start."""
        if not isinstance(error, (Aborted, asyncio.CancelledError)):
            self.report.error(str(error) or repr(error), getattr(error, "urn", "") or urn)
        self.stopping.set()

    def check_live(self) -> None:
        """Raise Aborted when the run is stopping."""
        if self.stopping.is_set():
            raise Aborted

    async def ends(self, work: asyncio.Future[Any]) -> bool:
        """Wait for `work` or for the run to stop, whichever comes first; True when the work is done."""
        stop = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        return work.done()

    def provider(self, state: State) -> Provider:
        """Return the configured provider that manages `state`."""
        found = self.registry.get(state.provider)
        if found is None:
            raise EngineError(f"unknown provider {state.provider!r}", state.urn)
        return found

    def manager(self, state: State) -> Provider | Registry:
        """Return what checks, compares and makes `state`: its provider, or for a provider resource the registry."""
        return self.registry if state.is_provider else self.provider(state)

    async def ensure_provider(self, reference: str) -> None:
        """Configure the provider that an old resource refers to, from its own old state."""
        if reference and self.registry.get(reference) is None:
            found = next((each for each in self.before if f"{each.urn}::{each.id}" == reference), None)
            if found is None:
                raise EngineError(f"the checkpoint has no provider {reference}")
            await self.registry.take(found, found.inputs)
