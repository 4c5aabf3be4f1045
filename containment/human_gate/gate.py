"""The gate before the actions of tools: an action waits for persons, and starts at most once.

Rules kept here:
- silence denies: a request ends at its deadline, by the wall clock or by the monotonic one, whichever comes first;
- a wall clock that steps back denies;
- an error denies; no exception of a check becomes an approval;
- one process is the gate of a folder, so that what an earlier one left can be told from what is under way.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from containment.actions.action import Action
from containment.errors import InputError, Problem
from containment.human_gate.ledger import ActionLedger, get_time
from containment.human_gate.waiting_queue import get_queue_folder, require_own_folder
from containment.loaders.approvers import load_approvers
from containment.record.action_entries import ActionRequest, ExecutionState, is_before
from containment.record.files import RecordError, convert_errors
from containment.record.log import FOLDER, LOG
from containment.record.refusal import Refusal, RefusalCode
from containment.times import format_time
from containment.tools.action_gate import ActionDecision

APPROVED: Final = "approved"
NOT_RECORDED: Final = "not-recorded"
_LOCK: Final = ".gate.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The clocks of a gate: wall clock, a clock that never steps, and the seconds between two looks at the log."""

    wall: Callable[[], datetime] = get_time
    monotonic: Callable[[], float] = time.monotonic
    poll: float = 0.2


class HumanGate:
    """The approval service of one stack, as `containment.tools.action_gate.ActionGate` describes it.

    Args:
        folder: the folder with approvers.yaml and `decisions/`; the agent's user cannot write there.
        stack: the stack, or the name of the vended agent.
        agent_class: the stack's class, whose approvers decide.
        read_policy: returns the digest of the policy that is in force, as actions name it.
        clocks: the clocks.

    Raises:
        InputError: the folder is not the gate's own, another process is its gate, or approvers.yaml is wrong.
        RecordError: the log was changed, or cannot be written.
    """

    def __init__(self, folder: Path, *, stack: str, agent_class: str, read_policy: Callable[[], str], clocks: Clocks = Clocks()) -> None:
        require_own_folder(folder)
        load_approvers(folder)
        self._clocks = clocks
        self._ledger = ActionLedger(folder=folder, stack=stack, agent_class=agent_class, read_policy=read_policy, clock=clocks.wall)
        self._started: dict[str, ActionRequest] = {}
        self._lock = _lock_gate(folder)
        try:
            self.recovered = self._ledger.recover()
            """Sentences about what an earlier process left."""
        except BaseException:
            self._unlock()
            raise

    async def await_decision(self, action: Action) -> ActionDecision:
        """Return the decision about an action; if it is an approval, its use is recorded already, and it is executed once or never."""
        try:
            request = self._ledger.submit(action)
        except (Refusal, InputError) as error:
            return _deny(action.digest, error)
        try:
            await self._wait(request)
            entry = self._ledger.start(request, action)
        except asyncio.CancelledError:
            self._ledger.refuse(request, Refusal(RefusalCode.WITHDRAWN, "the client no longer waits for the action"))
            raise
        except (Refusal, InputError) as error:
            return _deny(request.action_digest, self._refuse(request, error))
        reference = f"{FOLDER}/{LOG}:{entry.sequence}"
        self._started[reference] = request
        reason = f"{request.persons} {'person' if request.persons == 1 else 'persons'} approved exactly this action"
        return ActionDecision(is_approved=True, digest=request.action_digest, rule=APPROVED, reason=reason, reference=reference)

    def record_outcome(self, decision: ActionDecision, state: ExecutionState, detail: str = "") -> None:
        """Record how an approved action ended; without it the outcome is recorded as unknown when the gate closes.

        Raises:
            Refusal: the decision is none of this gate, or its outcome is recorded already.
            RecordError: it cannot be recorded.
        """
        request = self._started.get(decision.reference)
        if request is None:
            raise Refusal(RefusalCode.REPLAYED, f"no action of {decision.reference or 'this decision'} is under way")
        self._ledger.record_outcome(request, state, detail)
        del self._started[decision.reference]

    def close(self) -> None:
        """Record the outcome of what is under way as unknown, and give the folder free for another process."""
        try:
            for request in self._started.values():
                self._ledger.record_outcome(request, ExecutionState.UNKNOWN, "the gate closed before the outcome was recorded")
        finally:
            self._started.clear()
            self._unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _wait(self, request: ActionRequest) -> None:
        """Return when enough persons approved; raise Refusal at a rejection, at the deadline, and if the clock steps back."""
        clocks = self._clocks
        end = clocks.monotonic() + (request.deadline - request.created).total_seconds()
        latest, stamp = request.created, None
        while True:
            now = clocks.wall()
            if is_before(now, latest):
                raise Refusal(RefusalCode.CLOCK_STEPPED_BACK, f"the clock went from {format_time(latest)} back to {format_time(now)}")
            latest = max(latest, now)
            if now >= request.deadline or clocks.monotonic() >= end:
                what = f"no decision was made until {format_time(request.deadline)}, and silence is no approval"
                raise Refusal(RefusalCode.EXPIRED, what)
            if (current := self._ledger.read_stamp()) != stamp:
                stamp = current
                case = await asyncio.to_thread(self._ledger.read_case, request)
                case.require_open(now)
                if case.is_approved:
                    return
            await asyncio.sleep(clocks.poll)

    def _refuse(self, request: ActionRequest, error: Refusal | InputError) -> Refusal | InputError:
        """Record the end of a request, and return why it ended."""
        if isinstance(error, Refusal) and error.code is RefusalCode.REPLAYED:
            return error  # the start that is recorded stays what it is
        found = error if isinstance(error, Refusal) else Refusal(RefusalCode.LOG_BROKEN, str(error))
        try:
            self._ledger.refuse(request, found)
        except (Refusal, RecordError) as second:
            return second if isinstance(error, Refusal) else error
        return error

    def _unlock(self) -> None:
        os.close(self._lock)


def _deny(digest: str, error: Refusal | InputError) -> ActionDecision:
    if isinstance(error, Refusal):
        return ActionDecision(is_approved=False, digest=digest, rule=error.code.value, reason=error.what)
    return ActionDecision(is_approved=False, digest=digest, rule=NOT_RECORDED, reason=str(error))


def _lock_gate(folder: Path) -> int:
    """Return the handle that makes this process the gate of a folder; raise InputError if another one is."""
    path = get_queue_folder(folder) / _LOCK
    with convert_errors(path, "opened"):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        why = "two gates could each execute what was approved once"
        problem = Problem(str(folder), "has a gate already, in another process", why, "stop it, or give this gate another folder")
        raise InputError("the gate cannot start", [problem]) from None
    return handle
