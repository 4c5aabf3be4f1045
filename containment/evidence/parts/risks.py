"""Parts about risks: `threats`, `residual-risks` and `tools`.

`threats` has the threat table, each threat with its proofs and the attempts that were sent for it; `residual-risks` what stays possible,
each with the control that would close it, and the techniques that get through; `tools` the MCP servers and tasks of the class, what lies
behind each server, and which tools were reviewed. What the gateway decided is in its event log on the host; a bundle is made from files, so
that no claim here is about calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, find_worst
from containment.evidence.parts.form import ContentModel, PartForm, make_claim, make_shown, make_yes_or_no, parse_content
from containment.evidence.parts.policy import judge_proofs
from containment.evidence.parts.run_results import EvasionContent, judge_evasion, judge_predicted
from containment.loaders import strict_yaml
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.queries.layers import build_tool_data
from containment.risk.residual_risks import find_residual_risks
from containment.risk.threats import THREATS, Threat

TABLES: Final = Path("tests/scenarios")


class ThreatContent(ContentModel):
    """One threat: the ids of its proofs, and of the claims about its attempts."""

    id: str
    what: str
    proofs: tuple[str, ...]
    attempts: tuple[str, ...]


class ThreatsContent(ContentModel):
    """The facts that the judges read."""

    threats: tuple[ThreatContent, ...]


def collect_threats(inputs: Inputs) -> Collected:
    """Return the threat table with the attempts of the scenario tables, as far as they are in the folder."""
    folder = inputs.folder / TABLES
    tables = {"flow": f"{inputs.spec.config.agent_class}.yaml", "technique": "evasion.yaml"}
    rows = [(prefix, row) for prefix, name in tables.items() for row in _read_rows(folder / name)]
    return Collected({"threats": [_describe_threat(threat, rows) for threat in THREATS]})


def _read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a table, none if it does not exist or is no table: its threats then have no attempt, and are NOT TESTED."""
    try:
        document = strict_yaml.read(path)
    except (OSError, ValueError):
        return []
    found = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    return [row for rows in found for row in rows if isinstance(row, dict) and "id" in row]


def _describe_threat(threat: Threat, rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    attempts = [f"{prefix}-{row['id']}" for prefix, row in rows if _is_attempt(row, threat)]
    return {
        "id": threat.id,
        "what": threat.what,
        "entries": list(threat.entries),
        "rules": [rule.value for rule in threat.rules],
        "proofs": list(threat.proofs),
        "attempts": sorted(set(attempts)),
    }


def _is_attempt(row: dict[str, Any], threat: Threat) -> bool:
    """Return whether a row of a table tests a threat, as `containment.risk.threats.is_testing` decides for a scenario."""
    expected = row.get("expect")
    rule = expected.get(PolicyMode.ENFORCE.value, {}).get("rule") if isinstance(expected, dict) else row.get("rule")
    return rule in threat.rules and not set(threat.entries).isdisjoint(row.get("threats") or ())


def judge_threats(content: Content, contents: Contents) -> Judgement:
    """Return one claim per threat: the worst of its proofs and of the attempts that were sent for it."""
    judged = {
        name: {claim.id: claim for claim in judge_facts(found, contents).claims} if (found := contents.get(name)) is not None else {}
        for name, judge_facts in ((PartName.PROOFS, judge_proofs), (PartName.PREDICTED, judge_predicted), (PartName.EVASION, judge_evasion))
    }
    attempts = {**judged[PartName.PREDICTED], **judged[PartName.EVASION]}
    threats = parse_content(ThreatsContent, content).threats
    claims = tuple(_judge_threat(threat, judged[PartName.PROOFS], attempts) for threat in threats)
    return Judgement(claims, Origin.FILES)


def _judge_threat(threat: ThreatContent, known_proofs: dict[str, Claim], attempts: dict[str, Claim]) -> Claim:
    proved = [known_proofs.get(one) for one in threat.proofs]
    sent = [attempts[one] for one in threat.attempts if one in attempts]
    statement = f"{threat.what}: answered by {len(proved)} proofs and {len(sent)} attempts"
    reasons = list(_explain(threat, known_proofs, sent))
    status = find_worst(
        [
            *(one.status if one else Status.NOT_TESTED for one in proved),
            *(one.status for one in sent),
            *([] if proved else [Status.NOT_TESTED]),
            *([] if sent else [Status.NOT_TESTED]),
        ]
    )
    return make_claim(threat.id, statement, Status(status), "" if status == Status.PASS else "; ".join(reasons))


def _explain(threat: ThreatContent, known_proofs: dict[str, Claim], sent: list[Claim]) -> Iterator[str]:
    for one in threat.proofs:
        claim = known_proofs.get(one)
        if claim is None:
            yield f"there is no proof {one}"
        elif claim.status != Status.PASS:
            yield f"{one}: {claim.status}"
    if not threat.proofs:
        yield "no proof is named"
    yield from (f"{claim.id}: {claim.status}" for claim in sent if claim.status != Status.PASS)
    if not sent:
        yield "no attempt was sent"


THREATS_PART = PartForm(PartName.THREATS, "Threats", "What answers each threat, and was it tried?", collect_threats, judge_threats)


class RiskContent(ContentModel):
    """One residual risk."""

    id: str
    what: str
    closed_by: str


class ResidualContent(ContentModel):
    """The facts that the judges read."""

    risks: tuple[RiskContent, ...]


def collect_residual(inputs: Inputs) -> Collected:
    """Return the residual risks of the configuration."""
    risks = find_residual_risks(inputs.spec)
    return Collected({"risks": [{"id": one.id, "what": one.what, "closedBy": one.closed_by, "where": one.where} for one in risks]})


def judge_residual(content: Content, contents: Contents) -> Judgement:
    """Return the claims that every residual risk and every open technique is named with what would close it."""
    risks = parse_content(ResidualContent, content).risks
    unnamed = sorted(one.id for one in risks if not (one.what and one.closed_by))
    first = make_yes_or_no(
        "risks-named", f"each of {len(risks)} residual risks is named with the control that would close it", not unnamed, ", ".join(unnamed)
    )
    return Judgement((first, _judge_techniques(contents)), Origin.FILES)


def _judge_techniques(contents: Contents) -> Claim:
    evasion = contents.get(PartName.EVASION)
    if evasion is None:
        return make_claim("techniques-named", "every open technique is named", Status.NOT_TESTED, "no technique was sent")
    found = parse_content(EvasionContent, evasion)
    closed = {one.id for one in found.open if one.why and one.close}
    through = [one.id for one in found.evasion if one.result == "OPEN"]
    unnamed = sorted(set(through) - closed)
    statement = f"each of {len(through)} open techniques is named with the control that would close it"
    return make_yes_or_no("techniques-named", statement, not unnamed, ", ".join(unnamed))


RESIDUAL = PartForm(PartName.RESIDUAL, "Residual risks", "What stays possible, and what would close it?", collect_residual, judge_residual)


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


def collect_tools(inputs: Inputs) -> Collected:
    """Return the servers and tasks of the class."""
    found = build_tool_data(inputs.subject.tools)
    return Collected(found) if found is not None else Collected(None, missing="the class is unknown")


def judge_tools(content: Content, _contents: Contents) -> Judgement:
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


TOOLS = PartForm(PartName.TOOLS, "Tools", "Which tools may agents call, and what lies behind them?", collect_tools, judge_tools)
