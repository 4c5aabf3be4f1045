"""What a command sees and may do: mounts and Landlock rules that follow from a profile, and its program.

Two rules for code. Only programs of the profile and the dynamic loaders that they name have the right to be executed. And a file is
mapped as code only from library folders, from listed programs and from folders of the profile that contain one: so the loader does not
start an unlisted program from a folder for programs, and nothing that the command wrote becomes code. A listed interpreter runs its
scripts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from containment.confinement.bubblewrap import SYSTEM_FILES, find_tool
from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.landlock import Access, Rule
from containment.confinement.joining import IDLE
from containment.confinement.profile import ACCOUNTS, CA_BUNDLE, HOME, SEARCH_PATH, Mount, Profile
from containment.errors import InputError, Problem
from containment.launcher.programs import find_loaders, find_programs
from containment.launcher.settings import Settings
from containment.sandbox.paths import has_overlap, is_within, resolve_aliases

TEMPORARY: Final = "/tmp"  # noqa: S108 - the command's
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - the command's
_DEVICES: Final = tuple(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts"))
_LIBRARIES: Final = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/local/lib", "/usr/local/lib64")
PROGRAM_FOLDERS: Final = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/games", "/usr/local/games", "/usr/libexec")
"""Folders whose files are code only where the profile lists them."""
_WHY: Final = "a command that starts with other paths than its profile is not confined by it"


class View(NamedTuple):
    """The view of one command; `notes` are grants that this machine lacks."""

    profile: Profile
    rules: tuple[Rule, ...]
    program: str
    programs: Mapping[str, str]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    folder: str
    notes: tuple[str, ...]


def build_view(
    settings: Settings,
    command: tuple[str, ...],
    home: Path | None,
    variables: Mapping[str, str],
    bundle: Path | None = None,
) -> View:
    """Return the view of a command; raise InputError with every problem.

    Args:
        settings: the profile.
        command: the program, by path or by name, and its arguments.
        home: the folder that the command sees as its home, None if the profile grants no path there.
        variables: further environment variables.
        bundle: the file with the certificates that the command trusts, None where there is none.
    """
    trusted = {} if bundle is None else {str(CA_BUNDLE): bundle}
    provided = (*ACCOUNTS, *trusted)
    programs = find_programs(settings.programs)
    read = [resolve_aliases(path) for path in settings.read_only]
    write = [resolve_aliases(path) for path in settings.read_write]
    problems = [*_find_write_problems(write, home)]
    program = find_command(command[0], programs)
    if program is None:
        fix = f"start one of {', '.join(sorted(programs)) or 'the programs of the class: none of them is installed here'}"
        problems.append(Problem(command[0], "is not a program of the profile", "programs that are not listed are not executed", fix))
    if problems:
        raise InputError("the profile cannot be applied", problems)
    assert program is not None
    missing = [path for path in read if not os.path.lexists(path)]
    absent = [pattern for pattern in settings.programs if "*" not in pattern and pattern not in programs]
    read = [path for path in read if path not in missing]
    libraries = [*_find_libraries(read)]
    loaders = find_loaders({*programs.values()})
    profile = Profile(
        command=command,
        network=None,
        folder=None,
        mounts=(*_list_mounts(settings, read, write, libraries, programs, loaders, home), Mount(path=IDLE, source=_find_cat())),
        read_only=trusted,
        variables=variables,
        limits=settings.limits,
    )
    return View(
        profile=profile,
        rules=tuple(_list_rules([*read, *libraries, *provided], write, {*programs.values()}, loaders)),
        program=program,
        programs=programs,
        readable=(*read, *libraries, *SYSTEM_FILES, *provided, "/proc", *_DEVICES, "/dev/fd", *programs, *programs.values(), *loaders),
        writable=(*write, _SHARED_MEMORY, *_DEVICES),
        folder=str(HOME) if _has_home(write) else "/",
        notes=(
            *(f"{path}: is granted for reading and does not exist here" for path in missing),
            *(f"{path}: is a program of the profile and is not installed here" for path in absent),
        ),
    )


def needs_home(settings: Settings) -> bool:
    """Return whether a profile grants a path in the command's home."""
    return _has_home([resolve_aliases(path) for path in settings.read_write])


def find_command(word: str, programs: Mapping[str, str]) -> str | None:
    """Return the path of a command's program if the profile lists it: by path, or by name in the search path."""
    if "/" in word:
        return word if word in programs or resolve_aliases(word) in programs else None
    return next((path for folder in SEARCH_PATH if (path := resolve_aliases(f"{folder}/{word}")) in programs), None)


def _has_home(write: Iterable[str]) -> bool:
    return any(is_within(path, str(HOME)) for path in write)


def _find_write_problems(write: Iterable[str], home: Path | None) -> Iterator[Problem]:
    for place, path in enumerate(write):
        where = f"files.readWrite.{place}"
        if is_within(str(HOME), path) and path != str(HOME):
            yield Problem(where, f"{path!r} contains {HOME}, the command's home", _WHY, f"write below {HOME}")
        elif is_within(path, str(HOME)):
            inside = None if home is None else home / path.removeprefix(str(HOME)).lstrip("/")
            if inside is not None and not inside.exists():
                yield Problem(where, f"{path!r} does not exist in the command's home", _WHY, f"mkdir -p {inside}")
        elif path == TEMPORARY or is_within(path, TEMPORARY):
            continue
        elif is_within(TEMPORARY, path) or has_overlap(path, "/dev") or has_overlap(path, "/proc"):
            yield Problem(where, f"{path!r} contains folders of the launcher", _WHY, "grant a folder for the agent alone")
        elif not Path(path).exists():
            yield Problem(where, f"{path!r} does not exist on this machine", _WHY, f"mkdir -p {path}")
        elif Path(path).is_symlink():
            yield Problem(where, f"{path!r} is a symbolic link", "the link may change", f"grant {os.path.realpath(path)}")


def _find_libraries(read: list[str]) -> Iterator[str]:
    """Yield the folders of shared libraries that the dynamic loader searches and that no grant contains."""
    triplet = f"/usr/lib/{os.uname().machine}-linux-gnu"
    folders = [triplet, "/usr/lib64", "/usr/local/lib"] if Path(triplet).is_dir() else ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
    yield from (each for each in folders if Path(each).is_dir() and not any(is_within(each, path) for path in read))


def _list_mounts(
    settings: Settings,
    read: list[str],
    write: list[str],
    libraries: list[str],
    programs: Mapping[str, str],
    loaders: Iterable[str],
    home: Path | None,
) -> Iterator[Mount]:
    reals = {*programs.values()}
    folders: dict[str, Mount] = {}
    for path in (*SYSTEM_FILES, *libraries, *read):
        if os.path.lexists(path):
            folders[path] = Mount(path=path, source=Path(path), executable=_is_code(path, {*programs, *reals}))
    for path in PROGRAM_FOLDERS:
        if os.path.isdir(path) and not os.path.islink(path) and any(is_within(path, each) for each in folders):  # noqa: PTH112, PTH114
            folders[path] = Mount(path=path, source=Path(path), executable=False)
    for path in write:
        contains_program = any(is_within(each, path) for each in reals)
        if not is_within(path, TEMPORARY) and not is_within(path, str(HOME)):
            folders[path] = Mount(path=path, source=Path(path), writable=True, executable=contains_program)
    if home is not None and _has_home(write):
        contains_program = any(is_within(each, str(HOME)) for each in reals)
        folders[str(HOME)] = Mount(path=str(HOME), source=home, writable=True, executable=contains_program)
    limits = settings.limits
    if inside := [path for path in write if is_within(path, TEMPORARY)]:
        names = tuple(path.removeprefix(TEMPORARY).lstrip("/") for path in inside if path != TEMPORARY)
        folders[TEMPORARY] = Mount(path=TEMPORARY, source=None, writable=True, executable=False, size=limits.temporary, folders=names)
    folders[_SHARED_MEMORY] = Mount(path=_SHARED_MEMORY, source=None, writable=True, executable=False, size=limits.shared_memory)
    yield from (folders[path] for path in sorted(folders))
    files = {path: real for path, real in programs.items() if not any(is_within(path, each) for each in folders)}
    files |= {path: path for path in (*reals, *loaders)}
    for path, source in sorted(files.items()):
        around = [mount for mount in folders.values() if is_within(path, mount.path)]
        if not around or not max(around, key=lambda mount: len(mount.path)).executable:
            yield Mount(path=path, source=Path(source))


def _is_code(path: str, programs: Iterable[str]) -> bool:
    return any(has_overlap(path, each) for each in _LIBRARIES) or any(is_within(each, path) for each in programs)


def _list_rules(read: Iterable[str], write: Iterable[str], programs: Iterable[str], loaders: Iterable[str]) -> Iterator[Rule]:
    yield from (Rule(path, Access.READ) for path in read)
    yield from (Rule(path, Access.READ, optional=True) for path in SYSTEM_FILES)
    yield Rule("/proc", Access.READ)
    yield from (Rule(path, Access.DEVICE, optional=True) for path in _DEVICES)
    yield Rule(_SHARED_MEMORY, Access.WRITE)
    yield from (Rule(path, Access.WRITE) for path in write)
    yield from (Rule(path, Access.EXECUTE) for path in sorted({*programs, *loaders}))


def _find_cat() -> Path:
    found = find_tool("cat")
    if found is None:
        raise ConfinementError("cat is not installed, and no command runs without it; install the package coreutils")
    return Path(os.path.realpath(found))
