"""Waiting ends with exactly one execution or with a denial, whatever happens while the action waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from containment.actions.action import Action
from containment.errors import InputError
from containment.human_gate.gate import Clocks, HumanGate
from containment.human_gate.waiting_queue import get_queue_folder, list_request_files
from containment.record.action_entries import ActionRequest, ExecutionState
from containment.record.log import read_history, verify_log
from containment.record.refusal import Refusal
from containment.tools.action_gate import ActionGate
from tests.containment.human_gate.execution import ActionDenied, execute
from tests.containment.human_gate.room import Room


class Database:
    """A tool that counts what it executed."""

    def __init__(self) -> None:
        """Have executed nothing."""
        self.executed: list[Action] = []

    async def run(self, action: Action) -> str:
        """Execute an action."""
        self.executed.append(action)
        return "1 row"


def _open(room: Room) -> HumanGate:
    clocks = Clocks(wall=lambda: room.now, poll=0.005)
    return HumanGate(room.folder, stack="coding", agent_class=room.agent_class, read_policy=lambda: room.policy, clocks=clocks)


async def _execute(room: Room, meanwhile: Callable[[ActionRequest], object], action: Action | None = None) -> tuple[str, Database]:
    """Execute an action while something happens; return the result or the rule of the denial, and the database."""
    database = Database()
    with _open(room) as gate:
        task = asyncio.create_task(execute(gate, action or room.make_action(), database.run))
        while not (found := [one.request for one in list_request_files(room.folder) if one.request]) and not task.done():
            await asyncio.sleep(0.005)
        if found:
            meanwhile(found[0])
        try:
            return await asyncio.wait_for(task, 20), database
        except ActionDenied as denied:
            return denied.decision.rule, database


def test_an_approved_action_is_executed_once(room: Room) -> None:
    """The control of the denials below."""
    result, database = asyncio.run(_execute(room, room.decide))
    assert (result, len(database.executed)) == ("1 row", 1)
    assert room.list_entries() == ["action-request", "decision", "execution started", "execution done"]
    assert verify_log(room.folder) == []


def _set_policy(room: Room) -> None:
    room.policy = "sha256:" + "8" * 64


def _break_log(room: Room) -> None:
    path = room.folder / "decisions" / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b"orders", b"others", 1))


def _change_policy_and_approve(room: Room, request: ActionRequest) -> None:
    _set_policy(room)
    room.decide(request)


@pytest.mark.parametrize(
    ("rule", "meanwhile"),
    [
        ("rejected", lambda room, request: room.decide(request, is_rejected=True)),
        ("expired", lambda room, request: room.pass_time(minutes=15)),
        ("clock-stepped-back", lambda room, request: room.pass_time(minutes=-1)),
        ("wrong-policy", _change_policy_and_approve),
        ("not-recorded", lambda room, request: _break_log(room)),
    ],
)
def test_what_happens_while_it_waits_denies_it(room: Room, rule: str, meanwhile: Callable[[Room, ActionRequest], object]) -> None:
    """A no, silence, a clock set back, another policy, a changed log: nothing is executed."""
    found, database = asyncio.run(_execute(room, lambda request: meanwhile(room, request)))
    assert (found, database.executed) == (rule, [])
    if rule != "not-recorded":
        assert room.list_entries()[-1] == f"refusal {rule}"
        assert list_request_files(room.folder) == []
        assert verify_log(room.folder) == []


def test_silence_denies_by_the_other_clock_too(room: Room) -> None:
    """A wall clock that stands still does not make an action wait for ever."""
    ticks = iter(range(0, 10**9, 300))
    clocks = Clocks(wall=lambda: room.now, monotonic=lambda: float(next(ticks)), poll=0.001)
    with HumanGate(room.folder, stack="coding", agent_class="coding", read_policy=lambda: room.policy, clocks=clocks) as gate:
        decision = asyncio.run(gate.await_decision(room.make_action()))
    assert (decision.is_approved, decision.rule) == (False, "expired")


def test_a_client_that_leaves_withdraws_its_action(room: Room) -> None:
    """What nobody waits for is not executed, and cannot be approved."""

    async def leave() -> ActionRequest:
        with _open(room) as gate:
            task = asyncio.create_task(gate.await_decision(room.make_action()))
            while not (found := list_request_files(room.folder)):
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert found[0].request
            return found[0].request

    request = asyncio.run(leave())
    with pytest.raises(Refusal, match="withdrawn"):
        room.decide(request)
    assert list_request_files(room.folder) == []


def test_an_action_that_fails_is_recorded_as_failed(room: Room) -> None:
    """It is not repeated."""

    async def fail(_: Action) -> str:
        raise RuntimeError("deadlock")

    async def run() -> None:
        with _open(room) as gate:
            task = asyncio.create_task(execute(gate, room.make_action(), fail))
            while not (found := list_request_files(room.folder)):
                await asyncio.sleep(0.005)
            assert found[0].request
            room.decide(found[0].request)
            with pytest.raises(RuntimeError):
                await task

    asyncio.run(run())
    assert room.list_entries()[-1] == "execution failed"


def test_an_outcome_that_was_not_reported_is_unknown(room: Room) -> None:
    """The plain interface records the start; without a report, closing records that nothing is known."""

    async def run() -> None:
        gate = _open(room)
        plain: ActionGate = gate
        task = asyncio.ensure_future(plain.await_decision(action := room.make_action()))
        while not (found := list_request_files(room.folder)):
            await asyncio.sleep(0.005)
        assert found[0].request
        room.decide(found[0].request)
        decision = await task
        assert (decision.is_approved, decision.digest) == (True, action.digest)
        assert decision.reference == "decisions/log.jsonl:3"
        gate.close()
        with pytest.raises(Refusal):
            gate.record_outcome(decision, ExecutionState.DONE)

    asyncio.run(run())
    assert room.list_entries()[-2:] == ["execution started", "execution unknown"]


def test_a_folder_has_one_gate(room: Room) -> None:
    """A second gate could execute again what the first one started; after the first one closed there may be another."""
    with _open(room), pytest.raises(InputError, match="has a gate already"):
        _open(room)
    _open(room).close()


def test_a_folder_that_everybody_writes_is_refused(room: Room) -> None:
    """The queue, and what is above it, belongs to the gate."""
    place = get_queue_folder(room.folder)
    place.chmod(0o777)
    with pytest.raises(InputError, match="may be written by every user"):
        _open(room)
    place.chmod(0o755)
    link = room.folder.with_name("link")
    link.symlink_to(room.folder)
    with pytest.raises(InputError, match="symbolic link"):
        HumanGate(link, stack="coding", agent_class="coding", read_policy=lambda: room.policy)


def test_two_actions_wait_side_by_side(room: Room) -> None:
    """Each has its own decision; the rejected one does not stop the other."""

    async def run() -> tuple[object, object]:
        database = Database()
        with _open(room) as gate:
            first = asyncio.create_task(execute(gate, room.make_action(), database.run))
            second = asyncio.create_task(execute(gate, room.make_action(), database.run))
            while len(found := [one.request for one in list_request_files(room.folder) if one.request]) < 2:
                await asyncio.sleep(0.005)
            no, yes = sorted(found, key=lambda one: str(one.action["arguments"]))
            room.decide(no, is_rejected=True)
            room.decide(yes)
            results = await asyncio.gather(first, second, return_exceptions=True)
        assert len(database.executed) == 1
        assert database.executed[0].digest == yes.action_digest
        return results[0], results[1]

    first, second = asyncio.run(run())
    assert isinstance(first, ActionDenied)
    assert second == "1 row"
    states = [case.describe_state(room.now + timedelta(seconds=1)) for case in read_history(room.folder).cases.values()]
    assert states == ["rejected", "done"]


def test_a_missing_folder_is_made_and_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "decisions").write_text("")
    with pytest.raises(InputError):
        HumanGate(tmp_path, stack="coding", agent_class="coding", read_policy=lambda: "")
