"""The history of actions in a log: request, decisions of persons, end, start and outcome, each only where it fits what came before.

Rules kept here:
- a decision counts only for the request whose entry it names, and only for the digest of that request's action;
- a person decides once per request; one rejection or the deadline ends the request, so a missing answer is no approval;
- an action starts at most once, before its deadline, with as many approvals as the request demands;
- time never goes back: no request, decision or start is older than the entries before it.

The same rules judge an entry before it is appended, and every entry when the log is verified.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from containment.loaders.approvers import fold_name
from containment.record.action_entries import ActionRequest, Execution, ExecutionState, is_before, parse_body
from containment.record.decision import Decision, DecisionKind
from containment.record.entry import Entry, EntryKind
from containment.record.refusal import Refusal, RefusalCode
from containment.times import format_time


@dataclass
class ActionCase:
    """One request and everything that followed.

    Attributes:
        request: what was requested.
        entry: the log's entry of the request, whose digest each decision names.
        approvals: the entries of approvals, by folded name of the reviewer.
        rejection: the entry of the rejection, None without one.
        closed: the entry of the refusal that ended it, None without one.
        execution: the last step of its execution, None before the start.
    """

    request: ActionRequest
    entry: Entry
    approvals: dict[str, Entry] = field(default_factory=dict)
    rejection: Entry | None = None
    closed: Entry | None = None
    execution: Execution | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing ended it and nothing was started; its deadline is not considered."""
        return self.rejection is None and self.closed is None and self.execution is None

    @property
    def is_approved(self) -> bool:
        """Whether as many persons approved as the request demands, and nothing ended it."""
        return self.is_open and len(self.approvals) >= self.request.persons

    def describe_state(self, now: datetime) -> str:
        """Return its state in one word at a moment."""
        if self.execution is not None:
            return self.execution.state.value
        if self.rejection is not None:
            return "rejected"
        if self.closed is not None:
            return str(self.closed.body.get("code"))
        if now >= self.request.deadline:
            return "expired"
        return "approved" if self.is_approved else "waiting"

    def require_open(self, now: datetime) -> None:
        """Raise Refusal if a decision about it, or its start, comes too late."""
        if self.execution is not None:
            raise Refusal(RefusalCode.REPLAYED, f"the action was started already, and is {self.execution.state}")
        if self.rejection is not None:
            raise Refusal(RefusalCode.REJECTED, f"entry {self.rejection.sequence} of the log rejected it")
        if self.closed is not None:
            raise Refusal(RefusalCode.WITHDRAWN, f"entry {self.closed.sequence} of the log ended it: {self.closed.body.get('what')}")
        if is_before(now, self.request.created):
            what = f"it was requested at {format_time(self.request.created)}, and the clock shows {format_time(now)}"
            raise Refusal(RefusalCode.CLOCK_STEPPED_BACK, what)
        if now >= self.request.deadline:
            raise Refusal(RefusalCode.EXPIRED, f"its deadline was {format_time(self.request.deadline)}, and it is {format_time(now)}")


class ActionHistory:
    """The cases of a log, by the name of the request."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.cases: dict[str, ActionCase] = {}
        self.latest: datetime | None = None
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take one more entry; raise Refusal, and change nothing but the time, if it does not fit."""
        try:
            if entry.kind is EntryKind.ACTION_REQUEST:
                self._add_request(entry)
            elif entry.kind is EntryKind.EXECUTION:
                self._add_execution(entry)
            elif entry.kind is EntryKind.REFUSAL:
                self._add_refusal(entry)
            elif entry.kind.is_signed and entry.envelope.decision.kind is DecisionKind.ACTION:
                self._add_decision(entry, entry.envelope.decision)
            elif entry.kind is EntryKind.DECISION:
                self.check_clock(entry.time)  # a clock that was set back would bring an ended decision to life
        finally:
            self.latest = max(entry.time, self.latest or entry.time)

    def check_clock(self, now: datetime) -> None:
        """Raise Refusal if the clock shows a time before the latest entry."""
        if self.latest is not None and is_before(now, self.latest):
            what = f"the log's latest entry is of {format_time(self.latest)}, and the clock shows {format_time(now)}"
            raise Refusal(RefusalCode.CLOCK_STEPPED_BACK, what)

    def get_case(self, name: str) -> ActionCase:
        """Return the case of a request; raise Refusal if the log has none."""
        if name not in self.cases:
            raise Refusal(RefusalCode.WRONG_SUBJECT, f"the log has no request {name[:32]!r}")
        return self.cases[name]

    def _add_request(self, entry: Entry) -> None:
        request = parse_body(ActionRequest, dict(entry.body))
        self.check_clock(entry.time)
        if request.request in self.cases:
            raise Refusal(RefusalCode.REPLAYED, f"the request {request.request} is in the log already")
        if request.created != entry.time:
            raise Refusal(RefusalCode.MALFORMED, "was recorded at another time than it names")
        self.cases[request.request] = ActionCase(request, entry)

    def _add_decision(self, entry: Entry, decision: Decision) -> None:
        subject = decision.subject
        case = self.get_case(str(subject["request"]))
        self.check_clock(entry.time)
        case.require_open(entry.time)
        check_same_action(case, decision)
        name = fold_name(str(subject["reviewer"]))
        if name in case.approvals:
            raise Refusal(RefusalCode.SAME_PERSON_TWICE, f"{subject['reviewer']} decided about this request already")
        if entry.kind is EntryKind.DECISION:
            case.approvals[name] = entry
        else:
            case.rejection = entry

    def _add_refusal(self, entry: Entry) -> None:
        name = entry.body.get("request")
        if entry.body.get("final") is True and isinstance(name, str):
            case = self.get_case(name)
            if case.execution is not None:
                raise Refusal(RefusalCode.REPLAYED, f"the action of {name} was started already, and cannot be refused")
            case.closed = case.closed or entry

    def _add_execution(self, entry: Entry) -> None:
        step = parse_body(Execution, dict(entry.body))
        case = self.get_case(step.request)
        if (step.stack, step.action_digest) != (case.request.stack, case.request.action_digest):
            raise Refusal(
                RefusalCode.WRONG_SUBJECT, f"it is about {step.action_digest}, and the request about {case.request.action_digest}"
            )
        if step.state is ExecutionState.STARTED:
            self.check_clock(entry.time)
            case.require_open(entry.time)
            if not case.is_approved:
                what = f"{case.request.persons} persons must approve it, and {len(case.approvals)} did"
                raise Refusal(RefusalCode.TOO_FEW_PERSONS, what)
        elif case.execution is None or case.execution.state is not ExecutionState.STARTED:
            raise Refusal(RefusalCode.REPLAYED, f"the request {step.request} has no action under way that could be {step.state}")
        case.execution = step


def check_same_action(case: ActionCase, decision: Decision) -> None:
    """Raise Refusal if a decision is about something else than a request in any field."""
    request, subject = case.request, decision.subject
    if subject["actionDigest"] != request.action_digest:
        raise Refusal(RefusalCode.WRONG_SUBJECT, f"it decides {subject['actionDigest']}, and the action is {request.action_digest}")
    if decision.policy_digest != request.action["policyDigest"]:
        raise Refusal(RefusalCode.WRONG_POLICY, f"it names {decision.policy_digest}, and the action {request.action['policyDigest']}")
    if decision.agent_class != request.agent_class:
        raise Refusal(RefusalCode.WRONG_CLASS, f"it is for {decision.agent_class}, and the request for {request.agent_class}")
    wanted = (request.stack, request.requester, request.action["kind"], request.action["tool"], request.action["target"])
    if (decision.stack, decision.requester, subject["action"], subject["tool"], subject["target"]) != wanted:
        raise Refusal(RefusalCode.WRONG_SUBJECT, "its stack, requester, kind, tool or target is not the one of the request")
    if decision.previous != case.entry.digest:
        raise Refusal(RefusalCode.WRONG_HISTORY, "it does not name the entry of the request as the previous one")
    if decision.expires > request.deadline:
        raise Refusal(RefusalCode.MALFORMED, "it would end after the deadline of the request")
