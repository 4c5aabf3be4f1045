"""Part `decisions`: the record of decisions about this stack, verified: its chain, its head and every signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import ContentModel, PartForm, join_reasons, make_claim, make_yes_or_no, parse_content
from containment.evidence.parts.policy.configuration import ConfigurationContent
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.approval_checks import index_keys
from containment.record.decision import DecisionKind, format_time
from containment.record.digests import digest_bytes
from containment.record.entry import Entry, EntryKind
from containment.record.files import read_bytes
from containment.record.log import FOLDER, LOG, examine_log
from containment.record.refusal import Refusal


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


def collect(inputs: Inputs) -> Collected:
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
    if entry.kind is EntryKind.REFUSAL:
        if entry.body.get("stack") != stack:
            return None
        return {**common, "decision": f"refused: {entry.body.get('code')}", "by": [], "subject": {"what": str(entry.body.get("what"))}}
    if entry.kind is EntryKind.STOP:
        body = entry.body
        if body.get("stack") != stack:
            return None
        what = "stopped" if body.get("action") == "stop" else "returned"
        subject = {"agent": str(body.get("agent") or "every host"), "hosts": ", ".join(map(str, body.get("hosts", ())))}
        return {
            **common,
            "decision": what,
            "by": [],
            "subject": subject,
            "requester": str(body.get("requester")),
            "reason": str(body.get("reason")),
        }
    try:
        decision = entry.envelope.decision
    except Refusal:
        return None
    if decision.stack != stack:
        return None
    by = [names.get(one.keyid, one.keyid) for one in entry.envelope.signatures]
    facts = {"requester": decision.requester, "reason": decision.reason, "expires": format_time(decision.expires)}
    return {**common, "decision": decision.kind.value, "by": by, "subject": dict(decision.subject), **facts}


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the record."""
    found = parse_content(DecisionsContent, content)
    configuration = parse_content(ConfigurationContent, contents.get(PartName.CONFIGURATION) or {})
    return Judgement(tuple(_judge_record(found, configuration)), Origin.FILES)


def _judge_record(found: DecisionsContent, configuration: ConfigurationContent) -> Iterator[Claim]:
    is_whole = not found.problems and found.head is not None
    yield make_yes_or_no("log-whole", "the log is whole, in order and signed", is_whole, join_reasons(found.problems) or "it has no head")
    anchored = bool(found.anchors)
    yield make_claim(
        "log-anchored",
        "the log continues a head that is kept elsewhere",
        Status.PASS if anchored and is_whole else Status.NOT_TESTED,
        "" if anchored and is_whole else "no such head was compared (--anchor), so a log taken back with its head is not found",
    )
    yield make_claim(
        "approvers",
        f"decisions about {configuration.agent_class} need a signature",
        Status.PASS if found.has_approvers else Status.NOT_TESTED,
        "" if found.has_approvers else "approvers.yaml names nobody for this class, so its decisions are unsigned",
    )
    if configuration.mode is PolicyMode.ENFORCE:
        last = [one for one in found.entries if one.kind == "decision" and one.decision in (DecisionKind.ENFORCE, DecisionKind.ROLLBACK)]
        decided = bool(last) and last[-1].decision == DecisionKind.ENFORCE
        status = Status.PASS if decided else Status.FAIL if found.has_approvers else Status.NOT_TESTED
        why = "" if decided else "the log has no decision to enforce this stack that is still in force"
        yield make_claim("enforce-decided", "to enforce this stack was decided", status, why)


PART = PartForm(PartName.DECISIONS, "Decisions", "Who decided what, and is the record whole?", collect, judge)
