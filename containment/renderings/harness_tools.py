"""The built-in tools of a harness that a class denies, as the harness's own configuration.

A harness obeys its own configuration, so this is no boundary: what a denied tool would do is stopped by the launcher and the firewall.
"""

from __future__ import annotations

import json
from typing import Any, Final

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.renderings.tool_servers import build_tool_scope
from containment.strict_json import StrictJsonError, load
from containment.tool_scopes.kinds import Capability
from containment.tool_scopes.tasks import HarnessTools

_TITLE: Final = "the built-in tools cannot be scoped"
_WHY: Final = "what the harness does by itself no tool gateway sees"


def render_harness_tools(spec: ContainmentSpec, library: Library) -> str:
    """Return the configuration that denies the built-in tools; raise InputError where the class or the harness does not scope them."""
    tools, permitted = _find_tools(spec, library)
    denied: Any = sorted({one.name for one in tools.tools if one.capability not in permitted})
    for key in reversed(tools.denied_by):
        denied = {key: denied}
    return json.dumps(denied, indent=2, ensure_ascii=False) + "\n"


def find_undenied_tools(text: str, spec: ContainmentSpec, library: Library, name: str) -> list[tuple[str, str]]:
    """Return the built-in tools that a text leaves and no task of the class lists: (place, what); raise InputError for another text.

    Args:
        text: the configuration.
        spec: the stack.
        library: the presets.
        name: the name of the file, for the problems.
    """
    tools, permitted = _find_tools(spec, library)
    place = ".".join(tools.denied_by)
    try:
        found: Any = load(text)
    except StrictJsonError as error:
        problem = Problem(name, error.what, _WHY, "render it again: containment render --as harness")
        raise InputError(_TITLE, [problem]) from None
    for key in tools.denied_by:
        found = found.get(key) if isinstance(found, dict) else None
    denied = {*found} if isinstance(found, list) and all(isinstance(one, str) for one in found) else set[str]()
    return [
        (place, f"does not deny the built-in tool {one.name} ({one.capability})")
        for one in tools.tools
        if one.capability not in permitted and one.name not in denied
    ]


def _find_tools(spec: ContainmentSpec, library: Library) -> tuple[HarnessTools, frozenset[Capability]]:
    """Return the harness's tools, and what every task of the class may do with them."""
    scope = build_tool_scope(spec, library)
    tools = library.tools.harnesses.get(spec.harness.value)
    if not scope.tasks:
        where, what = f"presets/{spec.preset.name}.yaml:tools.tasks", "lists no task"
        raise InputError(_TITLE, [Problem(where, f"{what}, so the built-in tools stay as they are", _WHY, "list the tasks of the class")])
    if tools is None or not tools.denied_by:
        where = f"presets/tools/harnesses.yaml:harnesses.{spec.harness.value}"
        what = tools.why if tools else "has no entry"
        raise InputError(_TITLE, [Problem(where, f"is not scopable: {what}", _WHY, "use a harness whose tools can be denied")])
    sets = [frozenset(task.built_in) for task in scope.tasks.values()]
    return tools, frozenset.intersection(*sets)
