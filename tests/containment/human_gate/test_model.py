"""The gate against a model: requests, decisions, time, changes of policy, replays, altered actions and crashes in any order.

The model decides independently when an action may start. The gate must start it then (a gate that refuses everything fails), and never
otherwise; after every step the log is whole, and no action was executed twice.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from containment.actions.action import Action
from containment.record import log as log_module
from containment.record.action_entries import ActionRequest, ExecutionState
from containment.record.files import append_bytes
from containment.record.log import verify_log
from containment.record.refusal import Refusal
from tests.containment.human_gate.room import POLICY, Room, make_action
from tests.containment.record.conftest import Office

ABLE = ("Approver One", "Approver Two", "Approver Three")
PERSONS = (*ABLE, "Network Approver")
OTHER = "sha256:" + "7" * 64


CRASHES = ("before", "torn", "appended", "started")
FAULTS = st.sampled_from(["", "", "altered", "policy", "late", "back"])
NEWEST = st.sampled_from([0, 0, 0, 1, 2])


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Modeled:
    """What the model knows about one request."""

    action: Action
    request: ActionRequest
    approved: set[str] = field(default_factory=set)
    is_ended: bool = False
    is_started: bool = False

    def may_start(self, now: datetime, policy: str, persons: int) -> bool:
        """Return whether the action may start now."""
        return (
            not self.is_ended
            and not self.is_started
            and self.request.created <= now < self.request.deadline
            and self.action.policy_digest == policy
            and len(self.approved) >= persons
        )


class GateMachine(RuleBasedStateMachine):
    """Steps against one folder."""

    @initialize(is_regulated=st.booleans())
    def open(self, is_regulated: bool) -> None:
        """Start with an empty folder of a class that needs one person or two."""
        self.place = tempfile.TemporaryDirectory()
        self.persons = 2 if is_regulated else 1
        self.room = Room(Office(Path(self.place.name), count=0), agent_class="regulated-data" if is_regulated else "coding")
        self.known: list[Modeled] = []
        self.executed: Counter[str] = Counter()
        self.submit()

    @rule(names=st.permutations(ABLE), count=st.integers(0, 3), fault=FAULTS, end=st.sampled_from(["", "", "rejection", *CRASHES]))
    def go_through(self, names: list[str], count: int, fault: str, end: str) -> None:
        """A whole round: a request, some approvals, perhaps a rejection or a crash, and a start that may have a fault."""
        self.submit()
        for name in names[:count]:
            self.decide_about(0, name, is_rejected=False)
        if end == "rejection":
            self.decide_about(0, "Network Approver", is_rejected=True)
        elif end:
            self.crash_at(0, end)
        self.start_with(0, fault)
        self.start_with(0, "")

    def teardown(self) -> None:
        """Remove the folder."""
        if hasattr(self, "place"):
            self.place.cleanup()

    def _choose(self, number: int) -> Modeled:
        """Return one of the newest requests, the newest for 0."""
        return self.known[-1 - number % len(self.known)]

    def _require(self, act: Callable[[], object], *, fits: bool) -> bool:
        """Do something that the gate must refuse exactly where the model does; return whether it was done."""
        refused = ""
        try:
            act()
        except Refusal as refusal:
            refused = str(refusal)
        assert (not refused) is fits, refused or "the gate refused nothing"
        return fits

    def _start_and_crash(self, one: Modeled, at: str) -> None:
        with pytest.raises(Crash), _crash(at):
            self.room.ledger.start(one.request, one.action)
        one.is_started = at != "torn"

    @rule()
    def request(self) -> None:
        """An agent wants an action."""
        self.submit()

    def submit(self) -> None:
        """An agent wants an action; it is refused if the policy is another one, or too many wait."""
        waiting = sum(not one.is_ended and not one.is_started and self.room.now < one.request.deadline for one in self.known)
        fits = self.room.policy == POLICY and waiting < self.room.ledger.rules.most_waiting
        action = self.room.make_action()
        self._require(lambda: self.known.append(Modeled(action, self.room.ledger.submit(action))), fits=fits)

    @rule(number=NEWEST, name=st.sampled_from(PERSONS), is_rejected=st.sampled_from([False, False, False, True]))
    def decide(self, number: int, name: str, is_rejected: bool) -> None:
        """A person decides."""
        self.decide_about(number, name, is_rejected=is_rejected)

    def decide_about(self, number: int, name: str, *, is_rejected: bool) -> None:
        """Decide as a person; it counts only in the role, once, while the request is open."""
        one = self._choose(number)
        is_open = not one.is_ended and not one.is_started and self.room.now < one.request.deadline
        fits = is_open and name not in one.approved and (is_rejected or name in ABLE)
        if self._require(lambda: self.room.decide(one.request, name, is_rejected=is_rejected), fits=fits):
            one.is_ended |= is_rejected
            one.approved |= set() if is_rejected else {name}

    @rule(number=NEWEST, fault=FAULTS)
    def start(self, number: int, fault: str) -> None:
        """The executor starts an action."""
        self.start_with(number, fault)

    def start_with(self, number: int, fault: str) -> None:
        """Start an action: as approved, altered, under another policy, late, or with a clock that was set back."""
        one, now, policy = self._choose(number), self.room.now, self.room.policy
        action = one.action
        if fault == "altered":
            action = make_action(arguments={**one.action.describe()["arguments"], "more": 1})
        elif fault == "policy":
            self.room.policy = OTHER
        elif fault == "late":
            self.room.now = max(now, one.request.deadline)
        elif fault == "back":
            self.room.now = one.request.created.replace(year=2020)
        fits = fault != "altered" and one.may_start(self.room.now, self.room.policy, self.persons)
        if self._require(lambda: self.room.ledger.start(one.request, action), fits=fits):
            one.is_started = True
            self.executed[one.request.request] += 1
            self.room.ledger.record_outcome(one.request, ExecutionState.DONE)
        self.room.now, self.room.policy = now, policy

    @rule(number=NEWEST, at=st.sampled_from(CRASHES))
    def crash(self, number: int, at: str) -> None:
        """The process ends."""
        self.crash_at(number, at)

    def crash_at(self, number: int, at: str) -> None:
        """The process ends around a start, and another one begins: what was started is not repeated, what waited is withdrawn."""
        one = self._choose(number)
        fits = one.may_start(self.room.now, self.room.policy, self.persons)
        if at != "before":
            self._require(lambda: self._start_and_crash(one, at), fits=fits)
        self.room.open_ledger()
        self.room.ledger.recover()
        for other in self.known:
            other.is_ended = True

    @rule(seconds=st.sampled_from([1, 60, 600, 901]))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.room.pass_time(seconds=seconds)

    @rule()
    def change_policy(self) -> None:
        """The policy changes, or changes back."""
        self.room.policy = OTHER if self.room.policy == POLICY else POLICY

    @invariant()
    def keep_the_record(self) -> None:
        """The log is whole, and nothing was executed twice."""
        if hasattr(self, "room"):
            assert verify_log(self.room.folder) == []
            assert all(count == 1 for count in self.executed.values())


@contextmanager
def _crash(at: str) -> Iterator[None]:
    """Let the process end within, directly after or well after the entry of the start."""

    def tear(path: Path, data: bytes, where: int) -> None:
        append_bytes(path, data[: len(data) // 2], where)
        raise Crash

    def end(*_: object) -> None:
        raise Crash

    if at == "torn":
        with mock.patch.object(log_module, "append_bytes", tear):
            yield
    elif at == "appended":
        with mock.patch.object(log_module, "write_whole", end):
            yield
    else:
        yield
        raise Crash


TestGate = pytest.mark.long(GateMachine.TestCase)
TestGate.settings = settings(
    max_examples=30, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
