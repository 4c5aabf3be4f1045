"""From a registration to steps: new, same, update or replace, and which others must go first.

Follows Pulumi's step_generator.go for what the lab supports; its order of decisions is kept, since provider calls and policies see it:
alias, ignoreChanges, Check, policies, then provider change, Diff, replaceOnChanges, and for a replacement Check again without old inputs.
"""

from __future__ import annotations

import copy
from typing import Any

from containment.lab.engine.errors import Aborted, EngineError
from containment.lab.engine.providers import Diff, visible
from containment.lab.engine.state import State, dependencies_of, make_urn, name_of, type_of
from containment.lab.engine.steps import Alias, Goal, Op, Run, Step
from containment.lab.engine.values import Properties, changed_keys, keep_old, parse_path, redact, send
from containment.lab.wire import UNKNOWN, has_unknown


class Planner:
    """Decides, one registration at a time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.urns: set[str] = set()
        self.providers: dict[str, State] = {}
        self._alias_of: dict[str, str] = {}
        self._former: dict[str, str] = {}
        self._condemned: set[State] = set()

    def enter(self, goal: Goal) -> State | None:
        """Take in a registration: its URN must be new, its parent known. Returns the old state it continues, found by URN or alias."""
        new, run = goal.new, self.run
        run.check_live()
        if new.parent and new.parent not in self.urns:
            raise EngineError(f"could not find parent resource {new.parent}", new.urn)
        if new.urn in self.urns:
            raise EngineError(f"Duplicate resource URN '{new.urn}'; try giving it a unique name", new.urn)
        if new.urn in self._alias_of:
            raise EngineError(
                f"Duplicate resource URN '{new.urn}' conflicting with alias on resource with URN '{self._alias_of[new.urn]}'", new.urn
            )
        self.urns.add(new.urn)
        run.goals[new.urn] = goal
        found = next((urn for urn in (new.urn, *self._alias_urns(goal)) if urn in run.olds), None)
        if found is not None and found != new.urn:
            if found in self.urns or found in self._alias_of:
                holder = self._alias_of.get(found, found)
                raise EngineError(
                    f"Duplicate resource alias '{found}' applied to resource with URN '{new.urn}' conflicting with '{holder}'", new.urn
                )
            self._alias_of[found], self._former[new.urn] = new.urn, found
            new.aliases = [found]
        if new.is_provider:
            self.providers.update(dict.fromkeys((new.urn, *new.aliases), new))
        return run.olds[found] if found else None

    def _alias_urns(self, goal: Goal) -> list[str]:
        new, run = goal.new, self.run
        name = name_of(new.urn)

        def urn_of(alias: Alias) -> str:
            if alias.urn:
                return alias.urn
            parent = new.parent if alias.parent is None else self._former.get(alias.parent, alias.parent)
            return make_urn(alias.stack or run.stack, alias.project or run.project, parent, alias.type or new.type, alias.name or name)

        own = [urn_of(each) for each in goal.aliases]
        above = self._former.get(new.parent)
        if above is None:
            return own

        def inherited(type_: str, child: str) -> str:
            prefix = name_of(new.parent)
            renamed = name_of(above) + child[len(prefix) :] if child.startswith(prefix) else child
            return make_urn(run.stack, run.project, above, type_, renamed)

        return [*own, inherited(new.type, name), *(inherited(type_of(urn), name_of(urn)) for urn in own)]

    def imports(self, goal: Goal, old: State | None) -> list[Step]:
        """Return the steps that adopt an existing resource, when the goal asks for that and the checkpoint does not have it yet."""
        new = goal.new
        if not (new.custom and new.import_id) or (old and not old.external and (old.import_id or old.id) == new.import_id):
            return []
        self.run.did[Op.IMPORT].add(new.urn)
        if old is not None and new.urn not in self.run.did[Op.DELETE]:
            return [Step(Op.IMPORT_REPLACEMENT, old, new, keeps_old=True), Step(Op.REPLACE, old, new)]
        return [Step(Op.IMPORT, None, new)]

    async def decide(self, goal: Goal, old: State | None, new: State) -> list[Step]:
        """Return the steps that bring `old` (None: nothing) to `new`."""
        run = self.run
        run.check_live()
        wanted = copy.deepcopy(new.inputs)
        if old is not None:
            new.created, new.modified, new.refresh_before_update = old.created, old.modified, old.refresh_before_update
            for pattern in goal.new.ignore_changes:
                keep_old(parse_path(pattern), old.inputs, new.inputs)
        recreating, external = new.urn in run.did[Op.DELETE], bool(old and old.external)
        afresh = old is None or recreating or external
        if new.custom:
            new.inputs = await self._check(new, {} if afresh or old is None else old.inputs, wanted if afresh else new.inputs)
        await self._judge(goal, new)
        if old is None:
            run.did[Op.CREATE].add(new.urn)
            return [Step(Op.CREATE, None, new)]
        if recreating:
            return self._recreate(old, new)
        if external:
            run.did[Op.CREATE].add(new.urn)
            return [Step(Op.CREATE_REPLACEMENT, old, new, keeps_old=True), Step(Op.REPLACE, old, new)]
        diff = await self._diff(old, new)
        if new.urn in run.did[Op.DELETE]:
            return self._recreate(old, new)
        diff = diff.replacing_on(goal.new.replace_on_changes, bool(old.init_errors))
        if old.pending_replacement or (diff.changed and (diff.replaces_any or self._triggered(old, new))):
            return await self._replace(goal, old, new, diff, wanted)
        if diff.changed or old.init_errors:
            run.did[Op.UPDATE].add(new.urn)
            return [Step(Op.UPDATE, old, new, diff)]
        if new.urn in run.did[Op.IMPORT]:
            return []
        run.did[Op.SAME].add(new.urn)
        return [Step(Op.SAME, old, new)]

    def _recreate(self, old: State, new: State) -> list[Step]:
        self.run.did[Op.DELETE].discard(new.urn)
        self.run.did[Op.REPLACE].add(new.urn)
        return [Step(Op.REPLACE, old, new), Step(Op.CREATE_REPLACEMENT, old, new)]

    async def _check(self, new: State, olds: Properties, news: Properties) -> Properties:
        run = self.run
        if new.is_provider:
            checked, failures = await run.registry.check(new, olds, news)
        else:
            provider = run.registry.get(new.provider)
            if provider is None:
                raise EngineError(f"unknown provider {new.provider!r} for resource {new.urn}", new.urn)
            checked, failures = await provider.check(new.urn, olds, news, run.preview)
        for each in failures:
            what = f"property {each.property} value {{{_shown(news.get(each.property))}}} has a problem: " if each.property else ""
            run.report.error(f"{new.type} resource '{name_of(new.urn)}'{':' if what else ' has a problem:'} {what}{each.reason}", new.urn)
        if failures:
            raise Aborted
        return checked

    async def _judge(self, goal: Goal, new: State) -> None:
        provider = self.providers.get(new.provider_urn)
        for analyzer in self.run.analyzers:
            await analyzer.remediate(goal, new, provider, self.run.report)
        stops = [await analyzer.analyze(goal, new, provider, self.run.report) for analyzer in self.run.analyzers]
        if any(stops) and not self.run.preview:
            raise Aborted

    def _triggered(self, old: State, new: State) -> bool:
        a, b = (send(each.replacement_trigger, secrets=False) for each in (old, new))
        return has_unknown(a) or has_unknown(b) or (a is not None and b is not None and a != b)

    async def _diff(self, old: State, new: State) -> Diff:
        run = self.run
        if self._triggered(old, new):
            return Diff(changed=True)
        if any(urn in run.did[Op.REPLACE] for urn in new.replace_with):
            return Diff(True, replaces=["replaceWith"])
        if await self._provider_changed(old, new):
            return Diff(True, replaces=["provider"])
        if not new.custom:
            keys = changed_keys(old.inputs, new.inputs)
            return Diff(bool(keys), keys)
        return await self._ask(old, new.urn, new.inputs, new.provider, run.preview, new.ignore_changes)

    async def _ask(self, old: State, urn: str, news: Properties, reference: str, unknowns: bool, ignore: list[str]) -> Diff:
        if old.is_provider:
            return await self.run.registry.diff(old, urn, news, ignore)
        provider = self.run.registry.get(reference)
        assert provider is not None, f"{reference} was checked, but is not configured"
        found = await provider.diff(old.copy(urn=urn), old.inputs, news, unknowns, ignore)
        if found is None:
            self.run.report.warning(
                "the provider's configuration is not known yet: this preview may not show all changes of the update", urn
            )
        return found or Diff(changed=True)

    async def _provider_changed(self, old: State, new: State) -> bool:
        if old.provider == new.provider:
            return False
        if not (old.provider and new.provider):
            return True
        if self._alias_of.get(old.provider_urn) == new.provider_urn:
            return False
        provider, was = self.run.registry.get(new.provider), self.run.olds.get(old.provider_urn)
        if provider is None or was is None:
            raise EngineError(
                f"the provider of {new.urn} changed from {old.provider} to {new.provider}, and one of them is not known", new.urn
            )
        inputs = visible(self.providers[new.provider_urn].inputs)
        return (await provider.diff_config(new.provider_urn, was, inputs, [])).replaces_any

    async def _replace(self, goal: Goal, old: State, new: State, diff: Diff, wanted: Properties) -> list[Step]:
        run = self.run
        if new.protect and old.protect:
            message = f'unable to replace resource "{new.urn}"\nas it is currently marked for protection. To unprotect it, remove `protect`'
            run.report.error(f"{message} from the resource in your program and run `up`", new.urn)
            if not run.preview:
                raise Aborted
        if new.import_id:
            message = "previously-imported resources that still specify an ID may not be replaced; remove the `import` declaration"
            if not run.preview:
                raise EngineError(message, new.urn)
            run.report.warning(message, new.urn)
        run.did[Op.REPLACE].add(new.urn)
        if new.custom:
            new.inputs = await self._check(new, {}, wanted)
        delete_first = diff.delete_first if goal.delete_before_replace is None else goal.delete_before_replace
        if not delete_first:
            return [Step(Op.CREATE_REPLACEMENT, old, new, diff, keeps_old=True), Step(Op.REPLACE, old, new, diff)]
        steps = []
        dependents = [*await self._replaced_with(old), *self._cascade(new.urn)]
        for each in reversed(dependents):
            if each in self._condemned:
                continue
            if each.protect and not each.delete:
                message = (
                    f'unable to replace resource "{each.urn}" as part of replacing "{new.urn}" as it is currently marked for protection'
                )
                raise EngineError(f"{message}. To unprotect it, remove `protect` from the resource in your program and run `up`", each.urn)
            steps.append(Step(Op.DELETE if each.delete else Op.DELETE_REPLACED, each, awaits_new=not each.delete))
            run.did[Op.DELETE].add(each.urn)
            self._condemned.add(each)
        await run.ensure_provider(old.provider)
        if not old.pending_replacement:
            steps.append(Step(Op.DELETE_REPLACED, old, awaits_new=True))
        return [*steps, Step(Op.REPLACE, old, new, diff), Step(Op.CREATE_REPLACEMENT, old, new, diff)]

    async def _replaced_with(self, root: State) -> list[State]:
        """Return the dependents, in order, that a change of `root` would replace: those whose own Diff says so when it becomes unknown."""
        run = self.run
        if root not in run.before:
            return []
        settled = set().union(*(run.did[op] for op in (Op.READ, Op.CREATE, Op.SAME, Op.UPDATE, Op.DELETE, Op.REPLACE)))
        dependents, replaced = {root.urn}, {root.urn}
        found = []
        for each in run.before[run.before.index(root) + 1 :]:
            if each.urn in settled or not each.depends_on() & dependents:
                continue
            dependents.add(each.urn)
            if await self._would_be_replaced(each, replaced):
                found.append(each)
                replaced.add(each.urn)
        return found

    async def _would_be_replaced(self, each: State, replaced: set[str]) -> bool:
        if not each.custom or each.external:
            return False
        if each.provider_urn in replaced:
            await self.run.ensure_provider(each.provider)
            return True
        unknown = {key for key, urns in each.property_dependencies.items() if replaced.intersection(urns)} & each.inputs.keys()
        if not unknown:
            return False
        if each.is_provider:
            await self.run.registry.take(each, each.inputs)
        await self.run.ensure_provider(each.provider)
        inputs = {key: UNKNOWN if key in unknown else value for key, value in each.inputs.items()}
        diff = await self._ask(each, each.urn, inputs, each.provider, True, each.ignore_changes)
        return diff.replacing_on(each.replace_on_changes, False).replaces_any

    def _cascade(self, urn: str) -> list[State]:
        """Return what asks to be replaced with the resource."""
        return [each for each in {**self.run.olds, **self.run.news}.values() if urn in each.replace_with]

    async def deletions(self) -> list[Step]:
        """Return a step for everything that stands and that the program did not name, and for what replacements left behind."""
        run = self.run
        touched = run.did[Op.SAME] | run.did[Op.UPDATE] | run.did[Op.REPLACE] | run.did[Op.READ]
        steps = []
        for each in run.before:
            if each.delete and each in self._condemned:
                continue
            if each.delete:
                op = Op.DISCARD_REPLACED if each.external else Op.DELETE_REPLACED
            elif self._alias_of.get(each.urn, each.urn) in touched:
                continue
            elif each.pending_replacement:
                op = Op.REMOVE_PENDING_REPLACE
            else:
                op = Op.DISCARD if each.external else Op.DELETE
            run.did[Op.DELETE].add(each.urn)
            await run.ensure_provider(each.provider)
            steps.append(Step(op, each))
        return steps

    def waves(self, steps: list[Step]) -> list[list[Step]]:
        """Return deletions in waves: each wave may go at once, and only what nothing left depends on is in it."""
        left = {step.state: step for step in steps}
        needs = {state: set(dependencies_of(state, self.run.before)) for state in left}
        waves: list[list[Step]] = []
        while left:
            free = [state for state in left if not needs[state] & left.keys()]
            waves.insert(0, [left.pop(state) for state in free])
        return waves


def _shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else redact(value)
