"""A log of 10,000 entries: one planted failure, wherever it is, is found, also by a person who writes the chain and its head anew."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.record.chain import Head, LogProblem, LogProblemKind
from containment.record.decision import GENESIS
from containment.record.entry import EntryKind, build_line, parse_line
from containment.record.envelope import Envelope
from containment.record.log import FOLDER, HEAD, LOG, verify_log
from containment.record.refusal import RefusalCode
from tests.containment.record.conftest import NOW, Office

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(600)]

COUNT = 10_000
PLACE = 9_871
"""The entry that failures are planted at, so that few entries need to be written anew."""


@dataclass(frozen=True)
class Long:
    """A folder whose log has COUNT decisions, and the lines of it."""

    office: Office
    lines: tuple[bytes, ...]

    def link(self, start: int, envelopes: Sequence[Envelope]) -> list[bytes]:
        """Return the log with decisions in the place of those from an entry on: each line has its right digest and its right previous."""
        lines, previous = list(self.lines[: start - 1]), _get_digest(self.lines[start - 2])
        for number, envelope in enumerate(envelopes, start):
            lines.append(build_line(EntryKind.DECISION, number, previous, NOW, envelope.to_dict()))
            previous = _get_digest(lines[-1])
        return lines

    def list_envelopes(self, start: int) -> list[Envelope]:
        """Return the decisions from an entry on."""
        return [parse_line(line.removesuffix(b"\n")).envelope for line in self.lines[start - 1 :]]

    def plant(self, envelope: Envelope, start: int = PLACE) -> list[bytes]:
        """Return the log with one decision replaced, written anew from there on."""
        return self.link(start, [envelope, *self.list_envelopes(start + 1)])


def _get_digest(line: bytes) -> str:
    return parse_line(line.removesuffix(b"\n")).digest


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Long:
    """Return a whole log; each decision is about another policy."""
    office = Office(tmp_path_factory.mktemp("long"))
    office.write_approvers("{coding: {roles: [security]}}")
    lines, previous = [], GENESIS
    for number in range(1, COUNT + 1):
        envelope = office.sign(office.make(previous=previous), "Approver One")
        lines.append(build_line(EntryKind.DECISION, number, previous, NOW, envelope.to_dict()))
        previous = _get_digest(lines[-1])
    (office.folder / FOLDER).mkdir()
    (office.folder / FOLDER / HEAD).write_bytes(Head(COUNT, previous).encode())
    return Long(office, tuple(lines))


def _verify(long: Long, lines: Sequence[bytes], tmp_path: Path, *, with_head: bool = False) -> list[LogProblem]:
    """Return the problems of a log; `with_head` writes the head that fits it, as a person who can edit the folder would."""
    place = tmp_path / FOLDER
    place.mkdir()
    shutil.copy(long.office.folder / "approvers.yaml", tmp_path)
    (place / LOG).write_bytes(b"".join(lines))
    head = Head(len(lines), _get_digest(lines[-1])).encode() if with_head else (long.office.folder / FOLDER / HEAD).read_bytes()
    (place / HEAD).write_bytes(head)
    return verify_log(tmp_path)


def test_the_whole_log_has_no_problem(long: Long, tmp_path: Path) -> None:
    assert _verify(long, long.lines, tmp_path) == []


def test_one_altered_byte_is_found(long: Long, tmp_path: Path) -> None:
    number = random.Random(1).randrange(COUNT)
    line = bytearray(long.lines[number])
    line[len(line) // 2] ^= 1
    found = _verify(long, [*long.lines[:number], bytes(line), *long.lines[number + 1 :]], tmp_path)
    assert (found[0].kind, found[0].line) == (LogProblemKind.ALTERED, number + 1)


def test_one_removed_entry_is_found(long: Long, tmp_path: Path) -> None:
    number = random.Random(2).randrange(COUNT)
    found = _verify(long, [*long.lines[:number], *long.lines[number + 1 :]], tmp_path)
    assert (LogProblemKind.MISSING, number + 1) in {(one.kind, one.line) for one in found}


def test_two_swapped_entries_are_found(long: Long, tmp_path: Path) -> None:
    one, other = sorted(random.Random(3).sample(range(COUNT), 2))
    lines = list(long.lines)
    lines[one], lines[other] = lines[other], lines[one]
    found = _verify(long, lines, tmp_path)
    assert {one + 1, other + 1} <= {each.line for each in found if each.kind in (LogProblemKind.REORDERED, LogProblemKind.MISSING)}


def test_a_truncated_tail_is_found_by_the_anchored_head(long: Long, tmp_path: Path) -> None:
    """With its head taken back as well, the log is consistent: only a head that is kept elsewhere shows it."""
    assert [one.kind for one in _verify(long, long.lines[:-1], tmp_path)] == [LogProblemKind.TRUNCATED]
    (tmp_path / FOLDER / HEAD).write_bytes(Head(COUNT - 1, _get_digest(long.lines[-2])).encode())
    assert verify_log(tmp_path) == []
    found = verify_log(tmp_path, {"the archive": Head(COUNT, _get_digest(long.lines[-1]))})
    assert [one.kind for one in found] == [LogProblemKind.TRUNCATED]


def _sign_by_stranger(office: Office) -> Envelope:
    return Envelope(office.make().encode()).sign(CryptoSigner(Ed25519PrivateKey.generate()))


PLANTED: dict[str, tuple[RefusalCode, Callable[[Office], Envelope]]] = {
    "a foreign key": (RefusalCode.UNKNOWN_SIGNER, _sign_by_stranger),
    "an expired window": (RefusalCode.EXPIRED, lambda o: o.sign(o.make(expires=NOW - timedelta(seconds=1)), "Approver One")),
    "the same person twice": (RefusalCode.SAME_PERSON_TWICE, lambda o: o.sign(o.make(), "Approver Three", "second")),
    "the requester approves": (RefusalCode.SELF_APPROVAL, lambda o: o.sign(o.make(requester="Approver One"), "Approver One")),
    "a nonce that was used": (RefusalCode.REPLAYED, lambda o: o.sign(o.make(nonce=f"nonce-{7:020}"), "Approver One")),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_decision_is_found_though_the_chain_is_written_anew(long: Long, tmp_path: Path, case: str) -> None:
    """The one entry is named, with the code of its refusal; the entries after it name the new history and are not signed for it."""
    code, make = PLANTED[case]
    found = _verify(long, long.plant(make(long.office)), tmp_path, with_head=True)
    assert any(one.line == PLACE and one.what.startswith(code) for one in found), [(one.line, one.what) for one in found][:5]
    assert all(one.line >= PLACE for one in found)


def test_a_replayed_entry_is_found_at_the_end(long: Long, tmp_path: Path) -> None:
    """An older decision that is appended again, in a chain that is right, is one problem."""
    replayed: Any = parse_line(long.lines[41].removesuffix(b"\n")).envelope
    lines = [*long.lines, build_line(EntryKind.DECISION, COUNT + 1, _get_digest(long.lines[-1]), NOW, replayed.to_dict())]
    (found,) = _verify(long, lines, tmp_path, with_head=True)
    assert (found.kind, found.line) == (LogProblemKind.INVALID, COUNT + 1)
    assert found.what.startswith(RefusalCode.REPLAYED)
