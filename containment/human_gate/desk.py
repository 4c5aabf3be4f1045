"""The reviewer's side: which actions wait, exactly what each one does, and signed decisions about one of them at a time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from containment.errors import InputError, Problem
from containment.fixes.model_findings import list_problems
from containment.human_gate.waiting_queue import QueueFile, list_request_files, read_request_file
from containment.loaders.approvers import Approver, load_approvers
from containment.record.action_entries import build_final_refusal
from containment.record.action_history import ActionCase, ActionHistory
from containment.record.decision import Decision, DecisionKind
from containment.record.digests import digest_json
from containment.record.entry import Entry, EntryKind
from containment.record.envelope import REJECTION_TYPE, Envelope
from containment.record.log import append_decision, append_event, append_refusal, append_rejection, read_history
from containment.record.refusal import Refusal, RefusalCode
from containment.record.signer_library import Signer

SHORTEST_PREFIX = 8
AS_SHOWN = "approved as shown"
"""The reason of an approval for which none was given."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a folder has to decide: the waiting requests in the order of the log, and files of the queue that are no request."""

    waiting: Sequence[ActionCase]
    broken: Sequence[QueueFile]


def read_desk(folder: Path, now: datetime) -> Desk:
    """Return what waits; raise RecordError if the log was changed."""
    history = read_history(folder)
    files = list_request_files(folder)
    named = {one.request.request: one for one in files if one.request is not None}
    waiting = [case for case in history.cases.values() if case.is_open and now < case.request.deadline]
    broken = [one for one in files if one.request is None]
    broken += [
        QueueFile(one.path, None, "differs from the request in the log")
        for one in named.values()
        if (case := history.cases.get(one.request.request if one.request else "")) is None or case.request != one.request
    ]
    return Desk(waiting, broken)


def find_case(history: ActionHistory, name: str) -> ActionCase:
    """Return the case that a name, or the unique beginning of one, names; raise InputError if there is none, or several."""
    found = [case for key, case in history.cases.items() if key == name or (len(name) >= SHORTEST_PREFIX and key.startswith(name))]
    if len(found) == 1:
        return found[0]
    what = f"names {len(found)} requests" if found else "is no request of the log"
    fix = "write more of the name" if found else f"write a name of `containment approve list`, at least {SHORTEST_PREFIX} characters"
    raise InputError("no such request", [Problem(f"request {name[:64]!r}", what, "a decision is about exactly one action", fix)])


def decide_action(
    folder: Path,
    name: str,
    shown_digest: str,
    *,
    reviewer: Approver,
    signer: Signer,
    is_rejected: bool,
    reason: str,
    now: datetime,
) -> Entry:
    """Sign a decision about one action, record it, and return its entry.

    Args:
        folder: the folder with approvers.yaml and `decisions/`.
        name: the whole name of the request.
        shown_digest: the digest of the action that the reviewer was shown.
        reviewer: the person of approvers.yaml who decides.
        signer: the person's key.
        is_rejected: whether the decision is a no.
        reason: why, in words; a rejection needs it.
        now: the moment of the decision.

    Raises:
        Refusal: the decision is refused; the log contains the refusal.
        InputError: the reason has no words, or approvers.yaml is wrong.
        RecordError: the log was changed, or cannot be written.
    """
    moment = now.replace(microsecond=0)
    case = read_history(folder).get_case(name)
    try:
        _require_same(folder, case, shown_digest)
        case.require_open(moment)
    except Refusal as refusal:
        body = build_final_refusal(case.request, refusal.code, refusal.what, is_final=False)
        append_event(EntryKind.REFUSAL, lambda *_: body, folder=folder, now=moment)
        raise
    envelope = Envelope(_build_decision(case, folder, reviewer, reason or ("" if is_rejected else AS_SHOWN), moment).encode())
    if not is_rejected:
        return append_decision(envelope.sign(signer), folder=folder, now=moment)
    signed = Envelope(envelope.payload, REJECTION_TYPE).sign(signer)
    try:
        return append_rejection(signed, folder=folder, now=moment)
    except Refusal as refusal:
        append_refusal(signed, refusal, folder=folder, now=moment)
        raise


def _require_same(folder: Path, case: ActionCase, shown_digest: str) -> None:
    """Raise Refusal if the file of the queue, or what was shown, is not the request in the log."""
    if shown_digest != case.request.action_digest:
        raise Refusal(RefusalCode.WRONG_SUBJECT, f"{shown_digest[:80]} was shown, and the request is about {case.request.action_digest}")
    if case.is_open and read_request_file(folder, case.request.request) != case.request:
        raise Refusal(RefusalCode.WRONG_SUBJECT, "the file of the request differs from the request in the log")


def _build_decision(case: ActionCase, folder: Path, reviewer: Approver, reason: str, now: datetime) -> Decision:
    request, action = case.request, case.request.action
    rule = load_approvers(folder).get_rule(request.agent_class)
    roles = sorted(reviewer.roles & rule.roles) if rule else []
    subject: dict[str, str | bool | int | None] = {
        "request": request.request,
        "action": action["kind"],
        "actionDigest": request.action_digest,
        "tool": action["tool"],
        "target": action["target"],
        "reviewer": reviewer.name,
        "role": (roles or sorted(reviewer.roles))[0],
    }
    try:
        return Decision(
            kind=DecisionKind.ACTION,
            stack=request.stack,
            agent_class=request.agent_class,
            subject=subject,
            subject_digest=digest_json(subject),
            policy_digest=action["policyDigest"],
            requester=request.requester,
            reason=reason,
            nonce=secrets.token_hex(16),
            not_before=now,
            expires=request.deadline,
            previous=case.entry.digest,
        )
    except ValidationError as error:
        problems = list_problems("decision", error, Decision, why="the record shows why it was decided", fix="write a reason in words")
        raise InputError("no decision can be signed", problems) from None
