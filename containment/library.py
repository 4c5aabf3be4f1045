"""Reads the reviewed data under `presets/`: the catalog, the agent classes and the harnesses.

The one place that knows where those files lie. Every mistake in every file is reported at once, by file and key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from containment import strict_yaml
from containment.model.catalog import CatalogSet
from containment.model.errors import InputError, Problem
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.permitted.catalog_names import catalog_problems
from containment.model.preset import Harness, HarnessSets, Library, Preset

_T = TypeVar("_T", bound=BaseModel)


def presets_folder() -> Path:
    """Return the repository's folder of presets; the package is installed from a checkout, which is where reviews happen."""
    folder = Path(__file__).parent.parent / "presets"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there: install the package from its repository (`make setup`)")
    return folder


def load_library(folder: Path | None = None) -> Library:
    """Return the library; raises InputError with every problem of every file."""
    root = folder or presets_folder()
    problems: list[Problem] = []
    files = {path.stem: path for path in sorted((root / "catalog").glob("*.yaml"))}
    sets = {
        name: found for name, path in files.items() if (found := _valid(root, path, _document(root, path, problems), CatalogSet, problems))
    }
    for name, found_set in sets.items():
        problems += catalog_problems(found_set, f"{root.name}/catalog/{name}.yaml")
    presets = _presets(root, problems)
    path = root / "harnesses.yaml"
    harnesses = _valid(root, path, _document(root, path, problems, named=False), HarnessSets, problems)
    cores = {"coreSets": harnesses.core_sets, "minimalSets": harnesses.minimal_sets} if harnesses else {}
    problems += [
        _problem(f"{root.name}/harnesses.yaml:{key}.{harness}", f"names no set for {harness.value!r}", "add a list, [] when it needs none")
        for key, core in cores.items()
        for harness in Harness
        if harness not in core
    ]
    problems += [
        _problem(f"{root.name}/{p.name}.yaml:denySets", f"has no set for {WebGroupId.UNAPPROVED_MODELS.value}", "add unapproved-models")
        for p in presets.values()
        if not any(name in sets and sets[name].web_group is WebGroupId.UNAPPROVED_MODELS for name in p.deny_sets)
    ]
    for where, names, denied in (
        *((f"{root.name}/{p.name}.yaml:permitSets", p.permit_sets, False) for p in presets.values()),
        *((f"{root.name}/{p.name}.yaml:denySets", p.deny_sets, True) for p in presets.values()),
        *((f"{root.name}/harnesses.yaml:{key}.{harness}", found, False) for key, core in cores.items() for harness, found in core.items()),
    ):
        problems += _set_problems(root, where, [name for name in names if name in sets or name not in files], sets, denied=denied)
    if not presets and not problems:
        problems.append(_problem(f"{root.name}/", "holds no agent class", "restore its <class>.yaml files"))
    if problems or harnesses is None:
        raise InputError("presets cannot be used", problems)
    return Library(sets, presets, harnesses.core_sets, harnesses.minimal_sets)


def _presets(root: Path, problems: list[Problem]) -> dict[str, Preset]:
    """Return the classes; one that extends another is read with the other's keys beneath its own."""
    paths = {path.stem: path for path in sorted(root.glob("*.yaml")) if path.name != "harnesses.yaml"}
    documents = {name: _document(root, path, problems) for name, path in paths.items()}
    out: dict[str, Preset] = {}
    broken = set[str]()
    for name in sorted(documents, key=lambda name: (documents[name] or {}).get("extends") is not None):  # those extended come first
        document = documents[name]
        if document is not None and (base := document.get("extends")) is not None:
            said = _cannot_extend(name, base, documents)
            if said:
                problems.append(_problem(f"{root.name}/{name}.yaml:extends", said, "name a class that stands by itself, or remove the key"))
            if said or base in broken:
                continue
            document = {**(documents[base] or {}), **document}
        if (found := _valid(root, paths[name], document, Preset, problems)) is None:
            broken.add(name)
        else:
            out[name] = found
    return dict(sorted(out.items()))


def _cannot_extend(name: str, base: Any, documents: Mapping[str, dict[str, Any] | None]) -> str | None:
    """Return why a class cannot extend another, None when it can: one level, and a class that is there."""
    if not isinstance(base, str) or base not in documents:
        return f"names {base!r}, which is not a class here"
    if base == name:
        return "names the class itself"
    if (documents[base] or {}).get("extends") is not None:
        return f"names {base!r}, which extends another class itself"
    return None


def _set_problems(root: Path, where: str, names: Iterable[str], sets: Mapping[str, CatalogSet], *, denied: bool) -> list[Problem]:
    out = []
    for name in names:
        if name not in sets:
            known = ", ".join(sorted(sets))
            out.append(_problem(where, f"names the set {name!r}, which is not in {root.name}/catalog/", f"use one of: {known}"))
        elif (sets[name].web_group in DENY_GROUPS) != denied:
            side = "denies" if denied else "permits"
            out.append(_problem(where, f"{side} the set {name!r}, which fills {sets[name].web_group.value}", "move it to the other list"))
    return out


def _problem(where: str, what: str, fix: str) -> Problem:
    return Problem(where, what, "rules are made from exactly these sets; a wrong name would silently leave one out", fix)


def _document(root: Path, path: Path, problems: list[Problem], *, named: bool = True) -> dict[str, Any] | None:
    """Return a file's mapping, with the file's name as `name`; None, and a problem, when there is none to be had."""
    where = path.relative_to(root.parent).as_posix()
    try:
        document: Any = strict_yaml.read(path)
    except (OSError, ValueError) as error:
        problems.append(Problem(where, f"cannot be read: {error}", "a class without its data has no policy", "restore or mend the file"))
        return None
    if not isinstance(document, dict):
        problems.append(Problem(where, "is not a mapping of keys to values", "nothing can be read from it", "see presets/README.md"))
        return None
    if named and "name" in document:
        problems.append(
            Problem(f"{where}:name", "is set", "a set or class is called what its file is called", "remove it, or rename the file")
        )
    return {**document, "name": path.stem} if named else document


def _valid(root: Path, path: Path, document: dict[str, Any] | None, model: type[_T], problems: list[Problem]) -> _T | None:
    if document is None:
        return None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems.extend(problems_of(path.relative_to(root.parent).as_posix(), error))
        return None


def problems_of(where: str, error: ValidationError) -> list[Problem]:
    """Return pydantic's findings as Problems, each with its file:key."""
    out = []
    for found in error.errors(include_url=False):
        key = ".".join(str(part) for part in found["loc"]) or "(whole file)"
        said = found["msg"].removeprefix("Value error, ")
        value = "" if found["type"] == "missing" else f" (is {found['input']!r})" if not isinstance(found["input"], dict | list) else ""
        fix = "remove it, or correct its spelling" if found["type"] == "extra_forbidden" else "correct the value"
        out.append(Problem(f"{where}:{key}", said + value, "data that is not understood is never guessed", fix))
    return out
