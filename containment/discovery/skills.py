"""Read skills, plugins, commands and subagents from disk, with a digest of each one's content."""

from __future__ import annotations

import hashlib
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

from containment.discovery.files import Root, UnreadableError, get_identity, get_mode, list_folder, read_file
from containment.discovery.inventory import FoundSkill, Reader, UnseenLog
from containment.discovery.known_data import SkillFolder
from containment.discovery.places import Place, expand, list_entries, walk_folders
from containment.discovery.redaction import clean

_MOST_FILES: Final = 2000
_MOST_BYTES: Final = 64 << 20
_DEPTH: Final = 8
_LEFT_OUT: Final = frozenset({"node_modules", ".git"})


class _TooLargeError(Exception):
    pass


def read_skills(
    folders: Iterable[SkillFolder], homes: list[Place], projects: list[Place], roots: list[Root], unseen: UnseenLog
) -> list[FoundSkill]:
    """Return every skill of the reviewed folders; one whose content cannot be read has no digest and is counted."""
    found = list[FoundSkill]()
    seen = set[tuple[str, str] | tuple[int, int] | None]()
    for folder in folders:
        for base in expand(folder.path, homes, projects, roots):
            try:
                if get_mode(base.root, base.path) is None:
                    continue
                paths = list(_find_units(base, folder.marker, unseen))
            except UnreadableError as error:
                unseen.add(Reader.SKILLS, base.shown, str(error))
                continue
            for path in paths:
                identity = get_identity(base.root, path)
                key = (base.root.path, path)
                if key not in seen and (base.root.is_own or identity not in seen):
                    seen |= {key, identity}
                    found.append(_read_skill(folder, base.root, path, unseen))
    return found


def _find_units(base: Place, marker: str, unseen: UnseenLog) -> Iterator[str]:
    """Yield the paths of the skills below a folder; links to folders in it are followed, as harnesses do."""
    links = [f"{base.path}/{name}" for name, mode in list_folder(base.root, base.path) or [] if stat.S_ISLNK(mode)]
    linked = [path for path in links if stat.S_ISDIR(_find_mode(base.root, path))]
    for folder in (base.path, *linked, *walk_folders(base.root, base.path, _DEPTH, Reader.SKILLS, unseen, _LEFT_OUT)):
        if marker == "*.md":
            yield from (f"{folder}/{name}" for name, _ in list_entries(base.root, folder, Reader.SKILLS, unseen) if name.endswith(".md"))
        elif _find_mode(base.root, f"{folder}/{marker}"):
            yield folder


def _find_mode(root: Root, path: str) -> int:
    try:
        return get_mode(root, path) or 0
    except UnreadableError:
        return stat.S_IFREG  # it exists; reading it reports why it is not readable


def _read_skill(folder: SkillFolder, root: Root, path: str, unseen: UnseenLog) -> FoundSkill:
    place = Place(root=root, path=path)
    try:
        digest, count = compute_digest(root, path)
    except (UnreadableError, _TooLargeError) as error:
        unseen.add(Reader.SKILLS, place.shown, f"has no digest: {error}")
        digest, count = "", 0
    name = PurePosixPath(path).name
    return FoundSkill(
        name=clean(name.removesuffix(".md") if folder.marker == "*.md" else name),
        kind=folder.kind,
        harness=folder.harness,
        path=clean(place.shown),
        digest=digest,
        files=count,
        container=root.label,
    )


def compute_digest(root: Root, path: str) -> tuple[str, int]:
    """Return the SHA-256 of a file, or of a folder's paths and contents, and the number of files.

    The digest of a folder is that of the lines `SHA256  PATH`, sorted by path; of a symbolic link only its path and kind count.

    Raises:
        UnreadableError: a file cannot be read.
    """
    if not stat.S_ISDIR(_find_mode(root, path)):
        content = read_file(root, path, _MOST_BYTES)
        return f"sha256:{hashlib.sha256(content or b'').hexdigest()}", 1
    lines, size = list[str](), 0
    waiting = deque([""])
    while waiting:
        below = waiting.popleft()
        for name, mode in list_folder(root, f"{path}/{below}") or []:
            relative = f"{below}{name}"
            if stat.S_ISDIR(mode):
                if name not in _LEFT_OUT:
                    waiting.append(f"{relative}/")
                continue
            digest = "not-a-file"
            if stat.S_ISREG(mode):
                content = read_file(root, f"{path}/{relative}", _MOST_BYTES - size) or b""
                size += len(content)
                digest = hashlib.sha256(content).hexdigest()
            lines.append(f"{digest}  {relative}")
            if len(lines) > _MOST_FILES:
                raise _TooLargeError(f"has more than the {_MOST_FILES} files that are read")
    text = "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.partition("  ")[2]))
    return f"sha256:{hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()}", len(lines)
