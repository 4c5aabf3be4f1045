"""Lint rules about the sandbox itself: files, user, Landlock and middlewares that enforce less than they seem to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule
from containment.sandbox.paths import is_within, normalize, resolve_aliases

_MOST_PATHS: Final = 256
_LONGEST: Final = 4096
_MOST: Final = 10


def _find_unlisted_files(policy: Policy) -> Iterator[Finding]:
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


def _find_optional_landlock(policy: Policy) -> Iterator[Finding]:
    found = policy.landlock.compatibility if policy.landlock else ""
    if found != "hard_requirement":
        yield "landlock.compatibility", f"is {found or 'not set, which means best_effort'}"


def _find_open_middlewares(policy: Policy) -> Iterator[Finding]:
    orders: dict[object, str] = {}
    if len(policy.network_middlewares) > _MOST:
        yield "network_middlewares", f"has {len(policy.network_middlewares)} entries, and {_MOST} is the most"
    for name, found in policy.network_middlewares.items():
        where = f"network_middlewares.{name}"
        if not isinstance(found, dict):
            yield where, "is not a mapping"
            continue
        if found.get("on_error") != "fail_closed":
            yield f"{where}.on_error", f"is {found.get('on_error') or 'not set'}"
        order = found.get("order")
        if order in orders:
            yield f"{where}.order", f"is {order}, as that of {orders[order]}"
        orders[order] = name


def _find_writable_paths(policy: Policy) -> Iterator[Finding]:
    files = policy.filesystem_policy
    if files is None:
        return
    writable = [(path, resolve_aliases(normal)) for path in files.read_write if (normal := normalize(path)) is not None]
    for place, path in enumerate(files.read_only):
        normal = normalize(path)
        for written, folder in writable:
            if normal is not None and is_within(resolve_aliases(normal), folder):
                yield f"filesystem_policy.read_only.{place}", f"{path!r} is within {written!r} of read_write"


def _find_privileged_users(policy: Policy) -> Iterator[Finding]:
    for key in ("run_as_user", "run_as_group"):
        found = str(getattr(policy.process, key)) if policy.process else ""
        if found in ("", "0", "root"):
            yield f"process.{key}", f"is {found or 'not set'}"
        elif not (found.isdecimal() or found == "sandbox"):
            yield f"process.{key}", f"is {found!r}, and OpenShell knows sandbox and numbers alone"


SANDBOX_RULES: Final = (
    LintRule(
        id="files-are-listed",
        info="filesystem_policy lists absolute paths in normal form, and not the working folder.",
        why="a path that depends on links or on the working folder is another path on another day",
        fix="list each folder by its absolute path, and set include_workdir: false",
        find=_find_unlisted_files,
    ),
    LintRule(
        id="landlock-is-required",
        info="landlock.compatibility is hard_requirement.",
        why="with best_effort a kernel without Landlock starts the sandbox with every file open",
        fix="set landlock: {compatibility: hard_requirement}",
        find=_find_optional_landlock,
    ),
    LintRule(
        id="middlewares-fail-closed",
        info="Every middleware sets on_error: fail_closed and an order of its own.",
        why="with fail_open the requests pass unread when the middleware is down",
        fix="set on_error: fail_closed and a distinct order",
        find=_find_open_middlewares,
    ),
    LintRule(
        id="read-only-stays-so",
        info="No path of read_only lies within one of read_write.",
        why="OpenShell joins both lists, so that the path is writable",
        fix="remove it from read_only, or narrow the folder in read_write",
        find=_find_writable_paths,
    ),
    LintRule(
        id="user-is-not-root",
        info="process names the user and group sandbox, or a number from 1.",
        why="root in the sandbox has rights that file rules do not take away",
        fix="set process: {run_as_user: sandbox, run_as_group: sandbox}",
        find=_find_privileged_users,
    ),
)
