"""Loader of the reviewed data under `presets/`: the catalog, the agent classes and the harnesses.

Only this module has the paths of those files. Every mistake in every file is reported at once, by file and key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from containment.catalog.catalog import CatalogSet, find_catalog_problems
from containment.catalog.preset import Harness, HarnessSets, Library, Preset
from containment.credential_gateway.api import CredentialApi
from containment.errors import InputError, Problem, Replacement
from containment.fixes import model_findings
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.loaders import strict_yaml
from containment.names import DENY_GROUPS, PolicyMode, WebGroupId
from containment.sandbox.section_checks import find_merged_problems, find_section_problems
from containment.tool_scopes.scope import ToolLibrary, find_scope_problems, find_task_problems
from containment.tool_scopes.server import ToolServer
from containment.tool_scopes.tasks import HarnessToolTable, TaskTable

_T = TypeVar("_T", bound=BaseModel)

_EXAMPLES: Final = {"catalog": "presets/catalog/model-gateways.yaml"}
"""An example file, by folder."""


class PresetsError(InputError):
    """Presets that cannot be used.

    Attributes:
        presets: the classes whose own files are valid, though the sets that they name may not be.
        classes: the names of all classes that have a file.
    """

    def __init__(self, problems: Iterable[Problem], presets: Mapping[str, Preset], classes: Iterable[str]) -> None:
        super().__init__("presets cannot be used", problems)
        self.presets, self.classes = presets, frozenset(classes)


def find_presets_folder() -> Path:
    """Return the folder `presets/` of the checkout that the package is installed from, where presets are reviewed."""
    folder = Path(__file__).parents[2] / "presets"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there: install the package from its repository (`make setup`)")
    return folder


def get_shipped_stacks() -> list[str]:
    """Return the names of the stacks that `platform/` prepares: each class in each mode; raises InputError like `load_library`."""
    return [f"{name}-{mode.value}" for name in load_library().presets for mode in PolicyMode]


def find_class_names() -> frozenset[str]:
    """Return the classes of this checkout by the names of their files, without reading them."""
    return frozenset(path.stem for path in find_presets_folder().glob("*.yaml")) - {"harnesses"}


def load_library(folder: Path | None = None) -> Library:
    """Read and cross-check `presets/`; raises PresetsError with every problem of every file."""
    root = folder or find_presets_folder()
    problems: list[Problem] = []
    files = {path.stem for path in (root / "catalog").glob("*.yaml")}
    sets = _read_folder(root, "catalog", CatalogSet, problems)
    for name, found_set in sets.items():
        problems += find_catalog_problems(found_set, f"{root.name}/catalog/{name}.yaml")
    presets = _read_presets(root, problems)
    harnesses = _read_file(root, root / "harnesses.yaml", HarnessSets, problems, named=False)
    cores = {"coreSets": harnesses.core_sets, "minimalSets": harnesses.minimal_sets} if harnesses else {}
    problems += [
        _make_problem(
            f"{root.name}/harnesses.yaml:{key}.{harness}", f"names no set for {harness.value!r}", "add a list, [] when it needs none"
        )
        for key, core in cores.items()
        for harness in Harness
        if harness not in core
    ]
    problems += [
        _make_problem(
            f"{root.name}/{p.name}.yaml:denySets", f"has no set for {WebGroupId.UNAPPROVED_MODELS.value}", "add unapproved-models"
        )
        for p in presets.values()
        if not any(name in sets and sets[name].web_group is WebGroupId.UNAPPROVED_MODELS for name in p.deny_sets)
    ]
    for one in presets.values():
        problems += find_section_problems(one.sandbox, f"{root.name}/{one.name}.yaml:sandbox")
    for harness, section in (harnesses.sandboxes if harnesses else {}).items():
        problems += find_section_problems(section, f"{root.name}/harnesses.yaml:sandboxes.{harness.value}")
        for name, preset in presets.items():
            problems += find_merged_problems(preset.sandbox, section, f"{root.name}/{name}.yaml:sandbox, with {harness.value}")
    for where, names, denied in (
        *((f"{root.name}/{p.name}.yaml:permitSets", p.permit_sets, False) for p in presets.values()),
        *((f"{root.name}/{p.name}.yaml:denySets", p.deny_sets, True) for p in presets.values()),
        *((f"{root.name}/harnesses.yaml:{key}.{harness}", found, False) for key, core in cores.items() for harness, found in core.items()),
    ):
        known = [(place, name) for place, name in enumerate(names) if name in sets or name not in files]
        problems += _check_sets(root, where, known, sets, denied=denied, unread=files - sets.keys())
    apis = _read_folder(root, "credentials", CredentialApi, problems)
    tools = _read_tools(root, presets, problems)
    if not presets and not problems:
        problems.append(_make_problem(f"{root.name}/", "contains no agent class", "restore its <class>.yaml files"))
    if problems or harnesses is None:
        raise PresetsError(problems, presets, (path.stem for path in root.glob("*.yaml") if path.name != "harnesses.yaml"))
    return Library(sets, presets, harnesses.core_sets, harnesses.minimal_sets, harnesses.sandboxes, harnesses.maturity, apis, tools)


def _read_tools(root: Path, presets: Mapping[str, Preset], problems: list[Problem]) -> ToolLibrary:
    """Return the data of `tools/`, cross-checked with the classes; a folder without it has no servers and no tasks."""
    folder, where = root / "tools", f"{root.name}/tools"
    if not folder.is_dir():
        tools = ToolLibrary()
    else:
        servers = _read_folder(root, "tools/servers", ToolServer, problems)
        table = _read_file(root, folder / "tasks.yaml", TaskTable, problems, named=False)
        harnesses = _read_file(root, folder / "harnesses.yaml", HarnessToolTable, problems, named=False)
        if table is None or harnesses is None or len(servers) < len([*(folder / "servers").glob("*.yaml")]):
            return ToolLibrary()  # every contradiction would be a consequence of the problems above
        tools = ToolLibrary(servers, table.tasks, harnesses.harnesses)
    for name, server in tools.servers.items():
        problems += find_section_problems(server.sandbox, f"{where}/servers/{name}.yaml:sandbox")
    problems += find_task_problems(tools, f"{where}/tasks.yaml")
    problems += [
        _make_problem(
            f"{where}/harnesses.yaml:harnesses", f"has no entry for {harness.value}", f"add {harness.value}, with the reason in why"
        )
        for harness in (Harness if tools.tasks else ())
        if harness.value not in tools.harnesses
    ]
    for preset in presets.values():
        problems += find_scope_problems(preset.tools, tools, f"{root.name}/{preset.name}.yaml:tools")
    return tools


def _read_presets(root: Path, problems: list[Problem]) -> dict[str, Preset]:
    """Return the classes; one that extends another inherits the keys that it does not set."""
    paths = {path.stem: path for path in sorted(root.glob("*.yaml")) if path.name != "harnesses.yaml"}
    documents = {name: _read_document(root, path, problems) for name, path in paths.items()}
    out: dict[str, Preset] = {}
    broken = set[str]()
    for name in sorted(documents, key=lambda name: (documents[name] or {}).get("extends") is not None):  # extended classes come first
        document = documents[name]
        if document is not None and (base := document.get("extends")) is not None:
            said = _check_extends(name, base, documents)
            if said:
                alone = sorted(one for one in documents if one != name and (documents[one] or {}).get("extends") is None)
                fix = make_proposal(str(base), alone, "remove the key", verb="extend")
                problems.append(_make_problem(f"{root.name}/{name}.yaml:extends", said, fix))
            if said or base in broken:
                continue
            document = {**(documents[base] or {}), **document}
        if (found := _validate(root, paths[name], document, Preset, problems)) is None:
            broken.add(name)
        else:
            out[name] = found
    return dict(sorted(out.items()))


def _check_extends(name: str, base: Any, documents: Mapping[str, dict[str, Any] | None]) -> str | None:
    """Return why a class cannot extend another, None when it can: the other must exist and extend none."""
    if not isinstance(base, str) or base not in documents:
        return f"names {base!r}, which is not a class here"
    if base == name:
        return "names the class itself"
    if (documents[base] or {}).get("extends") is not None:
        return f"names {base!r}, which extends another class itself"
    return None


def _check_sets(
    root: Path, where: str, names: Iterable[tuple[int, str]], sets: Mapping[str, CatalogSet], *, denied: bool, unread: Iterable[str]
) -> list[Problem]:
    out = []
    for place, name in names:
        if name not in sets:
            same = sorted({*unread, *(one for one, found in sets.items() if (found.web_group in DENY_GROUPS) == denied)})
            near = find_nearest(name, same)
            fix = make_proposal(name, same, "name a set of presets/catalog/", verb="use", most=len(same))
            problem = _make_problem(where, f"names the set {name!r}, which is not in {root.name}/catalog/", fix)
            out.append(
                problem if near is None else problem._replace(replacement=Replacement((*where.rpartition(":")[2].split("."), place), near))
            )
        elif (sets[name].web_group in DENY_GROUPS) != denied:
            side, other = ("denies", "permitSets") if denied else ("permits", "denySets")
            what = f"{side} the set {name!r}, which fills {sets[name].web_group.value}"
            out.append(_make_problem(where, what, f"move {name} to {other}"))
    return out


def _make_problem(where: str, what: str, fix: str) -> Problem:
    return Problem(where, what, "rules are made from exactly these sets; a wrong name would silently leave one out", fix)


def _read_folder(root: Path, folder: str, model: type[_T], problems: list[Problem]) -> dict[str, _T]:
    """Return the valid files of a folder, each by its name."""
    paths = sorted((root / folder).glob("*.yaml"))
    return {path.stem: found for path in paths if (found := _read_file(root, path, model, problems))}


def _read_file(root: Path, path: Path, model: type[_T], problems: list[Problem], *, named: bool = True) -> _T | None:
    return _validate(root, path, _read_document(root, path, problems, named=named), model, problems)


def _read_document(root: Path, path: Path, problems: list[Problem], *, named: bool = True) -> dict[str, Any] | None:
    """Return a file's mapping, with the file's name as `name`; None, and a problem, when it cannot be read."""
    where = path.relative_to(root.parent).as_posix()
    try:
        document: Any = _parse_text(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what, fix = strict_yaml.explain_error(error)
        problems.append(
            Problem(where, f"cannot be read: {what.removeprefix('cannot be read: ')}", "a class without its data has no policy", fix)
        )
        return None
    if not isinstance(document, dict):
        what = "is empty" if document is None else "is not a mapping of keys to values"
        fix = f"write its keys, as in {_EXAMPLES.get(path.parent.name, 'presets/coding.yaml')}, or restore the file"
        problems.append(Problem(where, what, "nothing can be read from it", fix))
        return None
    if named and "name" in document:
        problems.append(
            Problem(
                f"{where}:name",
                f"is set (is {document['name']!r})",
                "a set or class has the name of its file",
                f"remove it, or rename the file to {document['name']}.yaml",
            )
        )
    return {**document, "name": path.stem} if named else document


@lru_cache(maxsize=256)
def _parse_text(text: str) -> Any:
    """Parse a file's text once per process, as most files are the same at the next load; the answer is shared, so never change it."""
    return strict_yaml.load(text)


def _validate(root: Path, path: Path, document: dict[str, Any] | None, model: type[_T], problems: list[Problem]) -> _T | None:
    if document is None:
        return None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems.extend(convert_findings(path.relative_to(root.parent).as_posix(), error, model))
        return None


def convert_findings(where: str, error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Convert pydantic's findings to Problems, each with its file:key and the fix computed from the value.

    Args:
        where: the file.
        error: the findings.
        model: the class that the file's data was validated as.
    """
    return [_convert_finding(where, found, model) for found in error.errors(include_url=False)]


def _convert_finding(where: str, found: Any, model: type[BaseModel]) -> Problem:
    place = tuple(found["loc"])
    fix = _EXPECTED.get(str(place[-1]) if place else "", _ANY)
    return model_findings.make_problem(where, found, model, why="data that is not understood is never guessed", fix=fix)


_ANY: Final = "write a value as the other files of its kind have it (presets/README.md)"
_EXPECTED: Final = {
    "owner": "name the organization that runs the host",
    "reason": "write one sentence: what the agent does there, and what a hostile agent could do there",
    "title": "write a name of a few words",
    "purpose": "write one sentence: what the set is for",
    "stance": "write one sentence: the limits of the class",
    "permits": "list at least one destination, in words",
    "permitSets": "list at least one set of presets/catalog/",
    "denySets": "list unapproved-models, doh-resolvers and paste-and-webhooks",
    "entries": "list at least one entry, or remove the file",
}
"""Fixes for keys without a value."""
