"""What of a stack has no valid decision: enforce mode, entries of its keys, and waivers; for the program and for the pack."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from containment.errors import Problem
from containment.record.decision import DecisionKind
from containment.record.digests import digest_json
from containment.record.gate import Record
from containment.record.refusal import Refusal, RefusalCode
from containment.record.subjects import Subject

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
