"""Files are listed: a policy names every path, absolute and without `..`, and never the whole file system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule
from containment.sandbox.paths import normalize

_MOST_PATHS: Final = 256
_LONGEST: Final = 4096


def _find(policy: Policy) -> Iterator[Finding]:
    files = policy.filesystem_policy
    if files is None:
        yield "filesystem_policy", "is not set"
        return
    if files.include_workdir:
        yield "filesystem_policy.include_workdir", "is true: the working folder becomes writable, whichever it is"
    for key, paths in (("read_only", files.read_only), ("read_write", files.read_write)):
        if len(paths) > _MOST_PATHS:
            yield f"filesystem_policy.{key}", f"has {len(paths)} paths, and {_MOST_PATHS} is the most"
        for place, path in enumerate(paths):
            where, normal = f"filesystem_policy.{key}.{place}", normalize(path)
            if normal is None:
                yield where, f"{path!r} is not an absolute path without '..'"
            elif normal == "/":
                yield where, f"{path!r} is the whole file system"
            elif normal != path:
                yield where, f"{path!r} is not in normal form, which is {normal!r}"
            if len(path) > _LONGEST:
                yield where, f"has {len(path)} characters, and {_LONGEST} is the most"


RULE = LintRule(
    id="files-are-listed",
    info="filesystem_policy lists absolute paths in normal form, and not the working folder.",
    why="a path that depends on links or on the working folder is another path on another day",
    fix="list each folder by its absolute path, and set include_workdir: false",
    find=_find,
)
