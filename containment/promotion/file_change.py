"""The file that a promotion changes: a stack's file, or that of a catalog set; its text before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.fixes.networks import read_network
from containment.loaders import strict_yaml
from containment.loaders.presets import find_presets_folder
from containment.loaders.stack_file import PROJECT
from containment.patterns.domain import parse_pattern
from containment.promotion.due import REVIEW_DAYS
from containment.promotion.request import REPLACING_KEYS, Request
from containment.promotion.yaml_edit import CannotEditError, set_list_item
from containment.record.subjects import Subject, build_catalog_subject, build_entry_subject

_SOURCE: Final = "runtime facts: observed"
"""The source of a catalog entry that was seen in logs (presets/README.md)."""
_WHY: Final = "an entry is written only where its place is certain"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file, its text before and after, and the subject of the decision on each entry.

    `name` is the path inside the project, `entries` are all requested entries, `written` those that the file did not have yet; each is
    the subject that a decision about it has.
    """

    path: Path
    name: str
    before: str
    after: str
    entries: tuple[Subject, ...]
    written: tuple[Subject, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the promotion changes the file."""
        return self.before != self.after


def find_presets(folder: Path) -> Path:
    """Return the presets of a project's folder, or those of the checkout that the program is installed from."""
    return folder / "presets" if (folder / "presets").is_dir() else find_presets_folder()


def change_file(request: Request, entries: Sequence[Mapping[str, Any]], folder: Path, today: date) -> FileChange:
    """Return the change that writes the entries; raise InputError if the file cannot be read or edited."""
    if request.set_name is not None:
        return _change_set(request, entries, find_presets(folder) / "catalog" / f"{request.set_name}.yaml", today)
    name = f"Pulumi.{request.stack}.yaml"
    return _change_stack(request, entries, folder / name, name)


def _change_stack(request: Request, entries: Sequence[Mapping[str, Any]], path: Path, name: str) -> FileChange:
    before = text = _read(path, name)
    written = []
    full = f"{PROJECT}:{request.key}"
    subjects = tuple(build_entry_subject(name, request.key, entry) for entry in entries)
    if request.key in REPLACING_KEYS and not _has_items(before, (full, request.key), name):
        what = "is not set, and a list there replaces the class's own set: every name of the set would be denied"
        raise _refuse(f"{name}:{request.key}", what, "use --key approvedSaasApiDomains, or --set with the class's set")
    for entry, subject in zip(entries, subjects, strict=True):
        current = text
        text = _set(text, ("config", full), entry, lambda raw, one=entry: _is_named(raw, one["name"], "name"), name, {full: request.key})
        if text != current:
            written.append(subject)
    return FileChange(path, name, before, text, subjects, tuple(written))


def _change_set(request: Request, entries: Sequence[Mapping[str, Any]], path: Path, today: date) -> FileChange:
    name = f"presets/catalog/{request.set_name}.yaml"
    before = text = _read(path, name)
    document = _load(before, name)
    listed = document.get("entries") if isinstance(document, dict) else None
    subjects, written = [], []
    for entry in entries:
        known = [one for one in listed or () if _is_named(one, entry["name"], "pattern")]
        found: Mapping[str, Any] | None = known[0] if known else None
        new = _build_catalog_entry(request, entry, found, today)
        subjects.append(build_catalog_subject(str(request.set_name), new))
        if found is not None and {**new, "reviewed": None} == {**found, "reviewed": None} and not _is_review_due(found, today):
            subjects[-1] = build_catalog_subject(str(request.set_name), found)
            continue
        text = _set(text, ("entries",), new, lambda raw, one=entry: _is_named(raw, one["name"], "pattern"), name, {})
        written.append(subjects[-1])
    return FileChange(path, name, before, text, tuple(subjects), tuple(written))


def _build_catalog_entry(request: Request, entry: Mapping[str, Any], found: Mapping[str, Any] | None, today: date) -> dict[str, Any]:
    """Return the entry of a catalog set: flags that no person stated keep the file's value, else they are true."""
    known = found or {}
    flags = {"uploads": request.uploads, "relays": request.relays, "foreignTenant": request.foreign_tenant}
    return {
        "pattern": known.get("pattern", entry["name"]),
        "owner": entry["owner"],
        "reason": entry["reason"],
        "function": entry["function"],
        **({"ticket": entry["ticket"]} if "ticket" in entry else {}),
        "source": known.get("source", _SOURCE),
        "reviewed": today,
        "until": date.fromisoformat(entry["until"]),
        **{key: known.get(key, True) if value is None else value for key, value in flags.items()},
    }


def _is_review_due(found: Mapping[str, Any], today: date) -> bool:
    """Return whether an entry was reviewed so long ago that its promotion is a new review."""
    reviewed = found.get("reviewed")
    return not isinstance(reviewed, date) or (today - reviewed).days > REVIEW_DAYS


def _is_named(raw: Any, name: str, field: str) -> bool:
    text = raw if isinstance(raw, str) else raw.get(field) if isinstance(raw, dict) else None
    if not isinstance(text, str):
        return False
    network, pattern = read_network(text), parse_pattern(text)
    if network is not None:
        return network == read_network(name)
    return text == name or (pattern is not None and pattern == parse_pattern(name))


def _has_items(text: str, keys: Sequence[str], name: str) -> bool:
    document = _load(text, name)
    config = document.get("config") if isinstance(document, dict) else None
    return isinstance(config, dict) and any(config.get(key) for key in keys)


def _read(path: Path, name: str) -> str:
    try:
        return input_files.decode_text(path, input_files.read_bytes(path))
    except input_files.InputFileError as error:
        known = sorted(one.stem.removeprefix("Pulumi.") for one in path.parent.glob("*.yaml") if one.name != "Pulumi.yaml")
        raise _refuse(name, error.what, error.fix or f"use one of: {', '.join(known) or 'none found'}") from None


def _load(text: str, name: str) -> Any:
    try:
        return strict_yaml.load(text)
    except strict_yaml.StrictYamlError as error:
        raise _refuse(name, error.what, error.fix) from None


def _set(text: str, path: Sequence[str], item: Mapping[str, Any], matches: Any, name: str, spellings: Mapping[str, str]) -> str:
    _load(text, name)
    try:
        return set_list_item(text, path, item, matches, spellings)
    except CannotEditError as error:
        raise _refuse(name, str(error), f"add the entry by hand: {dict(item)}") from None


def _refuse(where: str, what: str, fix: str) -> InputError:
    return InputError("cannot promote", [Problem(where, what, _WHY, fix)])
