"""One phase of a run, from start to end: a preview, an update, a destroy or a refresh.

Owns the order: packs and program start; registrations are planned one at a time and carried out in parallel; then come deletions, the
stack's outputs, the stack policies and the last write of the journal. In every case children end and connections close.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from containment_lab.engine.child import Child
from containment_lab.engine.executor import Executor
from containment_lab.engine.monitor import PARALLEL, Monitor
from containment_lab.engine.planner import Planner
from containment_lab.engine.policy import Analyzer
from containment_lab.engine.steps import Goal, Op, Run, Step
from containment_lab.errors import HomeError
from containment_lab.formats.config import Config, Project
from containment_lab.formats.state import STACK_TYPE, State, get_type, make_urn

_RUNNER = Path(__file__).with_name("runner.py")
_PENDING = "Attempting to deploy or update resources with {} pending operations from previous deployment."
_FORGET = "Their result is unknown: check them, then forget pending creates with `containment lab refresh --clear-pending-creates`."


class Deployment:
    """A running phase."""

    def __init__(self, project: Project, run: Run) -> None:
        self.project, self.run, self.report = project, run, run.report
        self.planner, self.executor = Planner(run), Executor(run)
        self.root = make_urn(run.stack, run.project, "", STACK_TYPE, f"{run.project}-{run.stack}")
        self.installed: dict[str, tuple[str, str]] = {}
        """Version and download URL of the plugin of each package whose SDK the program has."""
        self._deciding = asyncio.Lock()
        self._stack_outputs: dict[str, Any] | None = None

    async def register(self, goal: Goal) -> State:
        """Bring one resource to its goal and return its new state."""
        new = goal.new
        async with self._deciding:
            old, wanted = self.planner.enter(goal), new.copy()
            adopting = self.planner.plan_import(goal, old)
            steps = adopting or await self.planner.decide(goal, old, new)
        await asyncio.sleep(0)  # a waiting registration that is refused outright stops this one, as in Pulumi
        await self.executor.run_steps(steps)
        if not adopting:
            return new
        async with self._deciding:
            steps = await self.planner.decide(goal, new, wanted)
        await self.executor.run_steps(steps)
        return wanted if steps else new

    async def read(self, goal: Goal) -> State:
        """Read a resource that something else manages; a resource of this stack under that name leaves its state."""
        new = goal.new
        async with self._deciding:
            old = self.planner.enter(goal)
            relinquish = old is not None and not old.external and old.id != new.id
            self.run.did[Op.REPLACE if relinquish else Op.READ].add(new.urn)
        steps = (
            [Step(Op.READ_REPLACEMENT, old, new, keeps_old=True), Step(Op.REPLACE, old, new)] if relinquish else [Step(Op.READ, old, new)]
        )
        await self.executor.run_steps(steps)
        return new

    def take_outputs(self, urn: str, outputs: dict[str, Any]) -> None:
        """Take a component's outputs; those of the stack are kept for the end of the phase."""
        if get_type(urn) == STACK_TYPE:
            self._stack_outputs = outputs
        else:
            self.executor.take_outputs(urn, outputs)

    async def run_program(self, config: Config, packs: list[Path]) -> None:
        """Run the program, carry out its registrations, delete unregistered resources, and evaluate the stack policies.

        Args:
            config: The configuration of the stack.
            packs: Folders of policy packs.
        """
        run = self.run
        server, address = await Monitor(run, config, self.project.program, self).serve()
        async with self._finish_phase():
            await self._take_back()
            for starting in [asyncio.ensure_future(Analyzer.start(pack, run, config, address)) for pack in packs]:
                run.analyzers.append(await starting)
            where = {"monitor": address, "engine": address, "root_directory": str(self.project.root), "program": str(self.project.program)}
            command = [self.project.python, str(_RUNNER), json.dumps({**run.where, **where, "parallel": PARALLEL})]
            child = await Child.start(command, self.project.program, config.build_environment(), self.report.print_line)
            try:
                await self._await_program(child)
            finally:
                await child.stop()
            await self.executor.settle()
            run.check_live()
            await self._delete()
        await server.stop(0)

    async def destroy(self) -> None:
        """Delete everything in the checkpoint, dependents first."""
        async with self._finish_phase():
            await self._take_back()
            await self._delete()

    async def refresh(self, forget: bool) -> None:
        """Read everything in the checkpoint and keep the result; `forget` drops pending creates that could not be undone."""
        run, steps = self.run, [Step(Op.REFRESH, each, each) for each in self.run.before]
        async with self._finish_phase():
            await self._take_back()
            if forget:
                run.journal.interrupted.clear()
            for each in run.before:
                await run.ensure_provider(each.provider)
            for step, failed in zip(steps, await self.executor.run_in_parallel(steps), strict=True):
                if failed is not None:
                    self.report.record_error(str(failed), step.before.urn)
                    step.new = step.old
            run.journal.base = _rebuild_states(steps)

    async def _await_program(self, child: Child) -> None:
        """Wait for the program's end, or for the run to stop; a program that failed stops the run."""
        ended = asyncio.ensure_future(self._run_to_end(child))
        if not await self.run.wait_for(ended):
            await asyncio.wait([ended], timeout=2)
        elif ended.result() and not self.run.stopping.is_set():
            if not any(each["severity"] == "error" for each in self.report.diagnostics):
                words = "\n  ".join(child.last_words[-8:])
                self.report.record_error(f"the program ended with exit code {ended.result()}:\n  {words}")
            self.report.failed = True
            self.run.stopping.set()

    async def _run_to_end(self, child: Child) -> int:
        line = await child.read_first_line()
        self.installed = json.loads(line) if line.startswith("{") else {}
        child.listen()
        return await child.wait_for_end()

    async def _take_back(self) -> None:
        """Undo the creates that a killed run left pending, where the lab's own providers can find them; warn of the others."""
        run = self.run
        if run.preview:
            return
        tasks = [self.executor.start(self.executor.take_back(*each)) for each in run.journal.interrupted]
        for failed in filter(None, await asyncio.gather(*tasks, return_exceptions=True)):
            run.fail(failed)
        run.check_live()
        if run.journal.interrupted:
            lines = [f"  * {each.urn}, interrupted while {kind}" for each, kind in run.journal.interrupted]
            self.report.record_diagnostic("warning", "\n".join([_PENDING.format(len(lines)), *lines, _FORGET]))

    async def _delete(self) -> None:
        await self.executor.run_deletions(await self.planner.plan_deletions())

    @contextlib.asynccontextmanager
    async def _finish_phase(self) -> AsyncIterator[None]:
        """Finish a phase around its work: pending steps settle, then come the stack's outputs, the stack policies and the last write."""
        run, before = self.run, self.run.olds.get(self.root)
        try:
            yield
        except Exception as failed:  # noqa: BLE001 - every end is reported, with its message
            run.fail(failed)
        await self.executor.settle()
        if self._stack_outputs is not None and self.root in run.news:
            kept = before.outputs if before and (run.stopping.is_set() or self.report.exit) else {}
            self.executor.take_outputs(self.root, {**kept, **self._stack_outputs})
            self.report.outputs = run.news[self.root].outputs
        for analyzer in run.analyzers:
            if not run.stopping.is_set():
                try:
                    await analyzer.analyze_stack(run, self.root)
                except Exception as failed:  # noqa: BLE001 - a check that cannot be made has failed
                    run.fail(failed)
        self.report.conclude()
        await asyncio.gather(run.registry.close(cancel=self.report.interrupted), *(each.stop() for each in run.analyzers))
        try:
            run.journal.save()
        except HomeError as failed:
            run.fail(failed)


def _rebuild_states(steps: list[Step]) -> list[State]:
    """Return the states after a refresh, without references to deleted resources."""
    found, known = list[State](), set[str]()
    for new in filter(None, (step.new for step in steps)):
        known.add(new.urn)
        found.append(kept := new.rename_urns(lambda urn: urn if urn in known else ""))
        kept.property_dependencies = {key: urns for key, urns in kept.property_dependencies.items() if urns}
    return found
