"""Execution of steps: call the provider, write the journal before and after, complete the new state.

Steps run in parallel; the first that fails stops new ones from starting, while running ones end (their result is in the journal). A
protected resource that may not be deleted fails alone: the rest of a destroy continues, except for its dependencies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from containment_lab.engine.providers import PartialFailureError
from containment_lab.engine.steps import Op, Run, Step
from containment_lab.errors import EngineError
from containment_lab.formats.state import State, format_now, iterate_dependencies
from containment_lab.formats.values import keep_old, parse_path
from containment_lab.wire import UNKNOWN, is_secret, wrap_secret

_UNDER_WAY = {"create": "creating", "update": "updating", "read": "reading", "import": "importing"}
_UNDER_WAY |= {"delete": "deleting", "discard": "deleting"}
_IN_PLACE = {Op.SAME, Op.UPDATE, Op.READ, Op.REMOVE_PENDING_REPLACE}


class ProtectedError(EngineError):
    """A protected resource would be deleted."""

    def __init__(self, urn: str, preview: bool) -> None:
        told = f'{"Preview failed: " if preview else ""}resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect it, '
        super().__init__(told + "remove the `protect` flag from the resource in your program and run `up`", urn)


class Executor:
    """Carries out steps and keeps the journal."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.under_way: set[asyncio.Task[Any]] = set()
        self._told: set[str] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a task that its caller's cancellation does not end."""
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    async def settle(self) -> None:
        """Wait for all running tasks, whether they fail or not."""
        while self.under_way:
            await asyncio.wait(set(self.under_way))

    async def run_steps(self, steps: list[Step]) -> None:
        """Carry out steps one after another."""
        for step in steps:
            self.run.check_live()
            await self.run_step(step)

    async def run_step(self, step: Step) -> None:
        """Carry out one step and record how it ended; only a cancelled one stays pending."""
        run, journal, pending = self.run, self.run.journal, _UNDER_WAY.get(step.op.verb)
        run.report.begin(step)
        if pending:
            journal.begin(step.state, pending)
        try:
            await self._apply(step)
        except PartialFailureError as failed:
            step.state.init_errors = failed.reasons
            self._complete(step)
            run.report.fail(step)
            raise
        except Exception:
            run.report.fail(step)
            journal.end(step.state, write=bool(pending))
            raise
        self._complete(step)
        if step.new is not None and step.op is not Op.REPLACE:
            run.news[step.new.urn] = step.new
        run.report.end(step)

    def _complete(self, step: Step) -> None:
        """Mark a later replacement, mark secrets in the new outputs by options and inputs, and write the journal."""
        old, new = step.old, step.new
        if step.keeps_old:
            step.before.delete = True
        for key, value in new.outputs.items() if new else ():
            if new and not is_secret(value) and (key in new.additional_secret_outputs or is_secret(new.inputs.get(key))):
                new.outputs[key] = wrap_secret(value)
        if step.op in (Op.REPLACE, Op.REFRESH):
            return  # the steps around a replacement write; a refresh writes once, at its end
        if _UNDER_WAY.get(step.op.verb) == "deleting":
            gone = not step.before.pending_replacement
        else:
            gone = step.op in _IN_PLACE or (old is not None and old.pending_replacement)
        changed = step.op is not Op.SAME or vars(step.before) != vars(step.state)
        self.run.journal.end(step.state, new=new, gone=old if gone else None, write=changed)

    async def _apply(self, step: Step) -> None:
        match step.op.verb:
            case "same":
                step.state.id, step.state.outputs = step.before.id, step.before.outputs
                if step.state.is_provider:
                    await self.run.registry.take(step.state, step.before.inputs)
            case "create":
                step.state.created = format_now()
                await self._bring(None, step.state)
            case "update":
                await self._bring(step.before, step.state)
            case "read":
                await self._read(step.old, step.state)
            case "import":
                await self._import(step.state)
            case "refresh":
                await self._refresh(step, step.before)
            case "delete" | "discard":
                await self._delete(step, step.before)

    async def _bring(self, old: State | None, new: State) -> None:
        """Create `new`, or update `old` to it; a resource that did not come up is kept, with the inputs in force."""
        new.id, new.modified = old.id if old else "", format_now() if new.custom or old is None else old.modified
        try:
            if new.custom:
                new.id, new.outputs = await self.run.get_manager(new).bring(old, new, self.run.preview)
        except PartialFailureError as failed:
            new.id, new.outputs = old.id if old else failed.id, failed.outputs
            if old:
                new.inputs = dict(old.inputs)
            raise

    async def _read(self, old: State | None, new: State) -> None:
        if new.id != UNKNOWN:
            found = await self.run.get_provider(new).read(new, new.id, new.inputs, new.inputs)
            if found is None:
                raise EngineError(f"resource '{new.id}' does not exist", new.urn)
            new.id, _, new.outputs = found
        if old is not None:
            same = (old.inputs, old.outputs) == (new.inputs, new.outputs)
            new.created, new.modified = old.created, old.modified if same else format_now()

    async def _import(self, new: State) -> None:
        found = await self.run.get_provider(new).read(new, new.import_id, None, {})
        if found is None or found[1] is None:
            why = "does not exist" if found is None else "cannot be imported: its provider does not return its inputs"
            raise EngineError(f"resource '{new.import_id}' {why}", new.urn)
        new.id, new.inputs, new.outputs = found[0], found[1], found[2]
        for pattern in new.ignore_changes:
            keep_old(parse_path(pattern), new.inputs, new.inputs)
        new.created = new.modified = format_now()

    async def _refresh(self, step: Step, old: State) -> None:
        step.result, step.new = Op.SAME, old
        if not old.custom or old.is_provider or old.pending_replacement:
            return
        provider, reasons = self.run.get_provider(old), list[str]()
        try:
            found = await provider.read(old, old.id, old.inputs, old.outputs)
        except PartialFailureError as failed:
            found, reasons = (failed.id, failed.inputs, failed.outputs), failed.reasons
            self.run.report.record_diagnostic("warning", "refreshed resource is in an unhealthy state: " + "; ".join(reasons), old.urn)
        if found is None:
            step.new, step.result = None, Op.DELETE
            return
        step.new = new = old.copy(id=found[0], outputs=found[2], init_errors=reasons, inputs=old.inputs if found[1] is None else found[1])
        if (new.inputs, new.outputs) != (old.inputs, old.outputs):
            new.modified = format_now()
        if old.external:
            step.result = Op.SAME if new.outputs == old.outputs else Op.UPDATE
            return
        diff = await provider.compare(new, new.inputs, old.inputs, self.run.preview, old.ignore_changes)
        if diff is not None and diff.changed:
            step.result, step.diff = Op.UPDATE, diff

    async def _delete(self, step: Step, old: State) -> None:
        run = self.run
        if old.protect and step.op in (Op.DELETE, Op.DISCARD):
            raise ProtectedError(old.urn, run.preview)
        spared = old.external or old.retain_on_delete or old.deleted_with in run.did[Op.DELETE] or not old.custom or old.is_provider
        if not run.preview and not spared:
            await self.run.get_provider(old).delete(old)
        old.pending_replacement = old.pending_replacement or step.awaits_new

    async def take_back(self, state: State, kind: str) -> None:
        """Undo the interrupted create of `state`: the lab's own providers delete, by a request without an id, unclaimed results of it.

        They wait for a create that still runs. A provider attached from outside does not support this: the create stays pending.
        """
        run = self.run
        found = next((each for each in run.before if f"{each.urn}::{each.id}" == state.provider), None)
        own = found is not None and run.registry.is_own(found)
        if own and kind == "creating":
            await run.ensure_provider(state.provider)
            for each in run.before:
                if each.urn == state.urn and each.id:
                    await self.run.get_provider(state).read(each, each.id, each.inputs, each.outputs)  # its id in a call acknowledges it
            run.report.record_diagnostic("info", f"undoing possible leftovers of the interrupted create of {state.urn}", state.urn)
            await self.run.get_provider(state).delete(state.copy(id=""))
        if own or not state.provider:
            run.journal.forget(state)

    async def run_deletions(self, waves: list[list[Step]]) -> None:
        """Carry out deletions wave by wave."""
        spared: set[State] = set()

        def spare(state: State) -> None:
            for each in set(iterate_dependencies(state, self.run.before)) - spared:
                spared.add(each)
                spare(each)

        for wave in waves:
            self.run.check_live()
            steps = [step for step in wave if step.state not in spared]
            for step, failed in zip(steps, await self.run_in_parallel(steps), strict=True):
                if isinstance(failed, ProtectedError):
                    self.run.report.record_error(str(failed), failed.urn)
                    spare(step.state)
                elif failed is not None:
                    self.run.fail(failed, step.state.urn)

    async def run_in_parallel(self, steps: list[Step]) -> list[BaseException | None]:
        """Carry out independent steps in parallel; return the error of each, or None."""
        tasks = [self.start(self.run_step(step)) for step in steps]
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    def take_outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        """Take the outputs of a component or the stack, sent once after its registration."""
        new = self.run.news.get(urn)
        if new is None or urn in self._told:
            raise EngineError(f"cannot complete a resource '{urn}' whose registration isn't pending", urn)
        self._told.add(urn)
        before, new.outputs = new.outputs, outputs
        if before != outputs:
            self.run.journal.save()
