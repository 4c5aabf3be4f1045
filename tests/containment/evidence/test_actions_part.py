"""Part `actions`: what waited is listed without its arguments, and an action without enough approvals is a failed claim."""

from __future__ import annotations

from containment.evidence.model import PartName
from containment.evidence.parts.people import judge_actions
from containment.preflight.finding import Status
from containment.record.action_entries import ExecutionState
from tests.containment.evidence.desk import NOW, STACK, Desk, get_status, judge
from tests.containment.human_gate.room import Room, make_action
from tests.containment.record.conftest import Office


def _open(desk: Desk) -> Room:
    room = Room(Office(desk.folder), now=NOW)
    room.ledger = type(room.ledger)(
        folder=room.folder, stack=STACK, agent_class="coding", read_policy=lambda: room.policy, clock=lambda: room.now
    )
    return room


def _start(room: Room) -> tuple[str, str]:
    action = make_action(arguments={"sql": "the secret of a customer"})
    request = room.ledger.submit(action)
    room.decide(request)
    room.ledger.start(request, action)
    room.ledger.record_outcome(request, ExecutionState.DONE)
    return request.request, action.digest


def test_an_approved_action_passes_and_its_arguments_stay_here(desk: Desk) -> None:
    room = _open(desk)
    _start(room)
    part = judge(desk, PartName.ACTIONS)
    assert part.status == Status.PASS, part.claims
    assert "secret of a customer" not in str(part.content)
    assert (part.content or {})["actions"][0]["approvedBy"] == ["Approver One"]


def test_without_an_action_nothing_is_tested(desk: Desk) -> None:
    """Neither an empty folder, nor the actions of another stack, nor one that only waits is a pass."""
    assert judge(desk, PartName.ACTIONS).status == Status.NOT_TESTED
    room = Room(Office(desk.folder), now=NOW)
    room.submit()
    assert judge(desk, PartName.ACTIONS).status == Status.NOT_TESTED
    _open(desk).submit(requested_by="the second")
    part = judge(desk, PartName.ACTIONS)
    assert [get_status(part, one) for one in ("actions-recorded", "actions-approved")] == ["PASS", "NOT TESTED"]


def test_an_unknown_outcome_is_no_pass(desk: Desk) -> None:
    room = _open(desk)
    action, request = room.submit()
    room.decide(request)
    room.ledger.start(request, action)
    room.ledger.recover()
    part = judge(desk, PartName.ACTIONS)
    assert [get_status(part, one) for one in ("actions-approved", "actions-ended")] == ["PASS", "NOT TESTED"]


def test_a_changed_log_fails(desk: Desk) -> None:
    room = _open(desk)
    _start(room)
    log = desk.folder / "decisions/log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"run_sql", b"run_sqx"))
    assert judge(desk, PartName.ACTIONS).status == Status.FAIL


def test_facts_of_an_action_without_its_approvals_fail(desk: Desk) -> None:
    """The judge repeats the count, so altered facts do not pass; the requester does not count."""
    _start(_open(desk))
    content = dict(judge(desk, PartName.ACTIONS).content or {})
    for approved in ([], ["coding"]):
        altered = {**content, "actions": [{**content["actions"][0], "approvedBy": approved}]}
        claims = {one.id: one.status for one in judge_actions(altered, {}).claims}
        assert claims["actions-approved"] == Status.FAIL
