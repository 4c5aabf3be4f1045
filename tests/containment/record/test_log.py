"""Every change of the log is found: bit flips, deletions, reorders, truncations, forks and rollbacks; a crash loses nothing."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from securesystemslib.signer import Key

from containment.loaders.approvers import load_approvers
from containment.record import log as log_module
from containment.record.chain import Head, LogProblemKind, parse_head, read_chain
from containment.record.decision import Approval
from containment.record.entry import EntryKind
from containment.record.envelope import Envelope
from containment.record.files import RecordError
from containment.record.log import append_decision, find_signature_problems, read_head, read_log, verify_log
from containment.record.refusal import Refusal
from tests.containment.record.conftest import NOW, Office

LENGTH = 8
FAST = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Return a folder whose log has decisions and a refusal."""
    office = Office(tmp_path_factory.mktemp("log"))
    office.write_approvers()
    for _ in range(LENGTH - 1):
        append_decision(office.sign(office.make(previous=read_head(office.folder).digest), "Approver One"), folder=office.folder, now=NOW)
    with pytest.raises(Refusal):
        append_decision(office.sign(office.make(), "Network Approver"), folder=office.folder, now=NOW)
    assert len(read_log(office.folder)) == LENGTH
    return office


def _get_log(office: Office) -> Path:
    return office.folder / "decisions" / "log.jsonl"


def _find_kinds(office: Office, data: bytes) -> set[LogProblemKind]:
    """Return the kinds of problems of the log with other bytes, which are written and taken back."""
    path = _get_log(office)
    whole = path.read_bytes()
    try:
        path.write_bytes(data)
        return {problem.kind for problem in verify_log(office.folder)}
    finally:
        path.write_bytes(whole)


def _split(office: Office) -> list[bytes]:
    return _get_log(office).read_bytes().splitlines(keepends=True)


def test_an_unchanged_log_has_no_problem(written: Office) -> None:
    """The changes below are the only reason for the problems they cause."""
    assert verify_log(written.folder) == []


@FAST
@given(data=st.data())
def test_every_bit_flip_is_found(written: Office, data: st.DataObject) -> None:
    """One flipped bit, anywhere in the log, is a problem."""
    whole = bytearray(_get_log(written).read_bytes())
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[place // 8] ^= 1 << place % 8
    assert _find_kinds(written, bytes(whole))


@FAST
@given(data=st.data())
def test_every_bit_flip_of_the_head_is_found(written: Office, data: st.DataObject) -> None:
    """One flipped bit in the head is a problem."""
    path = written.folder / "decisions" / "head.json"
    whole = path.read_bytes()
    changed = bytearray(whole)
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed[place // 8] ^= 1 << place % 8
    try:
        path.write_bytes(bytes(changed))
        assert verify_log(written.folder)
    finally:
        path.write_bytes(whole)


@FAST
@given(data=st.data())
def test_every_deletion_is_found(written: Office, data: st.DataObject) -> None:
    """Any set of lines that is missing is a problem, also at the end."""
    lines = _split(written)
    gone = data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1))
    assert _find_kinds(written, b"".join(line for place, line in enumerate(lines) if place not in gone))


@FAST
@given(data=st.data())
def test_every_reorder_is_found(written: Office, data: st.DataObject) -> None:
    """The same lines in another order are a problem."""
    lines = _split(written)
    order = data.draw(st.permutations(range(len(lines))).filter(lambda found: found != list(range(LENGTH))))
    assert LogProblemKind.REORDERED in _find_kinds(written, b"".join(lines[place] for place in order))


@FAST
@given(data=st.data())
def test_every_truncation_is_found_against_the_head(written: Office, data: st.DataObject) -> None:
    """A log that ends earlier than its head is a problem, wherever it is cut."""
    whole = _get_log(written).read_bytes()
    assert LogProblemKind.TRUNCATED in _find_kinds(written, whole[: data.draw(st.integers(0, len(whole) - 1))])


@FAST
@given(kept=st.integers(0, LENGTH - 1))
def test_a_rollback_to_an_older_head_is_found_by_the_archived_head(written: Office, kept: int) -> None:
    """A log and its head that are both taken back are consistent; a newer head that is kept elsewhere shows it."""
    place = written.folder / "decisions"
    head, lines = (place / "head.json").read_bytes(), _split(written)
    archived = parse_head(head)
    chain = read_chain(b"".join(lines[:kept]))
    whole = _get_log(written).read_bytes()
    try:
        _get_log(written).write_bytes(b"".join(lines[:kept]))
        (place / "head.json").write_bytes(chain.head.encode())
        assert verify_log(written.folder) == []
        kinds = {problem.kind for problem in verify_log(written.folder, {"the archive": archived})}
        assert kinds == {LogProblemKind.TRUNCATED}
    finally:
        _get_log(written).write_bytes(whole)
        (place / "head.json").write_bytes(head)


@FAST
@given(kept=st.integers(0, LENGTH - 1))
def test_a_fork_is_found_by_the_archived_head(written: Office, tmp_path_factory: pytest.TempPathFactory, kept: int) -> None:
    """A log with another history from some line on, as long as the true one and correctly signed, is a problem."""
    folder = tmp_path_factory.mktemp("fork")
    fork = Office(folder, keys=written.keys, second=written.second, count=100 + kept)
    fork.write_approvers()
    (folder / "decisions").mkdir()
    lines = _split(written)[:kept]
    _get_log(fork).write_bytes(b"".join(lines))
    (folder / "decisions" / "head.json").write_bytes(read_chain(b"".join(lines)).head.encode())
    for _ in range(LENGTH - kept):
        append_decision(fork.sign(fork.make(reason="another history"), "Approver Two"), folder=folder, now=NOW)
    assert verify_log(folder) == []
    kinds = {problem.kind for problem in verify_log(folder, {"the archive": read_head(written.folder)})}
    assert kinds == {LogProblemKind.FORKED}


@pytest.mark.parametrize("kind", ["unsigned", "stranger"])
def test_an_entry_added_by_hand_is_found(office: Office, kind: str) -> None:
    """A line with a right chain and a right head, but without the signatures, is a problem and opens no gate."""
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    envelope = office.sign(office.make(), *(["Network Approver"] if kind == "stranger" else []))
    place = office.folder / "decisions"
    chain = log_module._read_chain(place)
    log_module._append(place, chain, EntryKind.DECISION, NOW, envelope.to_dict())
    assert [problem.kind for problem in verify_log(office.folder)] == [LogProblemKind.INVALID]


def test_nothing_is_appended_to_a_changed_log(office: Office) -> None:
    """An append to a log that was cut raises, and changes no byte."""
    for _ in range(3):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    cut = b"".join(_split(office)[:2])
    _get_log(office).write_bytes(cut)
    with pytest.raises(RecordError, match="truncated"):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    assert _get_log(office).read_bytes() == cut


def test_a_missing_head_is_found(office: Office) -> None:
    """Without the head a cut could not be seen, so its absence is a problem."""
    for _ in range(2):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    (office.folder / "decisions" / "head.json").unlink()
    assert [problem.kind for problem in verify_log(office.folder)] == [LogProblemKind.NO_HEAD]


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_crash_between_append_and_anchor_loses_nothing(office: Office, before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that is on disk counts although the head was not written, and the next append names it."""
    for _ in range(before):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    with monkeypatch.context() as patched:

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(log_module, "write_whole", crash)
        with pytest.raises(KeyboardInterrupt):
            append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    assert verify_log(office.folder) == []
    assert len(read_log(office.folder)) == before + 1
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    assert verify_log(office.folder) == []
    assert read_head(office.folder).entries == before + 2


@pytest.mark.parametrize("part", [1, 40, -1])
def test_a_torn_append_is_dropped(office: Office, part: int) -> None:
    """Part of a line, left by a crash during its write, was reported to no one; the next append replaces it."""
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    line = _split(office)[0]
    with _get_log(office).open("ab") as file:
        file.write(line[:part])
    assert verify_log(office.folder) == []
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    assert verify_log(office.folder) == []
    assert len(read_log(office.folder)) == 2


def test_a_decision_that_cannot_be_written_raises(office: Office) -> None:
    """The caller sees an error before it acts: here the log is a folder, and there the folder is a file."""
    _get_log(office).mkdir(parents=True)
    with pytest.raises(RecordError):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    _get_log(office).rmdir()
    _get_log(office).parent.rmdir()
    _get_log(office).parent.write_text("")
    with pytest.raises(RecordError):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)


def test_the_empty_log_has_the_empty_head(tmp_path: Path) -> None:
    """A fresh clone has no log, and that is no problem."""
    assert verify_log(tmp_path) == []
    assert read_head(tmp_path) == Head()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="this machine has one core, and one thread verifies")
def test_signatures_are_verified_at_the_same_time_and_reported_in_the_order_of_the_log(
    written: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each verification waits for a second one; every signature is wrong."""
    both = threading.Barrier(2, timeout=30)

    def refuse(_: Envelope, __: Approval, ___: Key) -> bool:
        both.wait()
        return False

    monkeypatch.setattr(log_module, "_BATCH", 1)
    monkeypatch.setattr(Envelope, "is_signed_by", refuse)
    entries = read_log(written.folder)[: (LENGTH - 1) // 2 * 2]
    found = find_signature_problems(entries, load_approvers(written.folder))
    assert [problem.line for problem in found] == [entry.sequence for entry in entries]
    assert all("is not one of this decision" in problem.what for problem in found)
