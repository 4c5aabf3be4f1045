"""The two sides of a comparison, and how they are paired: each is a stack, a state file, or the stacks of a git revision.

The revision belongs to the checkout of the current folder or, outside of one, to the checkout that the command is installed from. Its
presets may be invalid, as a review needs to see what a change opens even if the change is not allowed. Then the patterns are read without
their checks, the stack's other facts come from the valid side's presets, and the answer lists why the presets are refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from containment.analysis.subject import Subject
from containment.catalog.catalog import CatalogSet, Entry
from containment.catalog.preset import Library
from containment.config.destinations import resolve_destinations
from containment.errors import InputError, Problem
from containment.git import read_git
from containment.input_reader import InputReader
from containment.loaders import strict_yaml
from containment.loaders.presets import load_library
from containment.loaders.stack_file import find_stacks, read_stack
from containment.names import WebGroupId
from containment.patterns.domain import DomainPattern
from containment.queries.comparison.diff import Pair
from containment.queries.subject.state_policy import read_state_subject
from containment.queries.subject.subjects import build_subject

_MOST = 40

_INSTALLED = Path(__file__).parents[3]


def find_checkout(folder: Path = Path()) -> Path:
    """Return the checkout whose revisions are used: the one that contains a folder, else the installed one."""
    top = read_git(folder, "rev-parse", "--show-toplevel")
    here = None if top is None else Path(top.strip())
    return here if here and (here / "presets").is_dir() and (here / "Pulumi.yaml").is_file() else _INSTALLED


@contextmanager
def extract_revision(revision: str, beside: Path = Path()) -> Iterator[Path]:
    """Yield a folder with the presets and stack files of a git revision; raise InputError if there is no such revision."""
    root = find_checkout(beside)
    listed = None if revision.startswith("-") else read_git(root, "ls-tree", "-r", "--name-only", f"{revision}^{{commit}}")
    if listed is None:
        problem = Problem(revision, "is no stack, file or revision here", "there is nothing to compare", "see `git log --oneline`")
        raise InputError("cannot compare", [problem])
    with tempfile.TemporaryDirectory(prefix="containment-") as made:
        folder = Path(made)
        for name in listed.splitlines():
            if not name.startswith(("presets/", "Pulumi.")) or not name.endswith(".yaml"):
                continue
            content = read_git(root, "show", f"{revision}:{name}")
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        yield folder


@dataclass(frozen=True)
class Tree:
    """A folder with presets and stack files; `library` is None if its presets are invalid, and `refused` lists the reasons."""

    folder: Path
    library: Library | None
    refused: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Tree:
        """Return a folder's presets, or why they are invalid."""
        try:
            return cls(folder, load_library(folder / "presets" if (folder / "presets").is_dir() else None))
        except InputError as error:
            return cls(folder, None, _format_problems(error))

    def read_subject(
        self, stack: str, fallback: Library | None, overrides: Mapping[str, str] | None = None
    ) -> tuple[Subject, tuple[str, ...]]:
        """Return a stack's subject, and the reasons for which it would be refused.

        For a refused stack its names are taken as written, and the rest is resolved with `fallback`.

        Args:
            stack: name of the stack.
            fallback: valid presets, of the other side; None if that side has none.
            overrides: configuration of the stack, by key.

        Raises:
            InputError: the stack cannot be read at all.
        """
        refused = self.refused
        if self.library is not None:
            try:
                return build_subject(read_stack(stack, overrides, self.folder, self.library), self.library), ()
            except InputError as error:
                if fallback is None or not (self.folder / f"Pulumi.{stack}.yaml").is_file():
                    raise
                refused = _format_problems(error)
        if fallback is None:
            what = "; ".join(refused)
            raise InputError("cannot compare", [Problem(stack, what, "neither side has valid presets", "correct one of them")])
        written = Library(
            _read_unchecked(self.folder / "presets" / "catalog"), fallback.presets, fallback.harness_sets, fallback.minimal_sets
        )
        spec = read_stack(stack, overrides, self.folder, fallback)
        spec = replace(spec, destinations=resolve_destinations(spec.config, written, spec.preset, spec.harness))
        return replace(build_subject(spec, written), boundary=None, tools=None), refused  # the class's section is not among what was read


def _format_problems(error: InputError) -> tuple[str, ...]:
    return tuple(f"{one.where}: {one.what}" for one in error.problems[:_MOST])


def _read_unchecked(folder: Path) -> dict[str, CatalogSet]:
    """Return the catalog without its checks; raise InputError for text that cannot be a pattern."""
    out: dict[str, CatalogSet] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document: Any = strict_yaml.read(path)
            entries = tuple(_parse_entry(raw) for raw in document["entries"])
            out[path.stem] = CatalogSet.model_construct(
                name=path.stem, title="", purpose="", web_group=WebGroupId(document["webGroup"]), entries=entries
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            where = f"presets/catalog/{path.name}"
            problems.append(Problem(where, f"cannot be read: {error}", "its permits are then unknown", "correct the file"))
    if problems:
        raise InputError("cannot compare", problems)
    return out


def _parse_entry(raw: Any) -> Entry:
    DomainPattern.parse(str(raw["pattern"]).replace("{region}", "region"))
    told: dict[str, Any] = {key: str(raw.get(key, "not stated")) for key in ("owner", "reason", "source", "pattern")}
    told |= {
        field: raw.get(key) is not False
        for field, key in (("uploads", "uploads"), ("relays", "relays"), ("foreign_tenant", "foreignTenant"))
    }
    return Entry.model_construct(**told, reviewed=raw.get("reviewed"))


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
