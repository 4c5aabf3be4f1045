"""Steps carried out: the provider is asked, the journal written before and after, the new state completed.

Steps run side by side; the first that fails stops new ones from starting, while those under way end (their result is in the journal).
A protected resource that may not be deleted fails alone: the rest of a destroy goes on, but for what it depends on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from containment.lab.engine.errors import EngineError
from containment.lab.engine.providers import PartialFailureError, Provider
from containment.lab.engine.state import State, dependencies_of, name_of, now, type_of
from containment.lab.engine.steps import Op, Run, Step
from containment.lab.engine.values import keep_old, parse_path
from containment.lab.wire import UNKNOWN, is_secret, secret

_PENDING = {
    Op.CREATE: "creating", Op.CREATE_REPLACEMENT: "creating", Op.UPDATE: "updating", Op.DELETE: "deleting", Op.DELETE_REPLACED: "deleting",
    Op.DISCARD: "deleting", Op.DISCARD_REPLACED: "deleting", Op.READ: "reading", Op.READ_REPLACEMENT: "reading", Op.IMPORT: "importing",
    Op.IMPORT_REPLACEMENT: "importing",
}  # fmt: skip


class ProtectedError(EngineError):
    """A protected resource would be deleted."""

    def __init__(self, urn: str, preview: bool) -> None:
        super().__init__(
            f'{"Preview failed: " if preview else ""}resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, '
            "remove the `protect` flag from the resource in your program and run `up`",
            urn,
        )


class Executor:
    """Carries out steps and keeps the journal."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.under_way: set[asyncio.Task[Any]] = set()
        self._registered: dict[str, Step] = {}

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a task that survives whoever asked for it."""
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    async def chain(self, steps: list[Step]) -> None:
        """Carry out steps one after another."""
        for step in steps:
            self.run.check_live()
            await self.one(step)

    async def one(self, step: Step) -> None:
        """Carry out one step and write down how it ended."""
        run, began = self.run, _PENDING.get(step.op)
        run.report.begins(step)
        if began and not run.preview:
            run.journal.begin(step.state, began)
        try:
            await self._apply(step)
        except PartialFailureError as failed:
            step.state.init_errors = failed.reasons
            self._complete(step)
            if not run.preview:
                self._write(step)
            raise
        except BaseException as failed:
            if began and not run.preview and not isinstance(failed, asyncio.CancelledError):
                run.journal.end(step.state)
            raise
        self._complete(step)
        if not run.preview:
            self._write(step)
        if step.new is not None and step.op is not Op.REPLACE:
            run.news[step.new.urn] = step.new
            if step.op is not Op.CREATE_REPLACEMENT:
                self._registered[step.new.urn] = step
        elif step.op is Op.REPLACE:
            self._registered[step.state.urn] = step
        run.report.ends(step)

    def _complete(self, step: Step) -> None:
        """Make secret in the new outputs what options or inputs say is secret."""
        new = step.new
        if new is None or step.op is Op.REPLACE:
            return
        for key in new.outputs:
            hidden = key in new.additional_secret_outputs or is_secret(new.inputs.get(key))
            if hidden and not is_secret(new.outputs[key]):
                new.outputs[key] = secret(new.outputs[key])

    def _write(self, step: Step) -> None:
        journal, old, new = self.run.journal, step.old, step.new
        match step.op:
            case Op.SAME | Op.UPDATE | Op.READ | Op.READ_REPLACEMENT:
                gone = None if step.op is Op.READ_REPLACEMENT else old
                changed = step.op is not Op.SAME or old is None or new is None or vars(old) != vars(new)
                journal.end(step.state, new=new, gone=gone, write=changed)
            case Op.CREATE | Op.CREATE_REPLACEMENT | Op.IMPORT | Op.IMPORT_REPLACEMENT:
                journal.end(step.state, new=new, gone=old if old is not None and old.pending_replacement else None)
            case Op.DELETE | Op.DELETE_REPLACED | Op.DISCARD | Op.DISCARD_REPLACED | Op.REMOVE_PENDING_REPLACE:
                keep = step.state.pending_replacement and step.op is not Op.REMOVE_PENDING_REPLACE
                journal.end(step.state, gone=None if keep else step.state)

    def _provider(self, state: State) -> Provider:
        found = self.run.registry.get(state.provider)
        assert found is not None, f"{state.provider} of {state.urn} is not configured"
        return found

    async def _apply(self, step: Step) -> None:
        old, new = step.old, step.new
        match step.op:
            case Op.REPLACE | Op.REMOVE_PENDING_REPLACE:
                return
            case Op.SAME:
                assert old is not None and new is not None
                new.id, new.outputs = old.id, old.outputs
                if new.is_provider:
                    await self.run.registry.take(new, old.inputs, tuple(new.aliases))
            case Op.CREATE | Op.CREATE_REPLACEMENT:
                assert new is not None
                await self._create(step, new)
            case Op.UPDATE:
                assert old is not None and new is not None
                await self._update(old, new)
            case Op.READ | Op.READ_REPLACEMENT:
                assert new is not None
                await self._read(step, new)
            case Op.IMPORT | Op.IMPORT_REPLACEMENT:
                assert new is not None
                await self._import(step, new)
            case Op.REFRESH:
                assert old is not None
                await self._refresh(step, old)
            case _:
                assert old is not None
                await self._delete(step, old)

    async def _create(self, step: Step, new: State) -> None:
        run = self.run
        if new.is_provider:
            new.id = run.registry.new_id(run.preview)
            new.outputs = await run.registry.take(new, new.inputs, tuple(new.aliases))
        elif new.custom:
            try:
                new.id, new.outputs = await self._provider(new).create(new, run.preview)
            except PartialFailureError as failed:
                new.id, new.outputs = failed.id, failed.outputs
                new.created = new.modified = now()
                raise
        new.created = new.modified = now()
        if step.keeps_old and step.old is not None:
            step.old.delete = True

    async def _update(self, old: State, new: State) -> None:
        new.id = old.id
        if new.is_provider:
            self.run.registry.drop(new)
            new.outputs = await self.run.registry.take(new, new.inputs, tuple(new.aliases))
        elif new.custom:
            try:
                new.outputs = await self._provider(new).update(old, new, self.run.preview)
            except PartialFailureError as failed:
                new.outputs, new.inputs = failed.outputs, dict(old.inputs)
                raise
        if new.custom:
            new.modified = now()

    async def _read(self, step: Step, new: State) -> None:
        if new.id != UNKNOWN:
            found = await self._provider(new).read(new, new.id, new.inputs, new.inputs)
            if found is None:
                raise EngineError(f"resource '{new.id}' does not exist", new.urn)
            new.id, _, new.outputs = found
        if step.old is not None:
            new.created, new.modified = step.old.created, step.old.modified
            if step.op is Op.READ_REPLACEMENT:
                step.old.delete = True
            if step.old.inputs != new.inputs or step.old.outputs != new.outputs:
                new.modified = now()

    async def _import(self, step: Step, new: State) -> None:
        found = await self._provider(new).read(new, new.import_id, None, {})
        if found is None:
            raise EngineError(f"resource '{new.import_id}' does not exist", new.urn)
        id_, inputs, outputs = found
        if inputs is None:
            raise EngineError(f"provider {type_of(new.urn).split(':')[0]} does not support importing {new.type}", new.urn)
        for pattern in new.ignore_changes:
            keep_old(parse_path(pattern), inputs, inputs)
        new.id, new.inputs, new.outputs = id_, inputs, outputs
        new.created = new.modified = now()
        if step.old is not None:
            step.old.delete = True

    async def _refresh(self, step: Step, old: State) -> None:
        step.result = Op.SAME
        if not old.custom or old.is_provider or old.pending_replacement:
            step.new = old
            return
        provider = self._provider(old)
        try:
            found = await provider.read(old, old.id, old.inputs, old.outputs)
            reasons: list[str] = []
        except PartialFailureError as failed:
            found, reasons = (failed.id, failed.inputs, failed.outputs), failed.reasons
            self.run.report.warning("refreshed resource is in an unhealthy state: " + "; ".join(reasons), old.urn)
        if found is None:
            step.new, step.result = None, Op.DELETE
            return
        id_, inputs, outputs = found
        step.new = new = old.copy(id=id_, outputs=outputs, init_errors=reasons, inputs=old.inputs if inputs is None else inputs)
        if (new.inputs, new.outputs) != (old.inputs, old.outputs):
            new.modified = now()
        if old.external:
            step.result = Op.SAME if new.outputs == old.outputs else Op.UPDATE
            return
        diff = await provider.diff(new, new.inputs, old.inputs, self.run.preview, old.ignore_changes)
        if diff is not None and diff.changed:
            step.result, step.diff = Op.UPDATE, diff

    async def _delete(self, step: Step, old: State) -> None:
        run = self.run
        replacing = step.op in (Op.DELETE_REPLACED, Op.DISCARD_REPLACED)
        if old.protect and not replacing:
            raise ProtectedError(old.urn, run.preview)
        with_another = old.deleted_with in run.did[Op.DELETE]
        if not (run.preview or old.external or old.retain_on_delete or with_another or not old.custom or old.is_provider):
            await self._provider(old).delete(old)
        if step.awaits_new:
            old.pending_replacement = True

    async def deletions(self, waves: list[list[Step]]) -> None:
        """Carry out deletions wave by wave."""
        spared: set[State] = set()
        for wave in waves:
            self.run.check_live()
            steps = [step for step in wave if step.state not in spared]
            for step, failed in zip(steps, await asyncio.gather(*map(self.one, steps), return_exceptions=True), strict=True):
                if isinstance(failed, ProtectedError):
                    self.run.report.error(str(failed), failed.urn)
                    self._spare(step.state, spared)
                elif isinstance(failed, BaseException):
                    self.run.fail(failed, step.state.urn)

    def _spare(self, state: State, spared: set[State]) -> None:
        for each in dependencies_of(state, self.run.before):
            if each not in spared:
                spared.add(each)
                self._spare(each, spared)

    def outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        """Take a component's (or the stack's) outputs, told once, after its registration."""
        step = self._registered.pop(urn, None)
        if step is None or step.new is None:
            raise EngineError(f"cannot complete a resource '{name_of(urn)}' whose registration isn't pending", urn)
        before, step.new.outputs = step.new.outputs, outputs
        if before != outputs and not self.run.preview:
            self.run.journal.save()

    async def settle(self) -> None:
        """Wait for everything under way, whatever becomes of it."""
        while self.under_way:
            await asyncio.wait(set(self.under_way))
