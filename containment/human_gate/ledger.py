"""The gate's side of the record: requests, the start of what was approved, and outcomes, each on disk before anything happens.

Rules kept here:
- the digest of the action and the policy are computed again under the log's lock, immediately before the start is recorded;
- every approval is checked again then, with the approvers of that moment;
- the start is the last thing before the action: after a crash the action is not repeated, and its outcome is unknown;
- what cannot be recorded does not happen, and every refusal is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from containment.actions.action import Action
from containment.human_gate.action_request import build_action_request
from containment.human_gate.rules import GateRules, find_requirement, load_gate_rules
from containment.human_gate.waiting_queue import list_request_files, remove_request_file, write_request_file
from containment.loaders.approvers import Approvers, load_approvers
from containment.record.action_entries import ActionRequest, Execution, ExecutionState, build_final_refusal
from containment.record.action_history import ActionCase, ActionHistory
from containment.record.approval_checks import check_signatures, check_window
from containment.record.chain import Chain
from containment.record.entry import Entry, EntryKind
from containment.record.files import RecordError
from containment.record.log import FOLDER, LOG, append_event, read_history
from containment.record.refusal import Refusal, RefusalCode


def get_time() -> datetime:
    """Return the clock's time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class ActionLedger:
    """The record of one stack's actions.

    Attributes:
        folder: the folder with approvers.yaml and `decisions/`, which the agent cannot write.
        stack: the stack.
        agent_class: the stack's class.
        read_policy: returns the digest of the policy that is in force now.
        rules: the rules of actions.
        clock: returns the time.
    """

    folder: Path
    stack: str
    agent_class: str
    read_policy: Callable[[], str]
    rules: GateRules = field(default_factory=load_gate_rules)
    clock: Callable[[], datetime] = get_time

    def submit(self, action: Action) -> ActionRequest:
        """Record an action that waits, and put it into the queue.

        Raises:
            Refusal: no person can approve it; the refusal is recorded.
            RecordError: it cannot be recorded.
            InputError: approvers.yaml is wrong.
        """
        now = self._get_second()
        try:
            self._check_policy(action)
            requirement = find_requirement(action, self.agent_class, load_approvers(self.folder), self.rules)
            request = build_action_request(action, stack=self.stack, agent_class=self.agent_class, requirement=requirement, now=now)
            append_event(
                EntryKind.ACTION_REQUEST,
                lambda _, history: self._describe_new(request, history, now),
                folder=self.folder,
                now=now,
            )
        except Refusal as refusal:
            self._record_refusal(_describe_unrequested(action, self.stack, refusal), refusal)
            raise
        try:
            write_request_file(self.folder, request)
        except RecordError:
            self.refuse(request, Refusal(RefusalCode.WITHDRAWN, "its file could not be written, so no person could see it"))
            raise
        return request

    def read_case(self, request: ActionRequest) -> ActionCase:
        """Return a request with everything that followed; raise Refusal or RecordError."""
        return read_history(self.folder).get_case(request.request)

    def read_stamp(self) -> tuple[int, int, int]:
        """Return what changes whenever the log is written; zeros without a log."""
        try:
            found = (self.folder / FOLDER / LOG).stat()
        except FileNotFoundError:
            return (0, 0, 0)
        return (found.st_ino, found.st_size, found.st_mtime_ns)

    def start(self, request: ActionRequest, action: Action) -> Entry:
        """Record that an approved action starts now; the caller executes it once if this returns, and never if it raises.

        Args:
            request: the request that was decided.
            action: the action that is about to be executed.

        Raises:
            Refusal: it is not approved, or not this action, or no longer; the caller records it with `refuse`.
            RecordError: the start cannot be recorded.
        """
        now = self._get_second()

        def build(_: Chain, history: ActionHistory) -> Mapping[str, Any]:
            case = history.get_case(request.request)
            history.check_clock(now)
            case.require_open(now)
            if action.digest != case.request.action_digest or request != case.request:
                what = f"{case.request.action_digest} was approved, and {action.digest} is about to be executed"
                raise Refusal(RefusalCode.WRONG_SUBJECT, what)
            self._check_policy(action)
            check_approvals(case, load_approvers(self.folder), now)
            remove_request_file(self.folder, request.request)  # before the start, after which nothing may fail
            return Execution(
                request=request.request, stack=request.stack, action_digest=action.digest, state=ExecutionState.STARTED
            ).to_dict()

        return append_event(EntryKind.EXECUTION, build, folder=self.folder, now=now)

    def record_outcome(self, request: ActionRequest, state: ExecutionState, detail: str = "") -> Entry:
        """Record how a started action ended; raise Refusal if none is under way, RecordError if it cannot be recorded."""
        body = Execution(
            request=request.request, stack=request.stack, action_digest=request.action_digest, state=state, detail=detail[:2000]
        ).to_dict()
        return append_event(EntryKind.EXECUTION, lambda *_: body, folder=self.folder, now=self.clock())

    def refuse(self, request: ActionRequest, refusal: Refusal) -> None:
        """Record that a request is denied for good, and take it out of the queue; raise Refusal if that cannot be recorded."""
        self._record_refusal(build_final_refusal(request, refusal.code, refusal.what), refusal)
        remove_request_file(self.folder, request.request)

    def recover(self) -> list[str]:
        """End what an earlier process of the gate left: return a sentence for each request whose outcome is unknown, or that was withdrawn.

        Raises:
            RecordError: the log was changed, or cannot be written.
        """
        found = []
        for case in read_history(self.folder).cases.values():
            name = case.request.request
            if case.execution is not None and case.execution.state is ExecutionState.STARTED:
                self.record_outcome(case.request, ExecutionState.UNKNOWN, "the gate ended after the start and before the outcome")
                found.append(f"{name}: the action was started, and whether it was executed is unknown; it is not repeated")
            elif case.is_open:
                refusal = Refusal(RefusalCode.WITHDRAWN, "the gate ended while it waited, so no executor is left")
                self.refuse(case.request, refusal)
                found.append(f"{name}: {refusal.what}")
        for one in list_request_files(self.folder):
            if one.request is not None:
                remove_request_file(self.folder, one.request.request)
        return found

    def _get_second(self) -> datetime:
        return self.clock().replace(microsecond=0)

    def _check_policy(self, action: Action) -> None:
        current = self.read_policy()
        if action.policy_digest != current:
            raise Refusal(RefusalCode.WRONG_POLICY, f"the action is bound to the policy {action.policy_digest}, and {current} is in force")

    def _describe_new(self, request: ActionRequest, history: ActionHistory, now: datetime) -> dict[str, Any]:
        """Return the body of a new request; raise Refusal if an equal one waits, or too many do."""
        waiting = [case for case in history.cases.values() if case.is_open and now < case.request.deadline]
        if any(case.request.action_digest == request.action_digest for case in waiting):
            raise Refusal(RefusalCode.ALREADY_WAITING, "exactly this action waits for a decision already")
        if len(waiting) >= self.rules.most_waiting:
            what = f"{len(waiting)} actions wait already; a person who is flooded with requests does not read them"
            raise Refusal(RefusalCode.TOO_MANY_WAITING, what)
        return request.to_dict()

    def _record_refusal(self, body: Mapping[str, Any], refusal: Refusal) -> None:
        try:
            append_event(EntryKind.REFUSAL, lambda *_: body, folder=self.folder, now=self.clock())
        except RecordError as error:
            raise Refusal(refusal.code, f"{refusal.what} (and this refusal could not be recorded: {error})") from None


def check_approvals(case: ActionCase, approvers: Approvers, now: datetime) -> None:
    """Raise Refusal unless enough approvals of a case count now, with the approvers of now."""
    rule = approvers.get_rule(case.request.agent_class)
    needed = max(case.request.persons, rule.persons if rule else 1)
    for entry in case.approvals.values():
        decision = entry.envelope.decision
        check_window(decision, now)
        check_signatures(entry.envelope, decision, approvers)
    if len(case.approvals) < needed:
        raise Refusal(RefusalCode.TOO_FEW_PERSONS, f"{needed} persons must approve it, and {len(case.approvals)} did")


def _describe_unrequested(action: Action, stack: str, refusal: Refusal) -> dict[str, Any]:
    """Return the body of the refusal of an action that never waited."""
    return {
        "code": refusal.code.value,
        "what": refusal.what,
        "decision": "action",
        "stack": stack,
        "requester": action.requested_by,
        "actionDigest": action.digest,
        "tool": action.tool[:200],
    }
