"""What a changed file opens, per stack: judged by the code that judges configuration, on a copy of the project with the change."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from containment.catalog.known_hosts import PatternIndex
from containment.catalog.preset import Library
from containment.config.destinations import find_used_sets
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.loaders.presets import load_library
from containment.loaders.stack_file import find_stacks, read_stack
from containment.names import DENY_GROUPS
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.providers import MINIMUM
from containment.promotion.file_change import FileChange, find_presets
from containment.queries.comparison.diff import Pair, compare_policies
from containment.queries.results import Answer
from containment.queries.subject.controller_chain import ControllerChain, place_subject
from containment.queries.subject.subjects import build_subject
from containment.risk.blast_radius import compute_blast_radius

ChainSource: TypeAlias = Callable[[ContainmentSpec], ControllerChain | str]
"""Returns the rules on a stack's Controller, or why they are not known."""


@dataclass(frozen=True, slots=True)
class RiskChange:
    """One ability of a compromised agent that the change adds to a stack or takes from it."""

    stack: str
    kind: str
    rule: str
    through: str
    remark: str
    is_added: bool


@dataclass(frozen=True, slots=True)
class ComparedRules:
    """Which rules of a stack's Controller were compared: the whole chain, or only the stack's own and why.

    `before` and `after` are the numbers of rules of other owners around the stack's, `assumptions` what is unknown about them. `drift` is
    where the stack's own rules on the Controller are not those of its file.
    """

    stack: str
    origin: str
    before: int = 0
    after: int = 0
    assumptions: tuple[str, ...] = ()
    own_only: str = ""
    drift: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return one sentence."""
        if self.own_only:
            left = "only the stack's own rules were compared, not those of other owners on the Controller"
            return f"NOT TESTED for {self.stack}: {left} ({self.own_only})"
        counted = f"{self.before} rules of other owners before the stack's, {self.after} after"
        return f"{self.stack}: the whole chain of {self.origin} was compared: {counted}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The stacks that the changed file feeds, the semantic difference, the change in blast radius, and what could not be compared.

    `chains` has one item per stack that was compared.
    """

    stacks: tuple[str, ...]
    difference: Answer
    risk: tuple[RiskChange, ...]
    not_compared: tuple[str, ...]
    chains: tuple[ComparedRules, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The stacks of a project: the specs of those that are accepted, and the problems of the others and of the presets."""

    library: Library | None
    specs: Mapping[str, ContainmentSpec]
    refused: Mapping[str, tuple[Problem, ...]]
    problems: frozenset[Problem]


def read_project(folder: Path, change: FileChange | None, stack: str | None) -> Reading:
    """Return the stacks of a copy of a project with a change, if there is one; only one stack if it is named."""
    with _copy_project(folder, change) as root:
        try:
            library = load_library(root / "presets")
        except InputError as error:
            return Reading(None, {}, {}, frozenset(error.problems))
        specs: dict[str, ContainmentSpec] = {}
        refused: dict[str, tuple[Problem, ...]] = {}
        for name in [stack] if stack is not None else find_stacks(root):
            try:
                specs[name] = read_stack(name, None, root, library)
            except InputError as error:
                refused[name] = error.problems
        return Reading(library, specs, refused, frozenset(one for found in refused.values() for one in found))


@contextmanager
def _copy_project(folder: Path, change: FileChange | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="containment-promote-") as made:
        root = Path(made)
        shutil.copytree(find_presets(folder), root / "presets")
        for path in folder.glob("Pulumi*.yaml"):
            shutil.copy(path, root / path.name)
        if change is not None:
            (root / change.name).write_bytes(change.after.encode("utf-8"))
        yield root


def find_refusals(before: Reading, after: Reading, entries: Sequence[Mapping[str, Any]], set_name: str | None) -> list[Problem]:
    """Return the problems that a change adds.

    Args:
        before: the project without the change.
        after: the project with it.
        entries: the entries that are promoted.
        set_name: the catalog set that takes them, None for a stack's file.
    """
    out = [problem for problem in sorted(after.problems) if problem not in before.problems]
    library = before.library
    if set_name is not None and library is not None:
        where = f"presets/catalog/{set_name}.yaml:entries"
        if set_name in library.sets and library.sets[set_name].web_group in DENY_GROUPS:
            what, why = f"fills {library.sets[set_name].web_group.value}, which is denied", "a promotion permits a destination"
            out.append(Problem(where, what, why, "name a set that a class permits"))
        out += _find_denied(where, entries, library)
    return out


def _find_denied(where: str, entries: Sequence[Mapping[str, Any]], library: Library) -> Iterator[Problem]:
    """Yield a problem for each name that overlaps a deny set: no class may permit it, whether or not one uses the set today."""
    denied = [
        (pattern, name)
        for name, found in library.sets.items()
        if found.web_group in DENY_GROUPS
        for pattern in found.make_patterns("region")
    ]
    index = PatternIndex(
        [(pattern, (pattern, name)) for pattern, name in [*denied, *((DomainPattern(one), "the minimum set") for one in MINIMUM)]]
    )
    for entry in entries:
        hits = index.find_overlapping(DomainPattern.parse(str(entry["name"])))
        if hits:
            pattern, name = hits[0]
            what = f"{entry['name']} is permitted, and {name} denies {pattern}"
            yield Problem(where, what, "a destination cannot be approved and denied", f"remove {entry['name']} from the request")


def judge_change(before: Reading, after: Reading, stack: str | None, set_name: str | None, find_chain: ChainSource) -> Judgement:
    """Return what a change opens for one stack, or for every stack that a catalog set feeds.

    Args:
        before: the project without the change.
        after: the project with it.
        stack: the stack, None for a catalog set.
        set_name: the catalog set, None for a stack.
        find_chain: returns the rules on a stack's Controller, or why they are not known.
    """
    assert after.library is not None, "a change that makes the presets unusable is refused"
    names = [
        name for name, spec in after.specs.items() if name == stack or (set_name is not None and _uses_set(spec, set_name, after.library))
    ]
    pairs: list[Pair] = []
    chains: list[ComparedRules] = []
    for name in names:
        if before.library is not None and name in before.specs:
            old = build_subject(before.specs[name], before.library)
            new = build_subject(after.specs[name], after.library)
            pair, compared = _place_pair(Pair(name, old, new), after.specs[name], find_chain)
            pairs.append(pair)
            chains.append(compared)
    skipped = [
        f"{name}: refused before the change: {'; '.join(one.what for one in before.refused.get(name, ())) or 'its presets are refused'}"
        for name in names
        if name not in before.specs
    ]
    skipped += [f"{name}: refused with and without the change" for name in after.refused]
    return Judgement(tuple(names), compare_policies(pairs, "before", "after"), tuple(_compare_risk(pairs)), tuple(skipped), tuple(chains))


def _place_pair(pair: Pair, spec: ContainmentSpec, find_chain: ChainSource) -> tuple[Pair, ComparedRules]:
    """Return both sides with the rules of other owners around them, if these are known, and which rules that are."""
    assert pair.before is not None
    assert pair.after is not None
    chain = find_chain(spec)
    if isinstance(chain, str):
        return pair, ComparedRules(spec.stack, "", own_only=chain)
    old, new = (place_subject(side, spec.object_prefix, chain) for side in (pair.before, pair.after))
    if old is None or new is None:
        why = f"{chain.origin} has no rule of {spec.stack}, so their place among the others is not known"
        return pair, ComparedRules(spec.stack, chain.origin, own_only=why)
    compared = ComparedRules(spec.stack, chain.origin, new.before, new.after, chain.policy.notes, drift=old.drift)
    return replace(pair, before=old.subject, after=new.subject), compared


def _uses_set(spec: ContainmentSpec, set_name: str, library: Library) -> bool:
    return set_name in find_used_sets(spec.config, library, spec.preset, spec.harness)


def _compare_risk(pairs: Sequence[Pair]) -> Iterator[RiskChange]:
    for pair in pairs:
        assert pair.before is not None
        assert pair.after is not None
        old, new = ({one.kind: set(one.through) for one in compute_blast_radius(side)} for side in (pair.before, pair.after))
        for kind, through in new.items():
            for added, rows in ((True, through - old[kind]), (False, old[kind] - through)):
                for rule, name, remark in sorted(rows):
                    yield RiskChange(pair.title, kind.value, rule, name, remark, added)
