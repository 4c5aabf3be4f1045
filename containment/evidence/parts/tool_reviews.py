"""Part `tools`: the MCP servers and tasks of the class, what lies behind each server, and which tools were reviewed.

What the gateway decided is in its event log on the host; a bundle is made from files, so that no claim here is about calls.
"""

from __future__ import annotations

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import ContentModel, PartForm, make_shown, make_yes_or_no, parse_content
from containment.queries.tool_reach import build_tool_data


class ReachContent(ContentModel):
    """One thing that a server reaches."""

    kind: str
    what: str


class ToolContent(ContentModel):
    """One tool."""

    name: str
    reviewed: bool
    action: str | None


class ServerContent(ContentModel):
    """One server."""

    name: str
    owner: str
    reaches: tuple[ReachContent, ...]
    tools: tuple[ToolContent, ...]


class TaskContent(ContentModel):
    """One task."""

    name: str
    tools: tuple[str, ...]
    hitl: bool


class ToolsContent(ContentModel):
    """The facts that the judges read."""

    servers: tuple[ServerContent, ...]
    tasks: tuple[TaskContent, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the servers and tasks of the class."""
    found = build_tool_data(inputs.subject.tools)
    return Collected(found) if found is not None else Collected(None, missing="the class is unknown")


def judge(content: Content, _contents: Contents) -> Judgement:
    """Return the claims that every server names its reach, every tool was reviewed, and every action waits for a person."""
    found = parse_content(ToolsContent, content)
    unnamed = [one.name for one in found.servers if not (one.owner and one.reaches and all(reach.what for reach in one.reaches))]
    statement = f"each of {len(found.servers)} MCP servers has an owner and names what it reaches"
    return Judgement(
        (make_yes_or_no("reach-named", statement, not unnamed, ", ".join(unnamed)), _judge_reviews(found), _judge_actions(found)),
        Origin.FILES,
    )


def _judge_reviews(found: ToolsContent) -> Claim:
    tools = [tool for server in found.servers for tool in server.tools]
    open_ = sorted(tool.name for tool in tools if not tool.reviewed)
    statement = f"each of {len(tools)} tools has the digest of its review"
    return make_shown("tools-reviewed", statement, not open_, f"not reviewed, so the gateway refuses them: {', '.join(open_)}")


def _judge_actions(found: ToolsContent) -> Claim:
    actions = {tool.name for server in found.servers for tool in server.tools if tool.action}
    wrong = sorted(task.name for task in found.tasks if bool(actions & {*task.tools}) is not task.hitl)
    statement = f"each of {len(found.tasks)} tasks shows whether its actions wait for a person"
    return make_yes_or_no("actions-wait", statement, not wrong, ", ".join(wrong))


PART = PartForm(PartName.TOOLS, "Tools", "Which tools may agents call, and what lies behind them?", collect, judge)
