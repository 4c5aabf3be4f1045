"""The stacks of a git revision, also where its presets would be refused.

The checkout is the one that the command is run in; outside of any, the one that it is installed from.

A review wants to know what a change opens even when the change is not allowed: then the patterns are read as they stand,
the stack's other facts come from this checkout's presets, and what is refused is told beside the answer.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from containment import strict_yaml
from containment.library import load_library
from containment.model.catalog import CatalogSet, Entry
from containment.model.destinations import destinations_of
from containment.model.errors import InputError, Problem
from containment.model.fqdn import DomainPattern
from containment.model.names import WebGroupId
from containment.model.preset import Library
from containment.model.reach.subject import Subject
from containment.stack_file import read_stack
from containment.verify.subjects import subject_of_spec

_MOST = 40

_INSTALLED = Path(__file__).parents[2]


def checkout() -> Path:
    """Return the checkout whose revisions are meant."""
    top = _git(Path(), "rev-parse", "--show-toplevel")
    here = None if top is None else Path(top.strip())
    return here if here and (here / "presets").is_dir() and (here / "Pulumi.yaml").is_file() else _INSTALLED


@contextmanager
def at_revision(revision: str) -> Iterator[Path]:
    """Yield a folder with the presets and stack files of a git revision; raises InputError."""
    root = checkout()
    listed = None if revision.startswith("-") else _git(root, "ls-tree", "-r", "--name-only", f"{revision}^{{commit}}")
    if listed is None:
        problem = Problem(revision, "is no stack, file or revision here", "nothing can be compared with it", "see `git log --oneline`")
        raise InputError("cannot compare", [problem])
    with tempfile.TemporaryDirectory(prefix="containment-") as made:
        folder = Path(made)
        for name in listed.splitlines():
            if not name.startswith(("presets/", "Pulumi.")) or not name.endswith(".yaml"):
                continue
            content = _git(root, "show", f"{revision}:{name}")
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        yield folder


def stacks_in(folder: Path) -> list[str]:
    """Return the names of the stacks whose files are in a folder."""
    names = (path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))
    return sorted(names)


@dataclass(frozen=True)
class Tree:
    """A folder with presets and stack files; `library` is None when its presets are refused, and `refused` says why."""

    folder: Path
    library: Library | None
    refused: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Tree:
        """Return a folder's presets, or why they are refused."""
        try:
            return cls(folder, load_library(folder / "presets" if (folder / "presets").is_dir() else None))
        except InputError as error:
            return cls(folder, None, _told(error))

    def subject(self, stack: str, fallback: Library | None) -> tuple[Subject, tuple[str, ...]]:
        """Return a stack's subject and what it would be refused for; raises InputError when it cannot be read at all.

        Where it is refused, its names are taken as they are written, and the rest of the stack as `fallback` resolves it.
        """
        refused = self.refused
        if self.library is not None:
            try:
                return subject_of_spec(read_stack(stack, folder=self.folder, library=self.library), self.library), ()
            except InputError as error:
                if fallback is None or not (self.folder / f"Pulumi.{stack}.yaml").is_file():
                    raise
                refused = _told(error)
        if fallback is None:
            what = "; ".join(refused)
            raise InputError("cannot compare", [Problem(stack, what, "neither side has presets that can be used", "mend one of them")])
        written = Library(_as_written(self.folder / "presets" / "catalog"), fallback.presets, fallback.harness_sets, fallback.minimal_sets)
        spec = read_stack(stack, folder=self.folder, library=fallback)
        spec = replace(spec, destinations=destinations_of(spec.config, written, spec.preset, spec.harness))
        return subject_of_spec(spec, written), refused


def _told(error: InputError) -> tuple[str, ...]:
    return tuple(f"{one.where}: {one.what}" for one in error.problems[:_MOST])


def _as_written(folder: Path) -> dict[str, CatalogSet]:
    """Return the catalog without its checks; raises InputError for what cannot even be a pattern."""
    out: dict[str, CatalogSet] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document: Any = strict_yaml.read(path)
            entries = tuple(_entry(raw) for raw in document["entries"])
            out[path.stem] = CatalogSet.model_construct(
                name=path.stem, title="", purpose="", web_group=WebGroupId(document["webGroup"]), entries=entries
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            where = f"presets/catalog/{path.name}"
            problems.append(Problem(where, f"cannot be read: {error}", "what it would permit is not known", "mend the file"))
    if problems:
        raise InputError("cannot compare", problems)
    return out


def _entry(raw: Any) -> Entry:
    DomainPattern.parse(str(raw["pattern"]).replace("{region}", "region"))
    told: dict[str, Any] = {key: str(raw.get(key, "not stated")) for key in ("owner", "reason", "source", "pattern")}
    told |= {
        field: raw.get(key) is not False
        for field, key in (("uploads", "uploads"), ("relays", "relays"), ("foreign_tenant", "foreignTenant"))
    }
    return Entry.model_construct(**told, reviewed=raw.get("reviewed"))


def _git(root: Path, *arguments: str) -> str | None:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else None
