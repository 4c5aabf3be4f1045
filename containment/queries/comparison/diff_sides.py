"""The two sides of a comparison, each a stack, the stack or stacks of a revision, or a state file; and how they are paired."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from containment.analysis.subject import Subject
from containment.catalog.preset import Library
from containment.errors import InputError, Problem
from containment.input_reader import InputReader
from containment.queries.comparison.diff import Pair
from containment.queries.comparison.revision import Tree, extract_revision, find_stacks
from containment.queries.subject.state_policy import read_state_subject


@dataclass(frozen=True)
class _Side:
    """One side: a state file's subject, or stacks of a tree."""

    stacks: tuple[str, ...]
    tree: Tree | None = None
    state: Subject | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)

    def read_subjects(self, fallback: Library | None) -> Mapping[str, tuple[Subject, tuple[str, ...]]]:
        """Return the subjects by name, each with the reasons for which it would be refused."""
        if self.tree is None:
            assert self.state is not None
            return {self.stacks[0]: (self.state, ())}
        return {stack: self.tree.read_subject(stack, fallback, self.overrides) for stack in self.stacks}


def make_pairs(before: str, after: str, folder: Path = Path(), overrides: Mapping[str, str] | None = None) -> list[Pair]:
    """Return the pairs to compare: two single policies are one pair, revisions are compared stack by stack.

    Args:
        before: a stack, a revision's stack or stacks, or a state file.
        after: the same; `.` is the folder.
        folder: where stack files, presets and the git repository are.
        overrides: configuration of the stacks of `after`, by key.

    Raises:
        InputError: a side cannot be read, or the sides have no stack in common.
    """
    with ExitStack() as held:
        reader = InputReader("cannot compare")
        one_side = reader.read(lambda: _read_side(before, folder, held, {}))
        other_side = reader.read(lambda: _read_side(after, folder, held, overrides or {}))
        sides = [side.value if side.is_read else None for side in (one_side, other_side)]
        libraries = [side.tree.library if side and side.tree else None for side in sides]
        read = [
            reader.read(partial(side.read_subjects, library)) if side else None
            for side, library in zip(sides, reversed(libraries), strict=True)
        ]
        reader.require()
        old, new = (subjects.value for subjects in read if subjects is not None)
    if len(old) == 1 and len(new) == 1:
        (one,), (two,) = old, new
        return [Pair(one if one == two else f"{one} and {two}", old[one][0], new[two][0], new[two][1])]
    if len(old) == 1 or len(new) == 1:  # `REV:STACK` against `.` or REV: the stack of that name
        (name,) = old if len(old) == 1 else new
        if name not in old or name not in new:
            problem = Problem(name, "is not on both sides", "there is nothing to compare it with", "name a stack that both sides have")
            raise InputError("cannot compare", [problem])
        return [Pair(name, old[name][0], new[name][0], new[name][1])]
    return [Pair(name, old[name][0] if name in old else None, *new.get(name, (None, ()))) for name in sorted({*old, *new})]


def _read_side(text: str, here: Path, held: ExitStack, overrides: Mapping[str, str]) -> _Side:
    path = Path(text)
    if text == ".":
        return _Side(tuple(find_stacks(here)), Tree.read(here), overrides=overrides)
    if path.is_file():
        return _Side((path.name,), state=read_state_subject(path))
    if (here / f"Pulumi.{text}.yaml").is_file():
        return _Side((text,), Tree.read(here), overrides=overrides)
    revision, colon, stack = text.rpartition(":")
    tree = Tree.read(held.enter_context(extract_revision(revision if colon else text, here)))
    return _Side((stack,) if colon else tuple(find_stacks(tree.folder)), tree, overrides=overrides)
