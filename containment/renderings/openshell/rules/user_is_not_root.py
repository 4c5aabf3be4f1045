"""The user is not root: the policy names an unprivileged user and group."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule


def _find(policy: Policy) -> Iterator[Finding]:
    for key in ("run_as_user", "run_as_group"):
        found = str(getattr(policy.process, key)) if policy.process else ""
        if found in ("", "0", "root"):
            yield f"process.{key}", f"is {found or 'not set'}"
        elif not (found.isdecimal() or found == "sandbox"):
            yield f"process.{key}", f"is {found!r}, and OpenShell knows sandbox and numbers alone"


RULE = LintRule(
    id="user-is-not-root",
    info="process names the user and group sandbox, or a number from 1.",
    why="root in the sandbox has rights that file rules do not take away",
    fix="set process: {run_as_user: sandbox, run_as_group: sandbox}",
    find=_find,
)
