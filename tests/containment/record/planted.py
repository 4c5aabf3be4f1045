"""Logs that a person could write who edits files: each has one approval that does not count, signed or copied, with a whole chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.record.chain import Head
from containment.record.decision import GENESIS, DecisionKind
from containment.record.entry import EntryKind, build_line, parse_line
from containment.record.envelope import Envelope
from containment.record.log import FOLDER, HEAD, LOG
from containment.record.refusal import RefusalCode
from containment.record.subjects import Subject, build_enforce_subject
from tests.containment.record.conftest import EVIDENCE, Office

STACK: Final = "coding-enforce"
ONE: Final = "{coding: {roles: [security]}}"
TWO: Final = "{coding: {roles: [security], persons: 2}}"
OTHER: Final = "sha256:" + "5" * 64


def write_log(office: Office, envelopes: Iterable[Envelope]) -> None:
    """Write a log with decisions that nothing checked, whole and with its head: only what the decisions are can be wrong."""
    lines, previous, now = list[bytes](), GENESIS, datetime.now(UTC).replace(microsecond=0)
    for number, envelope in enumerate(envelopes, 1):
        line = build_line(EntryKind.DECISION, number, previous, now, envelope.to_dict())
        previous = parse_line(line.removesuffix(b"\n")).digest
        lines.append(line)
    place = office.folder / FOLDER
    place.mkdir(exist_ok=True)
    (place / LOG).write_bytes(b"".join(lines))
    (place / HEAD).write_bytes(Head(len(lines), previous).encode())


@dataclass(frozen=True)
class Maker:
    """Makes decisions about today: `policy` is the digest of the policy that the stack really has."""

    office: Office
    policy: str

    def decide(self, *signers: str, subject: Subject | None = None, **changes: Any) -> Envelope:
        """Return a decision to enforce today's policy, with changes, signed by people."""
        now = datetime.now(UTC).replace(microsecond=0)
        subject = subject or build_enforce_subject(STACK, self.policy, EVIDENCE)
        values = {"stack": STACK, "not_before": now - timedelta(minutes=1), "expires": now + timedelta(days=9)}
        return self.office.sign(self.office.make(subject=subject, **{**values, **changes}), *signers)

    def decide_by_stranger(self) -> Envelope:
        """Return a decision that is signed with a key of nobody."""
        return Envelope(self.decide().payload).sign(CryptoSigner(Ed25519PrivateKey.generate()))

    def move_signature(self) -> Envelope:
        """Return a decision with the signature of another one."""
        return Envelope(self.decide(reason="something else").payload, signatures=self.decide("Approver One").signatures)


@dataclass(frozen=True)
class Planted:
    """A log: the code of its refusal, the decisions in it, and the classes of approvers.yaml."""

    code: RefusalCode
    make: Callable[[Maker], list[Envelope]]
    classes: str = ONE


_DAY: Final = timedelta(days=1)


def _expire(maker: Maker) -> list[Envelope]:
    now = datetime.now(UTC).replace(microsecond=0)
    return [maker.decide("Approver One", not_before=now - 2 * _DAY, expires=now - _DAY)]


def _start_later(maker: Maker) -> list[Envelope]:
    return [maker.decide("Approver One", not_before=datetime.now(UTC).replace(microsecond=0) + _DAY)]


def _replay(maker: Maker) -> list[Envelope]:
    """A decision, the rollback that ended it, and the same decision once more."""
    first = maker.decide("Approver One")
    back = maker.decide("Approver One", kind=DecisionKind.ROLLBACK, subject={"stack": STACK, "mode": "monitor"})
    return [first, back, first]


CASES: Final = {
    "nothing": Planted(RefusalCode.NO_DECISION, lambda m: []),
    "silence": Planted(RefusalCode.UNSIGNED, lambda m: [m.decide()]),
    "a stranger's key": Planted(RefusalCode.UNKNOWN_SIGNER, lambda m: [m.decide_by_stranger()]),
    "another decision's signature": Planted(RefusalCode.BAD_SIGNATURE, lambda m: [m.move_signature()]),
    "approved by the requester": Planted(RefusalCode.SELF_APPROVAL, lambda m: [m.decide("Approver One", requester="approver  ONE")]),
    "a wrong role": Planted(RefusalCode.WRONG_ROLE, lambda m: [m.decide("Network Approver")]),
    "one person for two": Planted(RefusalCode.TOO_FEW_PERSONS, lambda m: [m.decide("Approver One")], TWO),
    "the same person twice": Planted(RefusalCode.SAME_PERSON_TWICE, lambda m: [m.decide("Approver Three", "second")], TWO),
    # An ended window is found in the log too: no entry is appended outside its window.
    "expired": Planted(RefusalCode.LOG_BROKEN, _expire),
    "not valid yet": Planted(RefusalCode.LOG_BROKEN, _start_later),
    "replayed": Planted(RefusalCode.LOG_BROKEN, _replay),
    "requested on another log": Planted(RefusalCode.LOG_BROKEN, lambda m: [m.decide("Approver One", previous="sha256:" + "9" * 64)]),
    "about another policy": Planted(
        RefusalCode.WRONG_POLICY, lambda m: [m.decide("Approver One", subject=build_enforce_subject(STACK, OTHER, EVIDENCE))]
    ),
    "about another stack": Planted(
        RefusalCode.NO_DECISION,
        lambda m: [m.decide("Approver One", stack="coding-other", subject=build_enforce_subject("coding-other", m.policy, EVIDENCE))],
    ),
    "for another class": Planted(RefusalCode.WRONG_CLASS, lambda m: [m.decide("Approver One", agent_class="research")]),
}
"""What a person could plant, by its name in tests."""
