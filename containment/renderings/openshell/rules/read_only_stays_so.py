"""Read-only stays so: OpenShell joins both lists, and a path that is in a writable one is writable."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule
from containment.sandbox.paths import is_within, normalize, resolve_aliases


def _find(policy: Policy) -> Iterator[Finding]:
    files = policy.filesystem_policy
    if files is None:
        return
    writable = [(path, resolve_aliases(normal)) for path in files.read_write if (normal := normalize(path)) is not None]
    for place, path in enumerate(files.read_only):
        normal = normalize(path)
        for written, folder in writable:
            if normal is not None and is_within(resolve_aliases(normal), folder):
                yield f"filesystem_policy.read_only.{place}", f"{path!r} is within {written!r} of read_write"


RULE = LintRule(
    id="read-only-stays-so",
    info="No path of read_only lies within one of read_write.",
    why="OpenShell joins both lists, so that the path is writable",
    fix="remove it from read_only, or narrow the folder in read_write",
    find=_find,
)
