"""Programs by their real paths: the kernel names a running program by its file, whatever symbolic link started it.

A program that a profile lists by a link is permitted by its real path as well. A connection of such a file is permitted if every listed
path that leads to the file has it: which of two links started a program cannot be seen from its connection, so the narrower one decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from containment.sandbox.globs import is_match
from containment.sandbox.paths import resolve_aliases
from containment.sandbox.profile import LauncherProfile, ProfileEgress


def add_real_programs(profile: LauncherProfile, real_paths: Mapping[str, str]) -> LauncherProfile:
    """Return a profile that permits each program by its real path as well.

    Args:
        profile: the profile.
        real_paths: each listed program of this machine, with symbolic links resolved.
    """
    paths = {resolve_aliases(path): resolve_aliases(real) for path, real in real_paths.items()}
    listed = [resolve_aliases(pattern) for pattern in profile.programs]
    reals = sorted({real for path, real in paths.items() if real != path and not any(is_match(each, real) for each in listed)})
    added = [each for real in sorted({*paths.values()}) for each in _list_added(profile, paths, real)]
    return profile.model_copy(update={"programs": (*profile.programs, *reals), "egress": (*profile.egress, *added)})


def _list_added(profile: LauncherProfile, paths: Mapping[str, str], real: str) -> Iterator[ProfileEgress]:
    """Yield the connections that every listed path of a file has, as those of its real path; without those that it has already."""
    spellings = [path for path, target in paths.items() if target == real]
    if spellings == [real]:
        return
    own = [_list_destinations(profile, path) for path in spellings]
    has_already = _list_destinations(profile, real)
    for destination in own[0]:
        if destination not in has_already and all(destination in each for each in own):
            yield destination.model_copy(update={"program": real})


def _list_destinations(profile: LauncherProfile, path: str) -> list[ProfileEgress]:
    """Return the entries of a program, with the program left out of the comparison."""
    found = [one for one in profile.egress if is_match(resolve_aliases(one.program), path)]
    return [one.model_copy(update={"program": "/"}) for one in found]
