"""The commands `approve list|show|approve|reject`: actions of agents that wait for persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from securesystemslib.signer import Signer

from containment.exit_code import Exit
from containment.human_gate.desk import decide_action, find_case, read_desk
from containment.human_gate.exact_text import show_text
from containment.human_gate.view import Row, build_data, describe_case
from containment.loaders.approvers import Approver, load_approvers
from containment.preflight.finding import Status
from containment.queries.records.decisions import find_person
from containment.queries.results import Answer, Case, Section
from containment.record.action_history import ActionCase
from containment.record.decision import format_time
from containment.record.envelope import load_signer, parse_public_key
from containment.record.log import read_history

_COLUMNS = ("request", "action", "tool", "target", "requested by", "approved", "denied from")
_LONGEST = 60
"""Characters of a name in the list."""


def list_actions(folder: Path, now: datetime) -> Answer:
    """Return the actions that wait, and the files of the queue that cannot be used."""
    desk = read_desk(folder, now)
    rows = tuple(_build_row(case) for case in desk.waiting)
    broken = tuple(Case("queue-file", one.problem, Status.FAIL, str(one.path)) for one in desk.broken)
    count = len(rows)
    head = f"{count} {'action waits' if count == 1 else 'actions wait'}" + (f", {len(broken)} unusable files" if broken else "")
    sections = (Section("Waiting", _COLUMNS, rows, drop_first=("target", "approved", "requested by")),) if rows else ()
    data = {"waiting": [build_data(case, now) for case in desk.waiting], "broken": [one.path.name for one in desk.broken]}
    return Answer("approve-list", head, Exit.NO if broken else Exit.OK if rows else Exit.NOTHING, sections, broken, data=data)


def read_case(folder: Path, name: str) -> ActionCase:
    """Return the request that a name, or the unique beginning of one, names; raise InputError."""
    return find_case(read_history(folder), name)


def describe_action(case: ActionCase, now: datetime) -> tuple[Answer, list[Row]]:
    """Return a request as an answer for JSON, and as the rows that a person reads."""
    rows = describe_case(case, now)
    head = f"request {case.request.request}: {case.describe_state(now)}"
    return Answer("approve-show", head, Exit.OK, data=build_data(case, now)), rows


def decide(case: ActionCase, *, folder: Path, reviewer: Approver, signer: Signer, is_rejected: bool, reason: str, now: datetime) -> Answer:
    """Record a reviewer's decision about a request that was shown; raise Refusal, InputError or RecordError.

    Args:
        case: the request, as it was shown.
        folder: the folder with approvers.yaml and `decisions/`.
        reviewer: the person who decides.
        signer: the person's key.
        is_rejected: whether the decision is a no.
        reason: why, in words.
        now: the moment of the decision.
    """
    name, digest = case.request.request, case.request.action_digest
    entry = decide_action(folder, name, digest, reviewer=reviewer, signer=signer, is_rejected=is_rejected, reason=reason, now=now)
    after = find_case(read_history(folder), name)
    missing = max(0, after.request.persons - len(after.approvals))
    more = f"; {missing} more {'person' if missing == 1 else 'persons'} must approve it" if missing and not is_rejected else ""
    head = f"{reviewer.name} {'rejected' if is_rejected else 'approved'} it: entry {entry.sequence} of the log{more}"
    data = {"request": name, "entry": entry.sequence, "state": after.describe_state(now), "missing": 0 if is_rejected else missing}
    return Answer("approve-decide", head, Exit.OK, data=data)


def load_reviewer(person: str, key: str, folder: Path, ask_passphrase: Callable[[], str]) -> tuple[Approver, Signer]:
    """Return a person of approvers.yaml with the person's key; raise InputError for another person or another's key."""
    approver = find_person(person, load_approvers(folder).people)
    return approver, load_signer(key, {parse_public_key(pem).keyid: pem for pem in approver.keys}, ask_passphrase)


def _shorten(text: str) -> str:
    """Return a text for a list, with a remark where it is cut; `approve show` shows it in full."""
    return show_text(text) if len(text) <= _LONGEST else f"{show_text(text[:_LONGEST])}... ({len(text)} characters: approve show)"


def _build_row(case: ActionCase) -> tuple[str, ...]:
    action = case.request.action
    texts = (action["kind"], *(_shorten(action[key]) for key in ("tool", "target", "requestedBy")))
    return (case.request.request, *texts, f"{len(case.approvals)} of {case.request.persons}", format_time(case.request.deadline))
