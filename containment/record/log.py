"""The append-only log of decisions, `decisions/log.jsonl` in the repository, and its head in `decisions/head.json`.

Rules kept here:
- an entry is on disk before the head names it, so a crash between the two loses nothing;
- nothing is appended to a log that shows a change: its entries, and the head, are compared first;
- a decision that a check refuses is recorded as a refusal, and raises.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from containment.errors import Problem
from containment.loaders.approvers import Approvers, load_approvers
from containment.record.action_history import ActionHistory
from containment.record.approval_checks import check_fit, check_signatures, check_window, find_reviewer, find_signer
from containment.record.chain import Chain, Head, LogProblem, LogProblemKind, parse_head, read_chain
from containment.record.decision import GENESIS, Decision, DecisionKind
from containment.record.digests import digest_bytes
from containment.record.entry import Entry, EntryKind, build_line, parse_line
from containment.record.envelope import DECISION_TYPE, REJECTION_TYPE, Envelope
from containment.record.files import RecordError, append_bytes, lock_folder, read_bytes, write_whole
from containment.record.refusal import Refusal, RefusalCode

FOLDER: Final = "decisions"
LOG: Final = "log.jsonl"
HEAD: Final = "head.json"
_BATCH: Final = 64
"""Entries whose signatures one thread verifies at a time."""


def read_log(folder: Path = Path()) -> tuple[Entry, ...]:
    """Return the entries of a folder's log; raise RecordError if the log was changed or cannot be read."""
    return _require_whole(_read_chain(folder / FOLDER)).entries


def read_head(folder: Path = Path()) -> Head:
    """Return the head of a folder's log; raise RecordError if the log was changed or cannot be read."""
    return _require_whole(_read_chain(folder / FOLDER)).head


def append_decision(
    envelope: Envelope,
    *,
    folder: Path = Path(),
    now: datetime | None = None,
    approvers: Approvers | None = None,
    subject_digest: str | None = None,
    policy_digest: str | None = None,
) -> Entry:
    """Record a decision and return its entry; call this before the action, which must not happen if it raises.

    Args:
        envelope: the decision with its signatures.
        folder: the folder with approvers.yaml and `decisions/`.
        now: the time of the decision; the clock's by default.
        approvers: the approvers; those of the folder by default.
        subject_digest: the digest of what is about to happen, recomputed by the caller.
        policy_digest: the digest of the policy, recomputed by the caller.

    Raises:
        Refusal: a check refused the decision, which is recorded where the log can be written.
        RecordError: the log was changed, or cannot be written.
    """
    time = (now or datetime.now(UTC)).replace(microsecond=0)
    known = approvers if approvers is not None else load_approvers(folder)
    place = folder / FOLDER
    with lock_folder(place):
        chain = _require_whole(_read_chain(place))
        try:
            _check(envelope, chain, known, time, subject_digest, policy_digest)
        except Refusal as refusal:
            try:
                _append(place, chain, EntryKind.REFUSAL, time, _describe_refusal(envelope, refusal))
            except RecordError as error:
                raise Refusal(refusal.code, f"{refusal.what} (and this refusal could not be recorded: {error})") from None
            raise
        return _append(place, chain, EntryKind.DECISION, time, envelope.to_dict())


def append_rejection(envelope: Envelope, *, folder: Path = Path(), now: datetime | None = None) -> Entry:
    """Record a reviewer's signed no; raise Refusal if it is not signed by a person of approvers.yaml."""
    time = (now or datetime.now(UTC)).replace(microsecond=0)
    known = load_approvers(folder)
    place = folder / FOLDER
    with lock_folder(place):
        chain = _require_whole(_read_chain(place))
        assert envelope.decision, "a payload without a decision raises"
        _check_rejection(envelope, known)
        _require_fit(chain, EntryKind.REJECTION, time, envelope.to_dict())
        return _append(place, chain, EntryKind.REJECTION, time, envelope.to_dict())


def append_refusal(envelope: Envelope, refusal: Refusal, *, folder: Path = Path(), now: datetime | None = None) -> Entry:
    """Record that a check refused a decision before it was complete."""
    time = (now or datetime.now(UTC)).replace(microsecond=0)
    place = folder / FOLDER
    with lock_folder(place):
        return _append(place, _require_whole(_read_chain(place)), EntryKind.REFUSAL, time, _describe_refusal(envelope, refusal))


def append_event(
    kind: EntryKind, build: Callable[[Chain, ActionHistory], Mapping[str, Any]], *, folder: Path = Path(), now: datetime | None = None
) -> Entry:
    """Record one step of an action that is no signed decision; on disk when it returns.

    Args:
        kind: what is recorded.
        build: returns the entry's body from the log and its actions, and raises Refusal for what must not be recorded; it runs under the
            log's lock, so that nothing is appended between its check and the entry.
        folder: the folder with approvers.yaml and `decisions/`.
        now: the time of the entry; the clock's by default.

    Raises:
        Refusal: `build`, or the history of the action, refuses it; nothing is recorded.
        RecordError: the log was changed, or cannot be written.
    """
    assert not kind.is_signed, "decisions have functions that check their signatures"
    time = (now or datetime.now(UTC)).replace(microsecond=0)
    place = folder / FOLDER
    with lock_folder(place):
        chain = _require_whole(_read_chain(place))
        history = ActionHistory(chain.entries)
        body = build(chain, history)
        history.add(_build_next(chain, kind, time, body))
        return _append(place, chain, kind, time, body)


def read_history(folder: Path = Path()) -> ActionHistory:
    """Return the actions in a folder's log; raise RecordError if the log was changed, also where one of them does not fit."""
    entries = read_log(folder)
    try:
        return ActionHistory(entries)
    except Refusal:
        found = [LogProblem(one.kind, one.line, one.what) for one in find_history_problems(entries)]
        _require_whole(Chain(entries, tuple(found), 0))
        raise


def append_stop(body: Mapping[str, Any], *, folder: Path = Path(), now: datetime | None = None) -> Entry:
    """Record that hosts were stopped or have returned; raise RecordError if the log was changed or cannot be written."""
    time = (now or datetime.now(UTC)).replace(microsecond=0)
    place = folder / FOLDER
    with lock_folder(place):
        return _append(place, _require_whole(_read_chain(place)), EntryKind.STOP, time, body)


def get_decisions(entries: tuple[Entry, ...]) -> list[tuple[Entry, Decision]]:
    """Return the decisions among the entries, with their entries; one that cannot be read is left out."""
    found = []
    for entry in entries:
        if entry.kind is EntryKind.DECISION:
            try:
                found.append((entry, entry.envelope.decision))
            except Refusal:
                continue
    return found


def verify_log(folder: Path = Path(), heads: Mapping[str, Head] | None = None, approvers: Approvers | None = None) -> list[LogProblem]:
    """Return every problem of a folder's log; arguments and errors as of `examine_log`."""
    return [*examine_log(folder, heads, approvers).problems]


def examine_log(folder: Path = Path(), heads: Mapping[str, Head] | None = None, approvers: Approvers | None = None) -> Chain:
    """Return a folder's log with every problem: its chain, its heads, its signatures, and nonces that are used twice.

    Args:
        folder: the folder with approvers.yaml and `decisions/`.
        heads: heads that are anchored elsewhere, by place; the local head is compared in any case.
        approvers: the approvers; those of the folder by default.

    Raises:
        RecordError: a file cannot be read.
        InputError: approvers.yaml is wrong.
    """
    known = approvers if approvers is not None else load_approvers(folder)
    chain = _read_chain(folder / FOLDER, heads)
    found = (*chain.problems, *find_history_problems(chain.entries), *find_signature_problems(chain.entries, known))
    return Chain(chain.entries, found, chain.size)


def find_history_problems(entries: Sequence[Entry]) -> list[LogProblem]:
    """Return the decisions that could not have been appended then: out of their window, replayed, or from another log."""
    problems: list[LogProblem] = []
    nonces: dict[str, int] = {}
    digests = {GENESIS}
    actions = ActionHistory()
    for entry in entries:
        try:
            if entry.kind is EntryKind.DECISION:
                decision = entry.envelope.decision
                _check_history(decision, nonces, digests)
                check_window(decision, entry.time)
                nonces[decision.nonce] = entry.sequence
            actions.add(entry)
        except Refusal as refusal:
            problems.append(LogProblem(LogProblemKind.INVALID, entry.sequence, str(refusal)))
        digests.add(entry.digest)
    return problems


def find_signature_problems(entries: Sequence[Entry], approvers: Approvers) -> list[LogProblem]:
    """Return the decisions and rejections that are not signed by whom the class demands.

    Signatures are verified on all cores: the library verifies outside of the interpreter's lock, and that is most of the time.
    """
    signed = [entry for entry in entries if entry.kind.is_signed]
    batches = [signed[place : place + _BATCH] for place in range(0, len(signed), _BATCH)]
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        found = pool.map(lambda batch: [_find_signature_problem(entry, approvers) for entry in batch], batches)
        return [problem for batch in found for problem in batch if problem is not None]


def _find_signature_problem(entry: Entry, approvers: Approvers) -> LogProblem | None:
    try:
        envelope = entry.envelope
        if entry.kind is EntryKind.DECISION:
            _require_type(envelope, DECISION_TYPE)
            check_signatures(envelope, envelope.decision, approvers)
        else:
            _check_rejection(envelope, approvers)
    except Refusal as refusal:
        return LogProblem(LogProblemKind.INVALID, entry.sequence, str(refusal))
    return None


def _require_type(envelope: Envelope, wanted: str) -> None:
    if envelope.payload_type != wanted:
        raise Refusal(RefusalCode.MALFORMED, f"has the payload type {envelope.payload_type}, not {wanted}")


def _check_rejection(envelope: Envelope, approvers: Approvers) -> None:
    _require_type(envelope, REJECTION_TYPE)
    if not envelope.signatures:
        raise Refusal(RefusalCode.UNSIGNED, "is a rejection without a signature")
    if envelope.decision.kind is DecisionKind.ACTION:
        find_reviewer(envelope, envelope.decision, approvers)
        return
    for number in range(len(envelope.signatures)):
        find_signer(envelope, number, approvers)


def _check_history(decision: Decision, nonces: Mapping[str, int], digests: Collection[str]) -> None:
    if decision.nonce in nonces:
        raise Refusal(RefusalCode.REPLAYED, f"its nonce was used by entry {nonces[decision.nonce]}")
    if decision.previous not in digests:
        raise Refusal(RefusalCode.WRONG_HISTORY, "it was requested on another log than this one")


def _check(
    envelope: Envelope, chain: Chain, approvers: Approvers, now: datetime, subject_digest: str | None, policy_digest: str | None
) -> None:
    _require_type(envelope, DECISION_TYPE)
    decision = envelope.decision
    nonces = {other.nonce: entry.sequence for entry, other in get_decisions(chain.entries)}
    _check_history(decision, nonces, {GENESIS, *(entry.digest for entry in chain.entries)})
    check_fit(decision, None, subject_digest, (policy_digest,) if policy_digest is not None else None)
    check_window(decision, now)
    check_signatures(envelope, decision, approvers)
    _require_fit(chain, EntryKind.DECISION, now, envelope.to_dict())


def _require_fit(chain: Chain, kind: EntryKind, time: datetime, body: Mapping[str, Any]) -> None:
    """Raise Refusal if an entry does not fit the actions of the log."""
    ActionHistory(chain.entries).add(_build_next(chain, kind, time, body))


def _build_next(chain: Chain, kind: EntryKind, time: datetime, body: Mapping[str, Any]) -> Entry:
    """Return the entry that would be appended."""
    return parse_line(build_line(kind, chain.head.entries + 1, chain.head.digest, time, body).removesuffix(b"\n"))


def _describe_refusal(envelope: Envelope, refusal: Refusal) -> dict[str, Any]:
    body: dict[str, Any] = {"code": refusal.code.value, "what": refusal.what, "payload": digest_bytes(envelope.payload)}
    try:
        decision = envelope.decision
    except Refusal:
        return body
    about = {"request": str(decision.subject["request"])} if decision.kind is DecisionKind.ACTION else {}
    return {**body, "decision": decision.kind.value, "stack": decision.stack, "requester": decision.requester, **about}


def _append(place: Path, chain: Chain, kind: EntryKind, time: datetime, body: Mapping[str, Any]) -> Entry:
    head = chain.head
    line = build_line(kind, head.entries + 1, head.digest, time, body)
    append_bytes(place / LOG, line, chain.size)
    entry = parse_line(line.removesuffix(b"\n"))
    write_whole(place / HEAD, Head(entry.sequence, entry.digest).encode())
    return entry


def _read_chain(place: Path, heads: Mapping[str, Head] | None = None) -> Chain:
    data, local = read_bytes(place / LOG), read_bytes(place / HEAD)
    anchored = list((heads or {}).items())
    found: list[LogProblem] = []
    if local is None:
        if data is not None and data.count(b"\n") > 1:  # a crash after the first entry leaves one line without a head
            found.append(LogProblem(LogProblemKind.NO_HEAD, 0, f"{HEAD} is missing, so a cut of the log could not be seen"))
    else:
        try:
            anchored.insert(0, (HEAD, parse_head(local)))
        except ValueError as error:
            found.append(LogProblem(LogProblemKind.BAD_HEAD, 0, f"{HEAD} {error}"))
    chain = read_chain(data or b"", anchored)
    tail = (data or b"")[chain.size :]
    if tail and any(head.entries > len(chain.entries) for _, head in anchored):
        found.append(LogProblem(LogProblemKind.TORN, len(chain.entries) + 1, "has no end, and an anchored head counts it"))
    return Chain(chain.entries, (*found, *chain.problems), chain.size)


def _require_whole(chain: Chain) -> Chain:
    if chain.problems:
        why = "a log that was changed proves nothing, and no decision in it counts"
        fix = f"restore {FOLDER}/ from the last commit that `containment audit verify` accepts"
        raise RecordError(
            "the log of decisions was changed",
            [Problem(f"{FOLDER}/{LOG}:{one.line or 'file'}", f"{one.kind}: {one.what}", why, fix) for one in chain.problems],
        )
    return chain
