"""Decisions that a change of mode needs: dismissals, and the decision to enforce where approvers are named for the class.

If no approvers are named, a file with the dismissed names is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.patterns.domain import normalize_or_keep
from containment.record.decision import DecisionKind
from containment.record.digests import digest_json
from containment.record.envelope import Envelope
from containment.record.gate import Record
from containment.record.log import append_decision, read_head
from containment.record.refusal import Refusal
from containment.record.request import build_decision
from containment.record.subjects import Subject

_WHY = "approvers.yaml names approvers for the class, and without a decision nothing changes"


def find_dismissed(record: Record, stack: str, agent_class: str, names: Iterable[str], now: datetime) -> frozenset[str]:
    """Return the names that a valid decision dismisses for a stack."""
    return frozenset(
        name for name in names if _refuse(record, DecisionKind.DISMISSAL, stack, agent_class, {"name": name, "stack": stack}, now) is None
    )


def find_listed_problem(record: Record, stack: str, agent_class: str, listed: Path | None) -> Problem | None:
    """Return why a file of dismissed names does not count, None where it does."""
    if listed is None or not record.is_approval_required(agent_class):
        return None
    fix = f"containment request dismissal --stack {stack} --name NAME --reason TEXT --by NAME for each, then containment approve"
    return Problem(f"--dismissed {listed}", f"is no decision, and {agent_class} needs one per dismissed name", _WHY, fix)


def read_dismissed(path: Path | None) -> frozenset[str]:
    """Return the dismissed names of a file: one per line, with an optional comment after `#`; raise InputError for another form."""
    if path is None:
        return frozenset()
    title = "the dismissed names cannot be used"
    with input_files.explain_errors(title, "which names are dismissed is unknown", "name a text file, one name per line"):
        lines = input_files.read_text(path).splitlines()
    names, problems = set[str](), list[Problem]()
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        if "*" in text or len(text.split()) > 1:
            what = f"{text!r} is not one exact name"
            problems.append(Problem(f"{path}:{number}", what, "every dismissal is about one destination", "write one name per line"))
            continue
        names.add(normalize_or_keep(text))
    if problems:
        raise InputError(title, problems)
    return frozenset(names)


def find_mode_problem(
    record: Record, kind: DecisionKind, stack: str, agent_class: str, subject: Subject, now: datetime, *, evidence: Path | None = None
) -> Problem | None:
    """Return why a stack has no valid decision for a change of mode, None where it has one or needs none.

    Args:
        record: the decisions of the folder.
        kind: enforce or rollback.
        stack: the stack whose mode is decided.
        agent_class: its class.
        subject: exactly what is decided.
        now: the present moment.
        evidence: the evidence file, for the fix.
    """
    if not record.is_approval_required(agent_class):
        return None
    refusal = _refuse(record, kind, stack, agent_class, subject, now)
    if refusal is None:
        return None
    seen = f" --evidence {evidence}" if evidence else ""
    fix = f"containment request {kind} --stack {stack}{seen} --reason TEXT --by NAME, then containment approve"
    return Problem(f"stack {stack}", f"has no valid {kind} decision ({refusal})", _WHY, fix)


def record_change(
    record: Record,
    kind: DecisionKind,
    stack: str,
    agent_class: str,
    subject: Subject,
    *,
    by: str,
    reason: str,
    folder: Path,
    now: datetime,
) -> None:
    """Write an unsigned decision to the log where no approvers are named; where they are, the log has the signed one already.

    Raises RecordError when the log cannot be written: the change must not happen then.
    """
    if record.is_approval_required(agent_class):
        return
    decision = build_decision(
        kind,
        stack=stack,
        agent_class=agent_class,
        subject=subject,
        requester=by,
        reason=reason,
        previous=read_head(folder).digest,
        now=now,
        days=1,
    )
    append_decision(Envelope(decision.encode()), folder=folder, now=now, approvers=record.approvers)


def _refuse(record: Record, kind: DecisionKind, stack: str, agent_class: str, subject: Subject, now: datetime) -> Refusal | None:
    try:
        record.require_decision(kind, stack, now=now, agent_class=agent_class, subject_digest=digest_json(subject))
    except Refusal as refusal:
        return refusal
    return None
