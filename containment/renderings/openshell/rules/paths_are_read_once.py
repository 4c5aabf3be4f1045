"""Paths are read once: an encoded slash is refused, because servers decode it after OpenShell compared the path."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        if endpoint.allow_encoded_slash:
            yield f"{where}.allow_encoded_slash", "is true"
        for place, rule in enumerate(endpoint.rules):
            path = rule.allow.path
            if "%" in path or "//" in path or {".", ".."} & {*path.split("/")}:
                yield f"{where}.rules.{place}.allow.path", f"{path!r} has an escape, '..', '.' or '//'"


RULE = LintRule(
    id="paths-are-read-once",
    info="No endpoint passes %2F, and no rule has a path that servers read differently.",
    why="a server that decodes the path serves another one than OpenShell compared",
    fix="remove allow_encoded_slash, and write paths without escapes",
    find=_find,
)
