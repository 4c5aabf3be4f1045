"""Binaries are named: every rule lists the programs that it is for, without a wildcard in a folder's name."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule
from containment.sandbox.paths import normalize


def _find(policy: Policy) -> Iterator[Finding]:
    for name, rule in policy.network_policies.items():
        where = f"network_policies.{name}.binaries"
        if not rule.binaries:
            yield where, "is empty"
        for place, binary in enumerate(rule.binaries):
            folder = binary.path.rpartition("/")[0]
            if normalize(binary.path) != binary.path:
                yield f"{where}.{place}.path", f"{binary.path!r} is not an absolute path in normal form"
            elif "**" in binary.path or "*" in folder or (folder.count("/") < 2 and "*" in binary.path):
                yield f"{where}.{place}.path", f"{binary.path!r} covers programs of several folders, or of a whole one of the system"


RULE = LintRule(
    id="binaries-are-named",
    info="Every rule lists its programs, by path or with one wildcard at the end of a narrow folder.",
    why="a program that is not meant would have the connections of one that is",
    fix="name each program by its path",
    find=_find,
)
