"""Landlock is required: by default OpenShell applies no file rule where the kernel lacks it."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule


def _find(policy: Policy) -> Iterator[Finding]:
    found = policy.landlock.compatibility if policy.landlock else ""
    if found != "hard_requirement":
        yield "landlock.compatibility", f"is {found or 'not set, which means best_effort'}"


RULE = LintRule(
    id="landlock-is-required",
    info="landlock.compatibility is hard_requirement.",
    why="with best_effort a kernel without Landlock starts the sandbox with every file open",
    fix="set landlock: {compatibility: hard_requirement}",
    find=_find,
)
