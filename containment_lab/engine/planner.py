"""Planning: from a registration to steps (new, same, update or replace), and the resources that must be deleted first.

Follows Pulumi's step_generator.go for what the lab supports. Its order of decisions is kept, since provider calls and policies see it:
alias, ignoreChanges, Check, policies, then provider change, Diff, replaceOnChanges, and for a replacement Check again without old inputs.
"""

from __future__ import annotations

import copy

from containment_lab.engine.providers import Diff
from containment_lab.engine.steps import Goal, Op, Run, Step
from containment_lab.errors import Abort, EngineError
from containment_lab.formats.package import remove_internal
from containment_lab.formats.state import State, get_name, get_type, iterate_dependencies, make_urn
from containment_lab.formats.values import Properties, find_changed_keys, keep_old, parse_path, redact, send
from containment_lab.wire import UNKNOWN, has_unknown


class Planner:
    """Decides, one registration at a time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._holder: dict[str, str] = {}
        """Old URNs that a resource has claimed by an alias, with the URN of that resource."""
        self._former: dict[str, str] = {}
        self._condemned: set[State] = set()

    def enter(self, goal: Goal) -> State | None:
        """Accept a registration: its URN must be new, its parent registered. Return the old state it continues, found by URN or alias."""
        new, run = goal.new, self.run
        run.check_live()
        if new.parent and new.parent not in run.goals:
            raise EngineError(f"could not find parent resource {new.parent}", new.urn)
        if new.urn in run.goals or new.urn in self._holder:
            holder = self._holder.get(new.urn)
            why = f" conflicting with alias on resource with URN '{holder}'" if holder else "; try giving it a unique name"
            raise EngineError(f"Duplicate resource URN '{new.urn}'{why}", new.urn)
        found = next((urn for urn in (new.urn, *self._resolve_aliases(goal)) if urn in run.olds), "")
        if found and found != new.urn:
            if found in run.goals or found in self._holder:
                told = f"'{new.urn}' conflicting with resource with URN '{self._holder.get(found, found)}'"
                raise EngineError(f"Duplicate resource alias '{found}' applied to resource with URN {told}", new.urn)
            self._holder[found], self._former[new.urn], new.aliases = new.urn, found, [found]
        run.goals[new.urn] = goal
        return run.olds.get(found)

    def _resolve_aliases(self, goal: Goal) -> list[str]:
        new, run, own = goal.new, self.run, []
        for alias in goal.aliases:
            told, above = alias.spec, self._former.get(alias.spec.parentUrn, alias.spec.parentUrn) or new.parent
            where = (told.stack or run.stack, told.project or run.project, "" if told.noParent else above)
            own.append(alias.urn or make_urn(*where, told.type or new.type, told.name or get_name(new.urn)))
        above, mine = self._former.get(new.parent, ""), get_name(new.parent) if new.parent else ""
        if not above:
            return own
        names = [(get_type(urn), get_name(urn)) for urn in (new.urn, *own)]
        renamed = [(kind, get_name(above) + name[len(mine) :] if name.startswith(mine) else name) for kind, name in names]
        return own + [make_urn(run.stack, run.project, above, kind, name) for kind, name in renamed]

    def plan_import(self, goal: Goal, old: State | None) -> list[Step]:
        """Plan the adoption of an existing resource: the goal has an import id, and the checkpoint lacks the resource."""
        new = goal.new
        if not (new.custom and new.import_id) or (old and not old.external and (old.import_id or old.id) == new.import_id):
            return []
        self.run.did[Op.IMPORT].add(new.urn)
        if old is not None and new.urn not in self.run.did[Op.DELETE]:
            return [Step(Op.IMPORT_REPLACEMENT, old, new, keeps_old=True), Step(Op.REPLACE, old, new)]
        return [Step(Op.IMPORT, None, new)]

    async def decide(self, goal: Goal, old: State | None, new: State) -> list[Step]:
        """Return the steps that bring `old` (None: nothing) to `new`."""
        run, wanted = self.run, copy.deepcopy(new.inputs)
        run.check_live()
        recreating = new.urn in run.did[Op.DELETE]
        afresh = old is None or recreating or old.external
        if old is not None:
            new.created, new.modified, new.refresh_before_update = old.created, old.modified, old.refresh_before_update
            for pattern in new.ignore_changes:
                keep_old(parse_path(pattern), old.inputs, new.inputs)
        if new.custom:
            new.inputs = await self._check(new, {} if afresh or old is None else old.inputs, wanted if afresh else new.inputs)
        await self._evaluate_policies(goal, new)
        if old is None:
            return [self._make_step(Op.CREATE, None, new)]
        if recreating:
            return self._recreate(old, new)
        if old.external:
            run.did[Op.CREATE].add(new.urn)
            return [Step(Op.CREATE_REPLACEMENT, old, new, keeps_old=True), Step(Op.REPLACE, old, new)]
        diff = (await self._find_diff(old, new)).apply_replace_on(new.replace_on_changes, bool(old.init_errors))
        if new.urn in run.did[Op.DELETE]:
            return self._recreate(old, new)
        if old.pending_replacement or (diff.changed and (diff.replaces_any or self._is_triggered(old, new))):
            return await self._replace(goal, old, new, diff, wanted)
        if diff.changed or old.init_errors:
            return [self._make_step(Op.UPDATE, old, new, diff)]
        return [] if new.urn in run.did[Op.IMPORT] else [self._make_step(Op.SAME, old, new)]

    def _make_step(self, op: Op, old: State | None, new: State, diff: Diff | None = None) -> Step:
        self.run.did[op].add(new.urn)
        return Step(op, old, new, diff or Diff())

    def _recreate(self, old: State, new: State) -> list[Step]:
        self.run.did[Op.DELETE].discard(new.urn)
        return [self._make_step(Op.REPLACE, old, new), Step(Op.CREATE_REPLACEMENT, old, new)]

    async def _check(self, new: State, olds: Properties, news: Properties) -> Properties:
        run = self.run
        checked, failures = await run.get_manager(new).check(new, olds, news, run.preview)
        for each in failures:
            value = redact(news.get(each.property))
            shown = str(value).lower() if isinstance(value, bool) else value
            what = f": property {each.property} value {{{shown}}} has a problem:" if each.property else " has a problem:"
            run.report.record_error(f"{new.type} resource '{get_name(new.urn)}'{what} {each.reason}", new.urn)
        if failures:
            raise Abort
        return checked

    async def _evaluate_policies(self, goal: Goal, new: State) -> None:
        stops = [await analyzer.analyze(self.run, goal, new) for analyzer in self.run.analyzers]
        if any(stops) and not self.run.preview:
            raise Abort

    def _is_triggered(self, old: State, new: State) -> bool:
        a, b = (send(each.replacement_trigger, secrets=False) for each in (old, new))
        return has_unknown(a) or has_unknown(b) or (a is not None and b is not None and a != b)

    async def _find_diff(self, old: State, new: State) -> Diff:
        if self._is_triggered(old, new):
            return Diff(True)
        if self.run.did[Op.REPLACE].intersection(new.replace_with):
            return Diff(True, replaces=["replaceWith"])
        if await self._has_provider_changed(old, new):
            return Diff(True, replaces=["provider"])
        if not new.custom:
            keys = find_changed_keys(old.inputs, new.inputs)
            return Diff(bool(keys), keys)
        return await self._compare(old, new, new.inputs, self.run.preview)

    async def _compare(self, old: State, new: State, news: Properties, unknowns: bool) -> Diff:
        found = await self.run.get_manager(new).compare(old.copy(urn=new.urn), old.inputs, news, unknowns, new.ignore_changes)
        if found is None:
            told = "the provider's configuration is not known yet: this preview may not show all changes of the update"
            self.run.report.record_diagnostic("warning", told, new.urn)
        return found or Diff(True)

    async def _has_provider_changed(self, old: State, new: State) -> bool:
        if old.provider == new.provider or self._holder.get(old.provider_urn) == new.provider_urn != "":
            return False
        provider, was = self.run.registry.get(new.provider), self.run.olds.get(old.provider_urn)
        if not (old.provider and new.provider) or provider is None or was is None:
            return True
        inputs = remove_internal(self.run.goals[new.provider_urn].new.inputs)
        found = await provider.compare(was.copy(urn=new.provider_urn), remove_internal(was.inputs), inputs, True, [])
        return found is not None and found.replaces_any

    async def _replace(self, goal: Goal, old: State, new: State, diff: Diff, wanted: Properties) -> list[Step]:
        run = self.run
        if new.protect and old.protect:
            run.report.record_error(f'unable to replace resource "{new.urn}"\n{_PROTECTED}', new.urn)
            if not run.preview:
                raise Abort
        if new.import_id:
            message = "previously-imported resources that still specify an ID may not be replaced; remove the `import` declaration"
            run.report.record_diagnostic("warning", message, new.urn)
            if not run.preview:
                raise EngineError(message, new.urn)
        replace = self._make_step(Op.REPLACE, old, new, diff)
        if new.custom:
            new.inputs = await self._check(new, {}, wanted)
        if not (diff.delete_first if goal.delete_before_replace is None else goal.delete_before_replace):
            return [Step(Op.CREATE_REPLACEMENT, old, new, diff, keeps_old=True), replace]
        steps, with_it = [], [each for each in {**run.olds, **run.news}.values() if new.urn in each.replace_with]
        for each in reversed([*await self._find_replaced_dependents(old), *with_it]):
            if each in self._condemned:
                continue
            if each.protect and not each.delete:
                raise EngineError(f'unable to replace resource "{each.urn}" as part of replacing "{new.urn}"\n{_PROTECTED}', each.urn)
            steps.append(Step(Op.DELETE if each.delete else Op.DELETE_REPLACED, each, awaits_new=not each.delete))
            run.did[Op.DELETE].add(each.urn)
            self._condemned.add(each)
        await run.ensure_provider(old.provider)
        first = [] if old.pending_replacement else [Step(Op.DELETE_REPLACED, old, awaits_new=True)]
        return [*steps, *first, replace, Step(Op.CREATE_REPLACEMENT, old, new, diff)]

    async def _find_replaced_dependents(self, root: State) -> list[State]:
        """Return, in order, the dependents that a change of `root` would replace: their Diff requires it for unknown inputs."""
        before, found = self.run.before, list[State]()
        settled = set().union(*(self.run.did[op] for op in (Op.READ, Op.CREATE, Op.SAME, Op.UPDATE, Op.DELETE, Op.REPLACE)))
        dependents, replaced = {root.urn}, {root.urn}
        for each in before[before.index(root) + 1 :] if root in before else ():
            if each.urn not in settled and each.get_dependencies() & dependents:
                dependents.add(each.urn)
                if await self._is_replacement_needed(each, replaced):
                    found.append(each)
                    replaced.add(each.urn)
        return found

    async def _is_replacement_needed(self, each: State, replaced: set[str]) -> bool:
        unknown = {key for key, urns in each.property_dependencies.items() if replaced.intersection(urns)} & each.inputs.keys()
        if not each.custom or each.external or not (unknown or each.provider_urn in replaced):
            return False
        await self.run.ensure_provider(f"{each.urn}::{each.id}" if each.is_provider else each.provider)
        if each.provider_urn in replaced:
            return True
        inputs = {key: UNKNOWN if key in unknown else value for key, value in each.inputs.items()}
        diff = await self._compare(each, each, inputs, True)
        return diff.apply_replace_on(each.replace_on_changes, False).replaces_any

    async def plan_deletions(self) -> list[list[Step]]:
        """Plan the deletions in waves: unregistered resources, and those left by replacements.

        The steps of a wave may run in parallel: no remaining resource depends on one of them.
        """
        run, left = self.run, dict[State, Step]()
        touched = set().union(*(run.did[op] for op in (Op.SAME, Op.UPDATE, Op.REPLACE, Op.READ)))
        for each in run.before:
            if (each in self._condemned) if each.delete else self._holder.get(each.urn, each.urn) in touched:
                continue
            op = Op(f"{'discard' if each.external else 'delete'}{'-replaced' if each.delete else ''}")
            left[each] = Step(Op.REMOVE_PENDING_REPLACE if each.pending_replacement and not each.delete else op, each)
            run.did[Op.DELETE].add(each.urn)
            await run.ensure_provider(each.provider)
        needs = {state: set(iterate_dependencies(state, run.before)) for state in left}
        waves: list[list[Step]] = []
        while left:
            waves.insert(0, [left.pop(state) for state in [state for state in left if not needs[state] & left.keys()]])
        return waves


_PROTECTED = "as it is currently marked for protection. To unprotect it, remove `protect` from the resource in your program and run `up`"
