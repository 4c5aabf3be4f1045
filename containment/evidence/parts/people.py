"""Parts about people: `stakeholders`, `decisions` and `actions`.

`stakeholders` has who owns each agent of the stack, until when, and what it must not do, from `agents/<name>.yaml`. A forbidden action is a
promise of the agent's owner: the network sees destinations and not actions, so such a claim is never a pass.

`decisions` has the record of decisions about this stack, verified: its chain, its head and every signature. `actions` has the actions of
its agents that waited for persons, from the same record, without their arguments, because a bundle is handed to others; the digest of each
action is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import (
    ContentModel,
    PartForm,
    join_reasons,
    make_claim,
    make_shown,
    make_yes_or_no,
    parse_content,
)
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.fixes.words import has_word
from containment.loaders import strict_yaml
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.action_entries import ExecutionState
from containment.record.action_history import ActionCase, ActionHistory
from containment.record.approval_checks import index_keys
from containment.record.decision import DecisionKind
from containment.record.digests import digest_bytes
from containment.record.entry import Entry, EntryKind
from containment.record.files import read_bytes
from containment.record.log import FOLDER, LOG, examine_log
from containment.record.refusal import Refusal
from containment.times import format_time
from containment.vending.agent import FOLDER as AGENTS
from containment.vending.agent import NOT_ENFORCED
from containment.vending.loader import parse_agent

ROLES: Final = {"business": "a business owner", "securityApprover": "a security approver", "dataSteward": "a data steward"}
_FACTS: Final = ("purpose", "dataClassification", "forbiddenActions", "until")


class AgentContent(ContentModel):
    """One agent; a role that is not set is None, and `problems` are those that keep the file from making a host.

    `forbidden_actions` are separated by commas; empty if the file has none.
    """

    name: str
    owner: dict[str, Any]
    until: date | None = None
    forbidden_actions: str = ""
    problems: tuple[str, ...]


class StakeholdersContent(ContentModel):
    """The facts that the judges read."""

    agents: tuple[AgentContent, ...]


def collect_stakeholders(inputs: Inputs) -> Collected:
    """Return the owners of the stack's agents; raises InputError for a file that cannot be read."""
    agents, sources, problems = [], [], []
    for path in sorted((inputs.folder / AGENTS).glob("*.yaml")):
        try:
            raw = path.read_bytes()
            document = strict_yaml.load(raw.decode("utf-8"))
        except (OSError, ValueError) as error:
            what, fix = strict_yaml.explain_error(error)
            problems.append(Problem(f"{AGENTS}/{path.name}", what, "its agent's owner is unknown", fix))
            continue
        if isinstance(document, dict) and document.get("stack") == inputs.stack:
            agents.append(_describe_agent(path.stem, document))
            sources.append(Source(file=f"{AGENTS}/{path.name}", digest=digest_bytes(raw)))
    if problems:
        raise InputError("evidence cannot be collected", problems)
    if not agents:
        return Collected(None, f"no file in {AGENTS}/ is of this stack")
    return Collected({"agents": agents}, sources=tuple(sources))


def _describe_agent(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return an agent as facts: what its file sets, and its problems."""
    agent, _, problems = parse_agent(name, document)
    owner = document.get("owner")
    named = {role: owner.get(role) for role in ROLES} if isinstance(owner, dict) else dict.fromkeys(ROLES)
    facts: dict[str, str | None] = {key: _make_text(document[key]) for key in _FACTS if document.get(key)}
    facts["until"] = agent.until.isoformat() if agent else None
    owners = {role: value if isinstance(value, str) else None for role, value in named.items()}
    return {"name": name, "owner": owners, **facts, "problems": [f"{one.where} {one.what}" for one in problems]}


def _make_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def judge_stakeholders(content: Content, contents: Contents) -> Judgement:
    """Return the claims about each agent: its owners, its file, its end and its forbidden actions."""
    configuration = parse_configuration(contents)
    agents = parse_content(StakeholdersContent, content).agents
    return Judgement(tuple(claim for agent in agents for claim in _judge_agent(agent, configuration.made.date())), Origin.FILES)


def _judge_agent(agent: AgentContent, day: date) -> Iterator[Claim]:
    file = f"{AGENTS}/{agent.name}.yaml"
    for role, text in ROLES.items():
        name = agent.owner.get(role)
        is_named = isinstance(name, str) and has_word(name)
        statement = f"{agent.name} has {text}" + (f": {name}" if is_named else "")
        why = "" if is_named else f"owner.{role} is {'not set' if name is None else 'no name'} in {file}"
        yield make_claim(f"{agent.name}-{role}", statement, Status.PASS if is_named else Status.FAIL, why)
    yield make_yes_or_no(f"{agent.name}-file", f"{file} is valid", not agent.problems, join_reasons(agent.problems))
    until = agent.until
    is_active = until is not None and day <= until
    why = f"it ended on {until}" if until else f"until is not set in {file}"
    yield make_yes_or_no(f"{agent.name}-until", f"{agent.name} is to run on the day of this bundle", is_active, why)
    if agent.forbidden_actions:
        statement = f"{agent.name} takes no forbidden action: {agent.forbidden_actions}"
        yield make_claim(f"{agent.name}-forbidden-actions", statement, Status.NOT_TESTED, NOT_ENFORCED)


STAKEHOLDERS = PartForm(PartName.STAKEHOLDERS, "Stakeholders", "Who answers for each agent?", collect_stakeholders, judge_stakeholders)


class DecisionContent(ContentModel):
    """One entry of the log about this stack."""

    number: int
    kind: str
    decision: str
    by: tuple[str, ...]


class DecisionsContent(ContentModel):
    """The facts that the judges read."""

    problems: tuple[str, ...]
    entries: tuple[DecisionContent, ...]
    anchors: tuple[str, ...]
    has_approvers: bool
    head: str | None


def collect_decisions(inputs: Inputs) -> Collected:
    """Return the verified entries; raises InputError if approvers.yaml or an anchor is wrong."""
    path = inputs.folder / FOLDER / LOG
    raw = read_bytes(path)
    if raw is None:
        return Collected(None, f"{FOLDER}/{LOG} does not exist: no decision is recorded")
    heads = dict(inputs.anchors)
    log = examine_log(inputs.folder, heads, inputs.approvers)
    problems = log.problems
    entries, head = ((), None) if problems else (log.entries, log.head)
    names = {keyid: person.name for keyid, (person, _) in index_keys(inputs.approvers.people).items()}
    return Collected(
        {
            "problems": [f"entry {one.line}: {one.kind}: {one.what}" for one in problems],
            "entries": [row for entry in entries if (row := _describe_entry(entry, names, inputs.stack))],
            "anchors": sorted(heads),
            "hasApprovers": inputs.approvers.get_rule(inputs.spec.config.agent_class) is not None,
            "head": head.digest if head else None,
            "length": head.entries if head else None,
        },
        sources=(Source(file=f"{FOLDER}/{LOG}", digest=digest_bytes(raw)),),
    )


def _describe_entry(entry: Entry, names: dict[str, str], stack: str) -> dict[str, Any] | None:
    """Return an entry about the stack as facts, None for another one."""
    common = {"number": entry.sequence, "kind": entry.kind.value, "time": format_time(entry.time), "digest": entry.digest}
    body = entry.body
    if entry.kind in (EntryKind.REFUSAL, EntryKind.STOP) and body.get("stack") != stack:
        return None
    if entry.kind is EntryKind.REFUSAL:
        return {**common, "decision": f"refused: {body.get('code')}", "by": [], "subject": {"what": str(body.get("what"))}}
    if entry.kind is EntryKind.STOP:
        what = "stopped" if body.get("action") == "stop" else "returned"
        subject = {"agent": str(body.get("agent") or "every host"), "hosts": ", ".join(map(str, body.get("hosts", ())))}
        facts = {key: str(body.get(key)) for key in ("requester", "reason")}
        return {**common, "decision": what, "by": [], "subject": subject, **facts}
    try:
        decision = entry.envelope.decision
    except Refusal:
        return None
    if decision.stack != stack:
        return None
    by = [names.get(one.keyid, one.keyid) for one in entry.envelope.signatures]
    facts = {"requester": decision.requester, "reason": decision.reason, "expires": format_time(decision.expires)}
    return {**common, "decision": decision.kind.value, "by": by, "subject": dict(decision.subject), **facts}


def judge_decisions(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the record."""
    found = parse_content(DecisionsContent, content)
    configuration = parse_configuration(contents)
    return Judgement(tuple(_judge_record(found, configuration)), Origin.FILES)


def _judge_record(found: DecisionsContent, configuration: ConfigurationContent) -> Iterator[Claim]:
    is_whole = not found.problems and found.head is not None
    yield make_yes_or_no("log-whole", "the log is whole, in order and signed", is_whole, join_reasons(found.problems) or "it has no head")
    not_compared = "no such head was compared (--anchor), so a log taken back with its head is not found"
    yield make_shown("log-anchored", "the log continues a head that is kept elsewhere", bool(found.anchors) and is_whole, not_compared)
    signed = f"decisions about {configuration.agent_class} need a signature"
    unsigned = "approvers.yaml names nobody for this class, so its decisions are unsigned"
    yield make_shown("approvers", signed, found.has_approvers, unsigned)
    if configuration.mode is PolicyMode.ENFORCE:
        last = [one for one in found.entries if one.kind == "decision" and one.decision in (DecisionKind.ENFORCE, DecisionKind.ROLLBACK)]
        decided = bool(last) and last[-1].decision == DecisionKind.ENFORCE
        status = Status.PASS if decided else Status.FAIL if found.has_approvers else Status.NOT_TESTED
        why = "" if decided else "the log has no decision to enforce this stack that is still in force"
        yield make_claim("enforce-decided", "to enforce this stack was decided", status, why)


DECISIONS = PartForm(PartName.DECISIONS, "Decisions", "Who decided what, and is the record whole?", collect_decisions, judge_decisions)


_STARTED = frozenset(state.value for state in ExecutionState)


class ActionContent(ContentModel):
    """One action."""

    request: str
    tool: str
    state: str
    persons: int
    approved_by: tuple[str, ...]
    requester: str


class ActionsContent(ContentModel):
    """The facts that the judge reads."""

    problems: tuple[str, ...]
    actions: tuple[ActionContent, ...]


def collect_actions(inputs: Inputs) -> Collected:
    """Return the actions of the stack; raises InputError if approvers.yaml or an anchor is wrong."""
    path = inputs.folder / FOLDER / LOG
    raw = read_bytes(path)
    if raw is None:
        return Collected(None, f"{FOLDER}/{LOG} does not exist: no action of an agent was put before a person")
    sources = (Source(file=f"{FOLDER}/{LOG}", digest=digest_bytes(raw)),)
    log = examine_log(inputs.folder, dict(inputs.anchors), inputs.approvers)
    if log.problems:
        return Collected(
            {"problems": [f"entry {one.line}: {one.kind}: {one.what}" for one in log.problems], "actions": []}, sources=sources
        )
    cases = [case for case in ActionHistory(log.entries).cases.values() if case.request.stack == inputs.stack]
    if not cases:
        return Collected(None, f"{FOLDER}/{LOG} has no action of {inputs.stack}: none was put before a person", sources=sources)
    refused = [one for one in log.entries if one.kind is EntryKind.REFUSAL and one.body.get("decision") == "action"]
    count = sum(one.body.get("stack") == inputs.stack for one in refused)
    return Collected({"problems": [], "actions": [_describe_case(case, inputs.made) for case in cases], "refusals": count}, sources=sources)


def _describe_case(case: ActionCase, made: datetime) -> dict[str, Any]:
    request = case.request
    return {
        "request": request.request,
        "kind": request.action["kind"],
        "tool": request.action["tool"],
        "target": request.action["target"],
        "actionDigest": request.action_digest,
        "requester": request.requester,
        "requestedAt": format_time(request.created),
        "persons": request.persons,
        "approvedBy": [str(entry.envelope.decision.subject["reviewer"]) for entry in case.approvals.values()],
        "state": case.describe_state(made),
    }


def judge_actions(content: Content, _: Contents) -> Judgement:
    """Return the claims about the actions."""
    return Judgement(tuple(_judge_actions(parse_content(ActionsContent, content))), Origin.FILES)


def _judge_actions(found: ActionsContent) -> Iterator[Claim]:
    is_whole = not found.problems
    yield make_yes_or_no("actions-recorded", "the record of actions is whole, in order and signed", is_whole, join_reasons(found.problems))
    if not is_whole:
        return
    started = [one for one in found.actions if one.state in _STARTED]
    if not started:
        why = "no action was executed: each one was denied, or waits"
        yield make_claim("actions-approved", "every executed action was approved first", Status.NOT_TESTED, why)
        return
    short = [one.request for one in started if len({*one.approved_by} - {one.requester}) < one.persons]
    reason = f"too few persons approved {', '.join(short)}"
    yield make_yes_or_no("actions-approved", "as many persons as demanded approved every action before it was executed", not short, reason)
    unknown = [one.request for one in started if one.state in (ExecutionState.STARTED, ExecutionState.UNKNOWN)]
    ended = "the outcome of every executed action is recorded"
    yield make_shown("actions-ended", ended, not unknown, f"the outcome of {', '.join(unknown)} is unknown")


ACTIONS = PartForm(
    PartName.ACTIONS, "Actions", "Which actions of agents waited for persons, and who approved them?", collect_actions, judge_actions
)
