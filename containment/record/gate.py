"""The gate: whether an action needs a decision, its valid decision, and the parts of a stack that have none.

Rules kept here:
- an action needs a decision if approvers.yaml names approvers for the class, or if the log has a signed decision for the class
  (so that removing names does not open the gate);
- a changed log has no valid decision;
- a clock that is set back to before the log's latest entry does not make an ended decision valid again;
- a missing answer is no approval: without a valid decision, `require_decision` raises with the code of the nearest refused one.

Enforce mode, entries of a stack's keys, and waivers need one; the program and the pack ask here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from containment.errors import Problem
from containment.loaders.approvers import Approvers, load_approvers
from containment.record.action_entries import is_before
from containment.record.approval_checks import check_fit, check_signatures, check_window
from containment.record.decision import Decision, DecisionKind
from containment.record.digests import digest_json
from containment.record.entry import Entry
from containment.record.files import RecordError
from containment.record.log import FOLDER, LOG, find_history_problems, get_decisions, read_log
from containment.record.refusal import Refusal, RefusalCode
from containment.record.subjects import Subject
from containment.times import format_time


@dataclass(frozen=True)
class Record:
    """What a folder records: approvers, decisions in the order of the log, and the problem that makes them void."""

    approvers: Approvers = field(default_factory=Approvers)
    decisions: tuple[tuple[Entry, Decision], ...] = ()
    problem: str = ""
    latest: datetime | None = None
    """The time of the log's latest entry: a clock that shows an earlier one was set back."""

    def is_approval_required(self, agent_class: str) -> bool:
        """Return whether an action on a stack of a class needs a decision."""
        if self.approvers.get_rule(agent_class) is not None:
            return True
        return any(decision.agent_class == agent_class and decision.approvals for _, decision in self.decisions)

    def require_decision(
        self,
        kind: DecisionKind,
        stack: str,
        *,
        now: datetime,
        agent_class: str | None = None,
        subject_digest: str | None = None,
        policy_digests: Collection[str] | None = None,
        is_about: Callable[[Decision], bool] = lambda _: True,
    ) -> Decision:
        """Return the newest valid decision for an action; raise Refusal if there is none.

        Args:
            kind: what is decided.
            stack: the stack.
            now: the moment of the action.
            agent_class: the class of the stack.
            subject_digest: the digest of exactly what is about to happen.
            policy_digests: digests that the policy has now.
            is_about: selects decisions by their subject, where no digest of a whole subject is known.
        """
        if self.problem:
            raise Refusal(RefusalCode.LOG_BROKEN, self.problem)
        refusals: list[Refusal] = []
        for entry, decision in reversed(self.decisions):
            if decision.stack != stack:
                continue
            if kind is DecisionKind.ENFORCE and decision.kind is DecisionKind.ROLLBACK:
                refusals.insert(
                    0, Refusal(RefusalCode.REVOKED, f"entry {entry.sequence} of the log went back to monitor: {decision.reason}")
                )
                break
            if decision.kind is not kind or not is_about(decision):
                continue
            try:
                check_fit(decision, agent_class, subject_digest, policy_digests)
                check_window(decision, now)
                check_signatures(entry.envelope, decision, self.approvers)
            except Refusal as refusal:
                refusals.append(Refusal(refusal.code, f"entry {entry.sequence} of the log does not count: {refusal.what}"))
            else:
                self._check_clock(now)
                return decision
        near = [one for one in refusals if one.code is not RefusalCode.WRONG_SUBJECT]
        if near or refusals:
            raise (near or refusals)[0]
        raise Refusal(RefusalCode.NO_DECISION, f"{FOLDER}/{LOG} has no {kind} decision for {stack} about this")

    def _check_clock(self, now: datetime) -> None:
        if self.latest is not None and is_before(now, self.latest):
            what = f"the log's latest entry is of {format_time(self.latest)}, and the clock shows {format_time(now)}"
            raise Refusal(RefusalCode.CLOCK_STEPPED_BACK, what)


def load_record(folder: Path = Path()) -> Record:
    """Return what a folder records; a log that was changed, or cannot be read, makes its decisions void.

    Raises:
        InputError: approvers.yaml is wrong.
    """
    approvers = load_approvers(folder)
    try:
        entries = read_log(folder)
    except RecordError as error:
        return Record(approvers, (), "; ".join(f"{one.where}: {one.what}" for one in error.problems))
    problems = [f"entry {one.line} of the log: {one.what}" for one in find_history_problems(entries)]
    latest = max((entry.time for entry in entries), default=None)
    return Record(approvers, tuple(get_decisions(entries)), "; ".join(problems), latest)


WHY = "approvers.yaml names approvers for the class, and what they did not decide must not happen"


@dataclass(frozen=True, kw_only=True)
class StackState:
    """What a stack is about to be.

    Attributes:
        stack: its name.
        agent_class: its class.
        is_enforced: whether its mode is enforce.
        policy_digests: digests of its policy; None where they are not known, and are not compared.
        entries: the subjects of its entries and waivers.
    """

    stack: str
    agent_class: str
    is_enforced: bool
    policy_digests: Collection[str] | None = None
    entries: tuple[tuple[DecisionKind, Subject], ...] = ()


def find_undecided(record: Record, state: StackState, now: datetime) -> list[Problem]:
    """Return what has no valid decision; nothing where the class has no approvers."""
    if not record.is_approval_required(state.agent_class):
        return []
    problems = []
    if state.is_enforced and (refusal := _refuse_enforce(record, state, now)):
        fix = f"containment request enforce --stack {state.stack} --reason TEXT --by NAME --evidence FILE, then containment approve"
        problems.append(Problem(f"{state.stack}:policyMode", f"is enforce without a valid decision ({refusal})", WHY, fix))
    return [*problems, *_find_undecided_entries(record, state, now)]


def _find_undecided_entries(record: Record, state: StackState, now: datetime) -> Iterable[Problem]:
    for kind, subject in state.entries:
        refusal = _refuse(record, kind, state, now, subject_digest=digest_json(subject))
        if refusal is not None:
            name = subject.get("name") or subject.get("host") or f"{subject.get('rule')} at {subject.get('resource')}"
            place = "entries" if "set" in subject else subject.get("key", subject.get("rule"))
            where = f"{subject.get('file', 'policypack/waivers.yaml')}:{place}"
            fix = f"containment request {kind} --stack {state.stack} --name {name} --reason TEXT --by NAME, then containment approve"
            yield Problem(where, f"has {name} without a valid {kind} decision ({refusal})", WHY, fix)


def _refuse_enforce(record: Record, state: StackState, now: datetime) -> Refusal | None:
    """Return why enforce mode is not decided; a later promotion or waiver whose policy is today's continues an older decision."""
    refusal = _refuse(record, DecisionKind.ENFORCE, state, now, policy_digests=state.policy_digests)
    if refusal is None or refusal.code is not RefusalCode.WRONG_POLICY:
        return refusal
    later = (DecisionKind.PROMOTION, DecisionKind.WAIVER)
    is_continued = _refuse(record, DecisionKind.ENFORCE, state, now) is None and any(
        _refuse(record, kind, state, now, policy_digests=state.policy_digests) is None for kind in later
    )
    return None if is_continued else refusal


def _refuse(
    record: Record,
    kind: DecisionKind,
    state: StackState,
    now: datetime,
    *,
    subject_digest: str | None = None,
    policy_digests: Collection[str] | None = None,
) -> Refusal | None:
    try:
        record.require_decision(
            kind, state.stack, now=now, agent_class=state.agent_class, subject_digest=subject_digest, policy_digests=policy_digests
        )
    except Refusal as refusal:
        return refusal
    return None
