"""The two sides of a comparison, each a stack, a revision's stack or stacks, or a state file; and which belong together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from containment.model.errors import InputError, Problem
from containment.model.preset import Library
from containment.model.reach.subject import Subject
from containment.verify.ask.diff import Pair
from containment.verify.revision import Tree, at_revision, stacks_in
from containment.verify.state_policy import subject_of_state


@dataclass(frozen=True)
class _Side:
    """One side: a state file's subject, or stacks of a tree."""

    stacks: tuple[str, ...]
    tree: Tree | None = None
    state: Subject | None = None

    def subjects(self, fallback: Library | None) -> Mapping[str, tuple[Subject, tuple[str, ...]]]:
        """Return the subjects by name, each with what it would be refused for."""
        if self.tree is None:
            assert self.state is not None
            return {self.stacks[0]: (self.state, ())}
        return {stack: self.tree.subject(stack, fallback) for stack in self.stacks}


def pairs_of(before: str, after: str) -> list[Pair]:
    """Return what is to be compared; two single policies are one pair, revisions are compared stack by stack; raises InputError."""
    with ExitStack() as held:
        sides = _side(before, held), _side(after, held)
        libraries = [side.tree.library if side.tree else None for side in sides]
        old, new = sides[0].subjects(libraries[1]), sides[1].subjects(libraries[0])
    if len(old) == 1 and len(new) == 1:
        (one,), (two,) = old, new
        return [Pair(one if one == two else f"{one} and {two}", old[one][0], new[two][0], new[two][1])]
    if len(old) == 1 or len(new) == 1:  # `REV:STACK` against `.` or REV: the stack of that name
        (name,) = old if len(old) == 1 else new
        if name not in old or name not in new:
            problem = Problem(name, "is not on both sides", "there is nothing to compare it with", "name a stack on both sides")
            raise InputError("cannot compare", [problem])
        return [Pair(name, old[name][0], new[name][0], new[name][1])]
    return [Pair(name, old[name][0] if name in old else None, *new.get(name, (None, ()))) for name in sorted({*old, *new})]


def _side(text: str, held: ExitStack) -> _Side:
    path, here = Path(text), Path()
    if text == ".":
        return _Side(tuple(stacks_in(here)), Tree.read(here))
    if path.is_file():
        return _Side((path.name,), state=subject_of_state(path))
    if Path(f"Pulumi.{text}.yaml").is_file():
        return _Side((text,), Tree.read(here))
    revision, colon, stack = text.rpartition(":")
    tree = Tree.read(held.enter_context(at_revision(revision if colon else text)))
    return _Side((stack,) if colon else tuple(stacks_in(tree.folder)), tree)
