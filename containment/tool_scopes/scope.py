"""The tools of one class's tasks, resolved: each with its server, and every contradiction as a problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from containment.errors import Problem
from containment.fixes.nearest_word import make_proposal
from containment.tool_scopes.server import ServerTool, ToolServer
from containment.tool_scopes.tasks import HarnessTools, TaskScope, ToolSection

_SAME: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": None, "-": None, ".": None})
"""Characters that a person or a model takes for each other, and those that are overlooked."""
_WHY = "a tool that is understood in part is called with arguments that were never reviewed"


@dataclass(frozen=True, slots=True)
class ToolGrant:
    """A tool that some task may call, with its server."""

    server: ToolServer
    tool: ServerTool

    @property
    def action_name(self) -> str:
        """The name of the tool as a Cedar action: TARGET___TOOL, as AgentCore builds it."""
        return f"{self.server.name}___{self.tool.name}"


@dataclass(frozen=True)
class ToolLibrary:
    """All data of `presets/tools/`."""

    servers: Mapping[str, ToolServer] = field(default_factory=dict)
    tasks: Mapping[str, TaskScope] = field(default_factory=dict)
    harnesses: Mapping[str, HarnessTools] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolScope:
    """The tools of one stack: those of its class's servers, and for each task those that it may call, by name."""

    stack: str
    agent_class: str
    servers: tuple[ToolServer, ...]
    tasks: Mapping[str, TaskScope]

    @property
    def known(self) -> Mapping[str, ToolGrant]:
        """Every tool of the class's servers by name; names are unique within a class."""
        return {tool.name: ToolGrant(server, tool) for server in self.servers for tool in server.tools}

    def list_grants(self, task: str) -> tuple[ToolGrant, ...]:
        """Return the tools of one task; none for a task that the class does not list."""
        known, found = self.known, self.tasks.get(task)
        return () if found is None else tuple(known[name] for name in found.tools if name in known)

    def describe(self) -> dict[str, Any]:
        """Return everything that decides a call, for its digest."""
        return {
            "stack": self.stack,
            "class": self.agent_class,
            "servers": [one.model_dump(mode="json", by_alias=True) for one in self.servers],
            "tasks": {name: task.model_dump(mode="json", by_alias=True) for name, task in sorted(self.tasks.items())},
        }


def build_scope(section: ToolSection, library: ToolLibrary, *, stack: str, agent_class: str) -> ToolScope:
    """Return the tools of one stack; names that the library lacks are problems of `find_scope_problems`, and grant nothing."""
    return ToolScope(
        stack=stack,
        agent_class=agent_class,
        servers=tuple(library.servers[name] for name in dict.fromkeys(section.servers) if name in library.servers),
        tasks={name: library.tasks[name] for name in section.tasks if name in library.tasks},
    )


def find_scope_problems(section: ToolSection, library: ToolLibrary, where: str) -> Iterator[Problem]:
    """Yield every contradiction of a class's `tools` section; `where` is its place, `file:key`."""
    for place, name in enumerate(section.servers):
        if name not in library.servers:
            fix = make_proposal(name, sorted(library.servers), "add the server to presets/tools/servers/", verb="name")
            yield Problem(f"{where}.servers.{place}", f"names the server {name!r}, which has no file", _WHY, fix)
    for place, name in enumerate(section.tasks):
        if name not in library.tasks:
            fix = make_proposal(name, sorted(library.tasks), "add the task to presets/tools/tasks.yaml", verb="name")
            yield Problem(f"{where}.tasks.{place}", f"names the task {name!r}, which is not in presets/tools/tasks.yaml", _WHY, fix)
    scope = build_scope(section, library, stack="", agent_class="")
    for one, other in _find_lookalikes((server.name, tool.name) for server in scope.servers for tool in server.tools):
        what = f"has the tool {other[1]} of {other[0]}, which looks like {one[1]} of {one[0]}"
        why = "an agent that takes one for the other calls a server that its task does not mean"
        yield Problem(f"{where}.servers", what, why, f"remove {other[0]} from the class, or rename the tool at its server")
    known = scope.known
    for name, task in scope.tasks.items():
        for tool in task.tools:
            if tool not in known:
                fix = make_proposal(tool, sorted(known), "add a server with that tool", verb="name")
                what = f"lists the task {name}, whose tool {tool} is of no server of the class"
                yield Problem(f"{where}.tasks", what, "the task could not do its work", fix)


def find_task_problems(library: ToolLibrary, where: str) -> Iterator[Problem]:
    """Yield each task whose `hitl` contradicts the actions of its tools; `where` is the file of the tasks."""
    actions = {tool.name for server in library.servers.values() for tool in server.tools if tool.action is not None}
    for name, task in library.tasks.items():
        found = sorted(actions & {*task.tools})
        if found and not task.hitl:
            what = f"is false, and its tool {found[0]} has an action that waits for a person"
            yield Problem(f"{where}:tasks.{name}.hitl", what, "the table would promise less than is enforced", "set hitl: true")
        if task.hitl and not found:
            what = "is true, and none of its tools has an action"
            fix = "set `action` at the tool's server file, or hitl: false"
            yield Problem(f"{where}:tasks.{name}.hitl", what, "the table would promise a decision that is never waited for", fix)


def _find_lookalikes(names: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield pairs of (server, tool) whose tools have names that look alike, the equal ones included."""
    seen: dict[str, tuple[str, str]] = {}
    for server, tool in names:
        key = tool.casefold().replace("rn", "m").replace("vv", "w").translate(_SAME)  # names are ASCII
        if key in seen:
            yield seen[key], (server, tool)
        seen.setdefault(key, (server, tool))
