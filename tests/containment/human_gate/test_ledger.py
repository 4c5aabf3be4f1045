"""An approved action starts exactly once; each planted fault is refused with its own code, and the refusal is in the log."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.human_gate import desk
from containment.human_gate.ledger import ActionLedger
from containment.human_gate.waiting_queue import get_queue_folder, list_request_files, read_request_file
from containment.record import files, log
from containment.record.action_entries import ExecutionState
from containment.record.entry import EntryKind
from containment.record.envelope import REJECTION_TYPE, Envelope
from containment.record.files import RecordError
from containment.record.log import read_history, read_log, verify_log
from containment.record.refusal import Refusal, RefusalCode
from tests.containment.human_gate.room import Room, make_action


def _refuse(code: RefusalCode, act: Callable[[], object]) -> None:
    with pytest.raises(Refusal) as found:
        act()
    assert found.value.code is code


def test_an_approved_action_starts_once(room: Room) -> None:
    """Without the faults below it starts; the second start is a replay."""
    action, request = room.submit()
    room.decide(request)
    room.ledger.start(request, action)
    _refuse(RefusalCode.REPLAYED, lambda: room.ledger.start(request, action))
    room.ledger.record_outcome(request, ExecutionState.DONE)
    _refuse(RefusalCode.REPLAYED, lambda: room.ledger.record_outcome(request, ExecutionState.DONE))
    assert room.list_entries() == ["action-request", "decision", "execution started", "execution done"]
    assert verify_log(room.folder) == []
    assert list_request_files(room.folder) == []


def test_silence_starts_nothing(room: Room) -> None:
    action, request = room.submit()
    _refuse(RefusalCode.TOO_FEW_PERSONS, lambda: room.ledger.start(request, action))


def test_a_rejection_ends_it(room: Room) -> None:
    """One no is enough, also after a yes, and no yes comes after it."""
    action, request = room.submit()
    room.decide(request)
    room.decide(request, "Approver Two", is_rejected=True)
    _refuse(RefusalCode.REJECTED, lambda: room.ledger.start(request, action))
    _refuse(RefusalCode.REJECTED, lambda: room.decide(request, "Approver Three"))
    assert room.list_entries() == ["action-request", "decision", "rejection", "refusal rejected"]


@pytest.mark.parametrize(
    "changes",
    [
        {"arguments": {"sql": "DROP TABLE orders"}},
        {"tool": "run_sql2"},
        {"target": "users-db"},
        {"task": "report"},
        {"requested_by": "other"},
    ],
)
def test_another_action_than_the_approved_one_is_refused(room: Room, changes: dict[str, object]) -> None:
    """Any changed field of the action that is about to be executed."""
    _, request = room.submit()
    room.decide(request)
    _refuse(RefusalCode.WRONG_SUBJECT, lambda: room.ledger.start(request, make_action(**changes)))


def test_an_action_that_changed_in_memory_is_refused(room: Room) -> None:
    """The digest is computed again at the start."""
    action, request = room.submit()
    room.decide(request)
    object.__setattr__(action, "arguments", {"sql": "DROP TABLE orders"})
    _refuse(RefusalCode.WRONG_SUBJECT, lambda: room.ledger.start(request, action))


def test_a_policy_that_changed_while_it_waited_is_refused(room: Room) -> None:
    action, request = room.submit()
    room.decide(request)
    room.policy = "sha256:" + "9" * 64
    _refuse(RefusalCode.WRONG_POLICY, lambda: room.ledger.start(request, action))
    _refuse(RefusalCode.WRONG_POLICY, room.submit)


def test_an_approval_ends_at_the_deadline(room: Room) -> None:
    """Neither a start nor a decision counts from the deadline on."""
    action, request = room.submit()
    room.decide(request)
    room.now = request.deadline
    _refuse(RefusalCode.EXPIRED, lambda: room.ledger.start(request, action))
    _refuse(RefusalCode.EXPIRED, lambda: room.decide(request, "Approver Two"))


def test_a_clock_that_steps_back_is_refused(room: Room) -> None:
    """An approval does not become valid again by setting the clock."""
    action, request = room.submit()
    room.pass_time(minutes=1)
    room.decide(request)
    room.pass_time(seconds=-1)
    _refuse(RefusalCode.CLOCK_STEPPED_BACK, lambda: room.ledger.start(request, action))
    _refuse(RefusalCode.CLOCK_STEPPED_BACK, room.submit)
    _refuse(RefusalCode.CLOCK_STEPPED_BACK, lambda: room.decide(request, "Approver Two"))


def test_two_persons_decide_for_a_regulated_class(regulated: Room) -> None:
    """One person is too few, and twice the same person is one."""
    action, request = regulated.submit()
    assert request.persons == 2
    regulated.decide(request)
    _refuse(RefusalCode.TOO_FEW_PERSONS, lambda: regulated.ledger.start(request, action))
    _refuse(RefusalCode.SAME_PERSON_TWICE, lambda: regulated.decide(request))
    action, request = regulated.submit()
    regulated.decide(request)
    regulated.decide(request, "Approver Two")
    regulated.ledger.start(request, action)
    assert verify_log(regulated.folder) == []


def test_the_requester_does_not_approve(room: Room) -> None:
    """Spelling does not make another person."""
    _, request = room.submit(requested_by="approver  ONE")
    _refuse(RefusalCode.SELF_APPROVAL, lambda: room.decide(request))
    assert room.list_entries()[-1] == "refusal self-approval"


def test_a_person_without_the_role_does_not_approve(room: Room) -> None:
    _, request = room.submit()
    _refuse(RefusalCode.WRONG_ROLE, lambda: room.decide(request, "Network Approver"))
    assert room.list_entries()[-1] == "refusal wrong-role"


def test_another_persons_key_does_not_approve(room: Room) -> None:
    """The signature is the reviewer's, neither a stranger's nor a colleague's."""
    _, request = room.submit()
    _refuse(RefusalCode.BAD_SIGNATURE, lambda: room.decide(request, key="Approver Two"))
    room.office.keys["stranger"] = Ed25519PrivateKey.generate()
    _refuse(RefusalCode.UNKNOWN_SIGNER, lambda: room.decide(request, key="stranger"))
    assert room.list_entries()[1:] == ["refusal bad-signature", "refusal unknown-signer"]


def test_an_approver_who_was_removed_since_does_not_count(room: Room) -> None:
    """The approvers of the start decide, not those of the decision."""
    action, request = room.submit()
    room.decide(request)
    room.office.write_approvers("{coding: {roles: [network]}}")
    _refuse(RefusalCode.WRONG_ROLE, lambda: room.ledger.start(request, action))


def test_a_class_without_approvers_has_no_approval(room: Room) -> None:
    """Nobody named means denied, not permitted."""
    ledger = replace(room.ledger, agent_class="research")
    _refuse(RefusalCode.NO_APPROVERS, lambda: ledger.submit(make_action()))
    _refuse(RefusalCode.NEVER_APPROVED, lambda: replace(room.ledger, agent_class="locked-down").submit(make_action()))
    _refuse(RefusalCode.NEVER_APPROVED, lambda: room.ledger.submit(make_action(task="research")))
    assert room.list_entries() == ["refusal no-approvers", "refusal never-approved", "refusal never-approved"]


def test_one_decision_is_about_one_action(room: Room) -> None:
    """The approval of one request is none of an equal action, and a waiting action is not requested again."""
    action, request = room.submit()
    _refuse(RefusalCode.ALREADY_WAITING, lambda: room.ledger.submit(action))
    room.decide(request)
    room.ledger.start(request, action)
    again = room.ledger.submit(action)
    _refuse(RefusalCode.TOO_FEW_PERSONS, lambda: room.ledger.start(again, action))
    _, third = room.submit()
    _refuse(RefusalCode.WRONG_SUBJECT, lambda: room.decide(third, digest=request.action_digest))


def test_a_flood_of_requests_is_refused(room: Room) -> None:
    for _ in range(room.ledger.rules.most_waiting):
        room.submit()
    _refuse(RefusalCode.TOO_MANY_WAITING, room.submit)


def test_what_a_person_cannot_read_is_refused(room: Room) -> None:
    _refuse(RefusalCode.TOO_LARGE, lambda: room.ledger.submit(make_action(arguments={"sql": "x" * 40_000})))


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: data.replace(b"orders-db", b"others-db")]
)
def test_a_damaged_file_of_the_queue_is_refused(room: Room, damage: Callable[[bytes], bytes]) -> None:
    """Half-written, empty or altered: it is listed as unusable, and a decision about it is refused and logged."""
    _, request = room.submit()
    path = get_queue_folder(room.folder) / f"{request.request}.json"
    path.write_bytes(damage(path.read_bytes()))
    assert [one.request for one in list_request_files(room.folder)] == [None]
    _refuse(RefusalCode.MALFORMED, lambda: room.decide(request))
    assert room.list_entries()[-1] == "refusal malformed"


def test_a_planted_file_is_no_request(room: Room) -> None:
    """A file that names a request which the log does not have, or a link to elsewhere, cannot be decided."""
    _, request = room.submit()
    path = get_queue_folder(room.folder) / f"{request.request}.json"
    planted = path.with_name("a" * 32 + ".json")
    planted.write_bytes(path.read_bytes())
    _refuse(RefusalCode.MALFORMED, lambda: read_request_file(room.folder, "a" * 32))
    planted.unlink()
    planted.symlink_to(path)
    _refuse(RefusalCode.MALFORMED, lambda: read_request_file(room.folder, "a" * 32))
    _refuse(RefusalCode.MALFORMED, lambda: read_request_file(room.folder, "../../log"))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_full_disk_starts_nothing(room: Room, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Request, decision or start cannot be written: the action does not start, and nothing half-written remains."""
    count = 0
    real = files.append_bytes

    def fail(path: Path, data: bytes, where: int) -> None:
        nonlocal count
        count += 1
        if count == at:
            with files.convert_errors(path, "written"):
                raise OSError(errno.ENOSPC, "No space left on device")
        real(path, data, where)

    monkeypatch.setattr("containment.record.log.append_bytes", fail)

    def run() -> None:
        action, request = room.submit()
        room.decide(request)
        room.ledger.start(request, action)

    with pytest.raises(RecordError, match="no space left"):
        run()
    assert "execution started" not in room.list_entries()
    assert verify_log(room.folder) == []


def test_after_a_crash_between_start_and_outcome_nothing_is_repeated(room: Room) -> None:
    """The next process records that the outcome is unknown, and withdraws what waited."""
    action, request = room.submit()
    room.decide(request)
    room.ledger.start(request, action)
    _, waiting = room.submit()
    room.open_ledger()
    assert len(room.ledger.recover()) == 2
    assert room.list_entries()[-2:] == ["execution unknown", "refusal withdrawn"]
    assert room.ledger.recover() == []
    _refuse(RefusalCode.REPLAYED, lambda: room.ledger.start(request, action))
    _refuse(RefusalCode.WITHDRAWN, lambda: room.decide(waiting))
    assert list_request_files(room.folder) == []
    assert verify_log(room.folder) == []


def test_a_decision_names_reviewer_role_and_the_request_it_follows(room: Room) -> None:
    """What E.1 demands of a record is inside the signed payload."""
    action, request = room.submit()
    decision = room.decide(request).envelope.decision
    first = read_log(room.folder)[0]
    assert decision.subject["actionDigest"] == action.digest
    assert (decision.subject["reviewer"], decision.subject["role"]) == ("Approver One", "security")
    assert decision.previous == first.digest
    assert decision.policy_digest == action.policy_digest
    assert (decision.not_before, decision.expires) == (room.now, request.deadline)
    assert read_history(room.folder).cases[request.request].request == request


def test_the_ledger_type_is_frozen(room: Room) -> None:
    """Its policy reader cannot be exchanged by accident."""
    with pytest.raises(AttributeError):
        ActionLedger.__setattr__(room.ledger, "stack", "x")


@pytest.mark.parametrize(("key", "code"), [("stranger", RefusalCode.UNKNOWN_SIGNER), ("Approver Two", RefusalCode.BAD_SIGNATURE)])
def test_a_forged_entry_of_the_log_starts_nothing(room: Room, key: str, code: RefusalCode) -> None:
    """Who can write the log, but has no approver's key, makes entries whose chain is whole; the start checks their signatures."""
    action, request = room.submit()
    room.office.keys["stranger"] = Ed25519PrivateKey.generate()
    case = read_history(room.folder).cases[request.request]
    decision = desk._build_decision(case, room.folder, room.get_person("Approver One"), "fine", room.now)
    forged = Envelope(decision.encode()).sign(CryptoSigner(room.office.keys[key]))
    place = room.folder / "decisions"
    log._append(place, log._read_chain(place), EntryKind.DECISION, room.now, forged.to_dict())
    assert read_history(room.folder).cases[request.request].is_approved, "the forgery fits everywhere but in its signature"
    _refuse(code, lambda: room.ledger.start(request, action))
    assert [problem.kind for problem in verify_log(room.folder)] == ["invalid"]


def test_a_signed_decision_is_none_about_another_request(room: Room) -> None:
    """The envelope of one request, recorded once more or for another one, is refused."""
    _, request = room.submit()
    envelope = room.decide(request).envelope
    _refuse(RefusalCode.REPLAYED, lambda: log.append_decision(envelope, folder=room.folder, now=room.now))
    other, second = room.submit()
    _refuse(RefusalCode.REPLAYED, lambda: log.append_decision(envelope, folder=room.folder, now=room.now))
    _refuse(RefusalCode.TOO_FEW_PERSONS, lambda: room.ledger.start(second, other))


def test_a_signed_no_is_no_yes(room: Room) -> None:
    """A rejection recorded as a decision is refused by its payload type."""
    _, request = room.submit()
    case = read_history(room.folder).cases[request.request]
    decision = desk._build_decision(case, room.folder, room.get_person("Approver One"), "never", room.now)
    signed = Envelope(decision.encode(), REJECTION_TYPE).sign(CryptoSigner(room.office.keys["Approver One"]))
    _refuse(RefusalCode.MALFORMED, lambda: log.append_decision(signed, folder=room.folder, now=room.now))
    relabeled = Envelope(signed.payload, signatures=signed.signatures)
    _refuse(RefusalCode.BAD_SIGNATURE, lambda: log.append_decision(relabeled, folder=room.folder, now=room.now))


def test_two_signatures_in_one_envelope_are_refused(regulated: Room) -> None:
    """Each person's decision has an entry of its own."""
    _, request = regulated.submit()
    case = read_history(regulated.folder).cases[request.request]
    decision = desk._build_decision(case, regulated.folder, regulated.get_person("Approver One"), "fine", regulated.now)
    envelope = regulated.office.sign(decision, "Approver One", "Approver Two")
    _refuse(RefusalCode.BATCH, lambda: log.append_decision(envelope, folder=regulated.folder, now=regulated.now))
