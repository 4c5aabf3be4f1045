"""Where configurations are looked for: homes of all users, projects, and the file systems of containers."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from containment.discovery.files import OWN_ROOT, FormatError, Root, UnreadableError, get_mode, list_folder, parse, read_file
from containment.discovery.inventory import Reader, UnseenLog
from containment.discovery.known_data import ConfigFormat
from containment.discovery.processes import ProcessFacts, explain_denial, read_namespaces

_SKIPPED: Final = frozenset({"node_modules", ".git", ".venv", "venv", "__pycache__", ".tox", ".cache", "site-packages", "dist-packages"})
_MOST_FOLDERS: Final = 5000
_NO_HOMES: Final = frozenset({"/", "/bin", "/sbin", "/dev", "/proc", "/sys", "/usr/sbin", "/usr/bin", "/nonexistent", "/run"})
PROJECT_DEPTH: Final = 4
_MOST_PROJECTS: Final = 1000
_PROJECT_LISTS: Final = ((".claude.json", ConfigFormat.JSON), (".codex/config.toml", ConfigFormat.TOML))
"""Files below a home whose key `projects` has the paths of projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One folder in one file system."""

    root: Root
    path: str

    @property
    def shown(self) -> str:
        """The path as it is printed, with the container that has it."""
        return self.path if self.root.is_own else f"{self.root.label}:{self.path}"


def find_roots(processes: Iterable[ProcessFacts], unseen: UnseenLog) -> list[Root]:
    """Return this file system, and one root per other mount namespace or root folder of a process."""
    own = Path("/").stat()
    seen = {(read_namespaces(os.getpid()).get("mnt", 0), own.st_dev, own.st_ino)}
    roots = [OWN_ROOT]
    for one in processes:
        if not one.container:
            continue
        try:
            facts = Path(f"/proc/{one.pid}/root").stat()
        except FileNotFoundError:
            continue  # ended since it was listed
        except OSError:
            unseen.add(Reader.CONFIGURATIONS, "file systems of processes in other namespaces", explain_denial())
            continue
        key = (one.namespaces.get("mnt", 0), facts.st_dev, facts.st_ino)
        if key not in seen:
            seen.add(key)
            roots.append(Root(f"/proc/{one.pid}/root", one.container))
    return roots


def find_users(root: Root, unseen: UnseenLog) -> dict[int, str]:
    """Return user names by number, from the file system's own passwd file; no name service is contacted."""
    return {uid: name for name, uid, _ in _read_passwd(root, unseen)}


def find_homes(root: Root, given: Iterable[str], unseen: UnseenLog) -> list[Place]:
    """Return the home folders that exist: those of passwd, of `/home`, of HOME and those that are given.

    A home that is not readable is counted as not seen, and left out.
    """
    paths = [home for _, _, home in _read_passwd(root, unseen) if home.startswith("/") and home not in _NO_HOMES]
    for folder in ("/home", "/Users"):
        entries = list_entries(root, folder, Reader.CONFIGURATIONS, unseen)
        paths += [f"{folder}/{name}" for name, mode in entries if not stat.S_ISREG(mode)]
    if root.is_own:
        paths += [os.environ["HOME"]] if os.environ.get("HOME", "").startswith("/") else []
        paths += given
    found = dict[str, Place]()
    for path in dict.fromkeys(os.path.normpath(one) for one in paths):
        place = Place(root=root, path=path)
        try:
            mode = get_mode(root, path)
            if mode is None or not stat.S_ISDIR(mode):
                continue
            get_mode(root, f"{path}/.")
        except UnreadableError as error:
            unseen.add(Reader.CONFIGURATIONS, f"home {place.shown}", explain_denial() if str(error) == "permission denied" else str(error))
            continue
        found.setdefault(os.path.realpath(path) if root.is_own else path, place)
    return list(found.values())


def _read_passwd(root: Root, unseen: UnseenLog) -> list[tuple[str, int, str]]:
    try:
        content = read_file(root, "/etc/passwd") or b""
    except UnreadableError as error:
        unseen.add(Reader.CONFIGURATIONS, Place(root=root, path="/etc/passwd").shown, str(error))
        return []
    fields = [line.split(":") for line in content.decode(errors="replace").splitlines()]
    return [(one[0], int(one[2]), one[5]) for one in fields if len(one) >= 7 and one[2].isdigit()]


def read_known_projects(homes: Iterable[Place]) -> Iterator[Place]:
    """Yield the project folders that harnesses remember in their own files; a file that cannot be read is reported by its own reader."""
    for home in homes:
        for name, format_ in _PROJECT_LISTS:
            try:
                content = read_file(home.root, f"{home.path}/{name}")
                document = parse(content, format_) if content is not None else None
            except (UnreadableError, FormatError):
                continue
            listed = document.get("projects") if isinstance(document, dict) else None
            if isinstance(listed, dict):
                paths = [str(path) for path in listed][:_MOST_PROJECTS]
                yield from (
                    Place(root=home.root, path=os.path.normpath(path)) for path in paths if path.startswith("/") and "\0" not in path
                )


def find_projects(given: Iterable[Path], processes: Iterable[ProcessFacts], homes: Sequence[Place], unseen: UnseenLog) -> list[Place]:
    """Return project folders: given ones with those below them, remembered ones, homes, and those of agents with the ones above.

    Args:
        given: folders of `--project`.
        processes: the processes of agents.
        homes: home folders, above which no project is looked for.
        unseen: receives folders that cannot be read.
    """
    found = dict[tuple[str, str], Place]()
    for one in given:
        start = str(one.resolve())
        for path in (start, *walk_folders(OWN_ROOT, start, PROJECT_DEPTH, Reader.CONFIGURATIONS, unseen)):
            found.setdefault((OWN_ROOT.path, path), Place(root=OWN_ROOT, path=path))
    for place in read_known_projects(homes):
        found.setdefault((place.root.path, place.path), place)
    for home in homes:  # a harness that was started in a home takes it for a project
        found.setdefault((home.root.path, home.path), home)
    stops = {home.path for home in homes} | {"/"}
    try:
        current = [Place(root=OWN_ROOT, path=str(Path.cwd()))]
    except OSError:  # the folder in which the command was started is deleted
        current = []
    for place in [*current, *(Place(root=one.root, path=one.folder) for one in processes if one.folder.startswith("/"))]:
        for path in (place.path, *map(str, PurePosixPath(place.path).parents)):
            if path in stops and path != place.path:
                break
            found.setdefault((place.root.path, path), Place(root=place.root, path=path))
    return list(found.values())


def walk_folders(root: Root, start: str, depth: int, reader: Reader, unseen: UnseenLog, skipped: Iterable[str] = _SKIPPED) -> Iterator[str]:
    """Yield the folders below a folder, links not followed; one that cannot be read, and the rest of a huge tree, is counted.

    Args:
        root: the file system.
        start: the folder.
        depth: levels below it.
        reader: the reader that looks.
        unseen: receives what is left out.
        skipped: names of folders that are left out.
    """
    waiting = [(start, 0)]
    left = _MOST_FOLDERS
    names = frozenset(skipped)
    while waiting:
        path, level = waiting.pop()
        for name, mode in list_entries(root, path, reader, unseen):
            if not stat.S_ISDIR(mode) or name in names:
                continue
            left -= 1
            if left < 0:
                unseen.add(reader, Place(root=root, path=start).shown, f"has more than the {_MOST_FOLDERS} folders that are read")
                return
            yield f"{path}/{name}"
            if level + 1 < depth:
                waiting.append((f"{path}/{name}", level + 1))


def list_entries(root: Root, path: str, reader: Reader, unseen: UnseenLog) -> list[tuple[str, int]]:
    """Return names and modes of a folder's entries; none for one that does not exist, or cannot be read, which is counted."""
    try:
        return list_folder(root, path) or []
    except UnreadableError as error:
        unseen.add(reader, Place(root=root, path=path).shown, str(error))
        return []


def expand(pattern: str, homes: Iterable[Place], projects: Iterable[Place], roots: Iterable[Root]) -> Iterator[Place]:
    """Yield the places of a path of the reviewed data: in every home, every project, or every file system."""
    bases: Mapping[str, Iterable[Place]] = {"~": homes, "<project>": projects}
    head, _, rest = pattern.partition("/")
    if head in bases:
        yield from (Place(root=base.root, path=f"{base.path.rstrip('/')}/{rest}") for base in bases[head])
    else:
        yield from (Place(root=root, path=pattern) for root in roots)
