"""The gate: whether an action needs a decision, and the valid decision for it.

Rules kept here:
- an action needs one where approvers.yaml names approvers for the class, or where a signed decision for the class was ever recorded
  (so that removing names does not open the gate);
- a log that was changed has no valid decision;
- a clock that was set back to before the log's latest entry brings no ended decision to life;
- silence is no approval: without a valid decision, `require_decision` raises with the code of the nearest refused one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from containment.loaders.approvers import Approvers, load_approvers
from containment.record.action_entries import is_before
from containment.record.approval_checks import check_fit, check_signatures, check_window
from containment.record.decision import Decision, DecisionKind, format_time
from containment.record.entry import Entry
from containment.record.files import RecordError
from containment.record.log import FOLDER, LOG, find_history_problems, get_decisions, read_log
from containment.record.refusal import Refusal, RefusalCode


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
