"""Names of stacks and projects: the characters allowed, the parts of a stack's name, and the name closest to a mistyped one.

A name becomes part of file names (`Pulumi.<stack>.yaml`, a checkpoint), so it is checked before any file is looked for. A stack is named
`<class>-<monitor|enforce>[-<site>]` or `<class>[-<site>]`; class and mode follow the name where it has them. Other names are free,
except that a name that ends in a mode has that mode.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from containment.errors import Problem
from containment.names import PolicyMode

LONGEST_NAME = 100
"""Characters; the official engine's limit."""
_ALLOWED = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class StackName:
    """The parts of a stack's name: class and mode are None, and the site is empty, where the name has none.

    `before` and `after` are the texts around the mode.
    """

    stack: str
    agent_class: str | None = None
    mode: PolicyMode | None = None
    site: str = ""
    before: str = ""
    after: str = ""

    def replace_mode(self, mode: PolicyMode) -> str:
        """Return the name with another mode; the same name where it has no mode."""
        return self.stack if self.mode is None else f"{self.before}{mode.value}{self.after}"


def parse_stack_name(stack: str, classes: Collection[str]) -> StackName:
    """Return the parts of a stack's name.

    Args:
        stack: the name.
        classes: the known classes. Of several that fit, one that is followed by a mode is meant, and among those the longest.
    """
    fitting = sorted((one for one in classes if stack == one or stack.startswith(f"{one}-")), key=len, reverse=True)
    parsed = [_parse_with_class(stack, one) for one in fitting]
    return next((one for one in parsed if one.mode is not None), parsed[0] if parsed else _parse_last_mode(StackName(stack)))


def complete_from_name(raw: Mapping[str, Any], unset: Collection[str], stack: str, classes: Collection[str]) -> dict[str, Any]:
    """Return a stack's values with class and mode from its name where neither a file nor an option sets them.

    Args:
        raw: the stack's values by key.
        unset: keys that only their default sets.
        stack: the stack's name.
        classes: the known classes.
    """
    name = parse_stack_name(stack, classes)
    named = {"agentClass": name.agent_class, "policyMode": name.mode.value if name.mode else None}
    return {**raw, **{key: value for key, value in named.items() if value is not None and (key in unset or key not in raw)}}


def find_site_problem(name: StackName, classes: Collection[str]) -> str | None:
    """Return what is wrong with the site of a name, None when nothing is: a site is not a class, and has no mode at either end."""
    site = name.site.lower()
    if site in classes:
        return f"has the site {name.site!r}, which is the name of a class"
    for mode in PolicyMode:
        if site == mode.value or site.startswith(f"{mode.value}-") or site.endswith(f"-{mode.value}"):
            return f"has the site {name.site!r}, which contains the mode {mode.value!r}"
    return None


def _parse_with_class(stack: str, agent_class: str) -> StackName:
    """Return the parts of a name that begins with a class."""
    rest = stack.removeprefix(agent_class)
    for mode in PolicyMode:
        after = rest.removeprefix(f"-{mode.value}")
        if after != rest and (not after or after.startswith("-")):
            return StackName(stack, agent_class, mode, after.removeprefix("-"), f"{agent_class}-", after)
    return _parse_last_mode(StackName(stack, agent_class, site=rest.removeprefix("-")))


def _parse_last_mode(name: StackName) -> StackName:
    """Return a name without a mode after its class; a mode at its end is the stack's."""
    for mode in PolicyMode:
        before = name.stack.removesuffix(f"-{mode.value}")
        if before != name.stack:
            return StackName(name.stack, name.agent_class, mode, name.site.removesuffix(f"-{mode.value}"), f"{before}-")
    return name


def find_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a stack or project, None when nothing is (the official engine's rule)."""
    if not name:
        return "is empty"
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters; at most {LONGEST_NAME} are allowed"
    if not name.strip("."):
        return "consists of dots only"
    if not _ALLOWED.fullmatch(name):
        wrong = "".join(dict.fromkeys(re.sub(_ALLOWED, "", name)))
        return f"contains {wrong!r}; letters, digits, '-', '_' and '.' are allowed"
    return None


def find_name_mistake(kind: str, name: str) -> Problem | None:
    """Return the Problem of a name that a stack or a project cannot have, None for one that it can have.

    Args:
        kind: "stack" or "project".
        name: the name.
    """
    if not (problem := find_name_problem(name)):
        return None
    return Problem(f"{kind} name {name!r}", problem, "it is part of the names of files", f"use {suggest_name(name) or 'coding-monitor'!r}")


def suggest_name(name: str) -> str:
    """Return the name with every run of characters that are not allowed replaced by '-'; "" when nothing is left."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.")[:LONGEST_NAME]


def find_closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like a mistyped one, None when none is alike."""
    return next(iter(difflib.get_close_matches(name, sorted(set(known)), n=1)), None)
