"""Tasks and the tools that each may call, and the built-in tools of each harness, as reviewed data."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from containment.reviewed_data import ReviewedModel, Words, check_source
from containment.tool_scopes.kinds import Capability
from containment.tool_scopes.server import ToolName

TaskName = Annotated[StrictStr, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class TaskScope(ReviewedModel):
    """One task: the MCP tools that it may call, and what built-in tools of the harness may do.

    `hitl` is whether a person decides about its actions: it is true exactly for a task with a tool that has an action.
    """

    purpose: Words
    owner: Words
    reason: Words
    tools: Annotated[tuple[ToolName, ...], Field(min_length=1)]
    hitl: StrictBool
    built_in: tuple[Capability, ...] = ()


class TaskTable(ReviewedModel):
    """`presets/tools/tasks.yaml`."""

    tasks: Annotated[dict[TaskName, TaskScope], Field(min_length=1)]


class BuiltInTool(ReviewedModel):
    """A built-in tool, or a group of them, by the name that the harness's configuration has for it."""

    name: Annotated[StrictStr, Field(min_length=1)]
    capability: Capability


class HarnessTools(ReviewedModel):
    """The built-in tools of one harness.

    `denied_by` is the path of the configuration key that denies tools by name; without it they cannot be scoped, for the reason in `why`.
    """

    file: StrictStr = ""
    denied_by: tuple[StrictStr, ...] = ()
    why: Words
    source: Annotated[str, AfterValidator(check_source)]
    reviewed: date
    tools: tuple[BuiltInTool, ...] = ()


class HarnessToolTable(ReviewedModel):
    """`presets/tools/harnesses.yaml`, by the harness's name."""

    harnesses: dict[str, HarnessTools]


class ToolSection(ReviewedModel):
    """The `tools:` section of a class: its servers and its tasks, none by default.

    `refusals_per_minute` is how many requests of one agent may be refused within a minute before its gateway decides nothing until the
    minute is over.
    """

    servers: tuple[StrictStr, ...] = ()
    tasks: tuple[TaskName, ...] = ()
    refusals_per_minute: Annotated[StrictInt, Field(ge=1, le=600)] = 30
