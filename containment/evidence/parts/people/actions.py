"""Part `actions`: the actions of this stack's agents that waited for persons, from the verified record.

The arguments of actions are left out, because a bundle is handed to others; the digest of each action is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import ContentModel, PartForm, join_reasons, make_claim, make_yes_or_no, parse_content
from containment.preflight.finding import Status
from containment.record.action_entries import ExecutionState
from containment.record.action_history import ActionCase, ActionHistory
from containment.record.decision import format_time
from containment.record.digests import digest_bytes
from containment.record.entry import EntryKind
from containment.record.files import read_bytes
from containment.record.log import FOLDER, LOG, examine_log

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


def collect(inputs: Inputs) -> Collected:
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


def judge(content: Content, _: Contents) -> Judgement:
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
    yield make_claim(
        "actions-ended",
        "the outcome of every executed action is recorded",
        Status.NOT_TESTED if unknown else Status.PASS,
        f"the outcome of {', '.join(unknown)} is unknown" if unknown else "",
    )


PART = PartForm(PartName.ACTIONS, "Actions", "Which actions of agents waited for persons, and who approved them?", collect, judge)
