"""Forged, replayed, expired and self-made approvals are refused, each with its own code, and the refusal is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner

from containment.errors import InputError
from containment.loaders.approvers import Approvers
from containment.record.decision import DecisionKind, parse_decision
from containment.record.digests import canonicalize, digest_json, encode_plainly
from containment.record.entry import EntryKind
from containment.record.envelope import REJECTION_TYPE, Envelope
from containment.record.gate import Record, load_record
from containment.record.log import append_decision, read_log, verify_log
from containment.record.refusal import Refusal, RefusalCode
from tests.containment.record.conftest import NOW, POLICY, Office

REGULATED = {"agent_class": "regulated-data"}


def _sign_by_stranger(office: Office) -> Envelope:
    return Envelope(office.make().encode()).sign(CryptoSigner(Ed25519PrivateKey.generate()))


def _replay(office: Office) -> Envelope:
    envelope = office.sign(office.make(), "Approver One")
    append_decision(envelope, folder=office.folder, now=NOW)
    return envelope


def _reuse_nonce(office: Office) -> Envelope:
    append_decision(office.sign(office.make(nonce="used-before-123456"), "Approver One"), folder=office.folder, now=NOW)
    return office.sign(office.make(nonce="used-before-123456", reason="another one"), "Approver One")


def _move_signature(office: Office) -> Envelope:
    one, other = office.sign(office.make(), "Approver One"), office.make(reason="something else")
    return Envelope(other.encode(), signatures=one.signatures)


def _decide_many(office: Office) -> Envelope:
    raw = json.loads(office.make().encode())
    raw["subject"] = {"stacks": ["coding", "research"], "mode": "enforce"}
    raw["subjectDigest"] = digest_json(raw["subject"])
    return Envelope(canonicalize(raw)).sign(CryptoSigner(office.keys["Approver One"]))


def _decide_all_stacks(office: Office) -> Envelope:
    raw = json.loads(office.make().encode())
    raw["stack"] = raw["subject"]["stack"] = "coding,research"
    raw["subjectDigest"] = digest_json(raw["subject"])
    return Envelope(canonicalize(raw)).sign(CryptoSigner(office.keys["Approver One"]))


def _waive_many(office: Office) -> Envelope:
    raw = json.loads(office.make(kind=DecisionKind.WAIVER, subject={"rule": "a-rule", "resource": "one"}).encode())
    raw["subject"]["resource"] = "one, two"
    raw["subjectDigest"] = digest_json(raw["subject"])
    return Envelope(canonicalize(raw)).sign(CryptoSigner(office.keys["Approver One"]))


def _change_subject(office: Office) -> Envelope:
    raw = json.loads(office.make().encode())
    raw["subject"]["policyDigest"] = "sha256:" + "3" * 64
    return Envelope(canonicalize(raw)).sign(CryptoSigner(office.keys["Approver One"]))


def _sign_a_no(office: Office) -> Envelope:
    return Envelope(office.make().encode(), REJECTION_TYPE).sign(CryptoSigner(office.keys["Approver One"]))


SPELLINGS = {
    "an invisible character": "Appro\u200bver One",
    "a soft hyphen": "Ap\u00adprover One",
    "a letter of another script": "\u0410pprover One",
    "an accent": "Appro\u0301ver Oné",
    "punctuation": "Approver-One.",
    "letters in full width": "\uff21pprover One",
}


def _approve_as(name: str, office: Office) -> Envelope:
    return office.sign(office.make(requester=name), "Approver One")


FORGERIES: dict[str, tuple[RefusalCode, Callable[[Office], Envelope]]] = {
    "silence": (RefusalCode.UNSIGNED, lambda o: o.sign(o.make())),
    "stranger": (RefusalCode.UNKNOWN_SIGNER, _sign_by_stranger),
    "signature of another decision": (RefusalCode.BAD_SIGNATURE, _move_signature),
    "self": (RefusalCode.SELF_APPROVAL, lambda o: o.sign(o.make(requester="Approver One"), "Approver One")),
    "self in other letters": (RefusalCode.SELF_APPROVAL, lambda o: o.sign(o.make(requester=" approver  ONE"), "Approver One")),
    **{f"self with {what}": (RefusalCode.SELF_APPROVAL, partial(_approve_as, name)) for what, name in SPELLINGS.items()},
    "self as one of two": (
        RefusalCode.SELF_APPROVAL,
        lambda o: o.sign(o.make(requester="Approver One", **REGULATED), "Approver One", "Approver Two"),
    ),
    "role": (RefusalCode.WRONG_ROLE, lambda o: o.sign(o.make(), "Network Approver")),
    "role of the second": (RefusalCode.WRONG_ROLE, lambda o: o.sign(o.make(**REGULATED), "Approver One", "Network Approver")),
    "one for two": (RefusalCode.TOO_FEW_PERSONS, lambda o: o.sign(o.make(**REGULATED), "Approver One")),
    "two keys": (RefusalCode.SAME_PERSON_TWICE, lambda o: o.sign(o.make(**REGULATED), "Approver Three", "second")),
    "replay": (RefusalCode.REPLAYED, _replay),
    "nonce": (RefusalCode.REPLAYED, _reuse_nonce),
    "expired": (RefusalCode.EXPIRED, lambda o: o.sign(o.make(expires=NOW), "Approver One")),
    "early": (RefusalCode.NOT_YET_VALID, lambda o: o.sign(o.make(not_before=NOW + timedelta(seconds=1)), "Approver One")),
    "other log": (RefusalCode.WRONG_HISTORY, lambda o: o.sign(o.make(previous="sha256:" + "9" * 64), "Approver One")),
    "changed subject": (RefusalCode.WRONG_SUBJECT, _change_subject),
    "batch": (RefusalCode.BATCH, _decide_many),
    "batch of stacks": (RefusalCode.BATCH, _decide_all_stacks),
    "batch of waivers": (RefusalCode.BATCH, _waive_many),
    "a no as a yes": (RefusalCode.MALFORMED, _sign_a_no),
    "other bytes": (RefusalCode.MALFORMED, lambda o: Envelope(o.make().encode() + b" ").sign(CryptoSigner(o.keys["Approver One"]))),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forgery_is_refused_with_its_code_and_recorded(office: Office, case: str) -> None:
    """Each kind of forgery has one code, changes no decision, and leaves a refusal in the log."""
    code, forge = FORGERIES[case]
    envelope = forge(office)
    before = [entry for entry in read_log(office.folder) if entry.kind is EntryKind.DECISION]
    with pytest.raises(Refusal) as caught:
        append_decision(envelope, folder=office.folder, now=NOW)
    assert caught.value.code is code
    *_, last = read_log(office.folder)
    assert (last.kind, last.body["code"]) == (EntryKind.REFUSAL, code.value)
    assert [entry for entry in read_log(office.folder) if entry.kind is EntryKind.DECISION] == before
    assert verify_log(office.folder) == []


@pytest.mark.parametrize(
    ("people", "changes"),
    [
        (["Approver One"], {}),
        (["Approver One", "Approver Two"], REGULATED),
        (["Approver Two", "second"], REGULATED),
        (["Approver One", "Approver Two"], {}),
    ],
)
def test_a_true_approval_is_accepted(office: Office, people: list[str], changes: dict[str, Any]) -> None:
    """The same decisions are valid with the signatures that their class demands: the refusals above have these causes."""
    decision = office.make(**changes)
    append_decision(office.sign(decision, *people), folder=office.folder, now=NOW)
    found = load_record(office.folder).require_decision(
        decision.kind, "coding", now=NOW, subject_digest=decision.subject_digest, policy_digests={POLICY}
    )
    assert found.nonce == decision.nonce
    assert verify_log(office.folder) == []


def test_the_caller_recomputes_what_is_decided(office: Office) -> None:
    """A decision about another subject, or an older policy, is refused when the action is about to happen."""
    decision = office.make()
    other = "sha256:" + "7" * 64
    for code, expected in ((RefusalCode.WRONG_SUBJECT, {"subject_digest": other}), (RefusalCode.WRONG_POLICY, {"policy_digest": other})):
        with pytest.raises(Refusal) as caught:
            append_decision(office.sign(decision, "Approver One"), folder=office.folder, now=NOW, **expected)
        assert caught.value.code is code
    append_decision(
        office.sign(decision, "Approver One"), folder=office.folder, now=NOW, subject_digest=decision.subject_digest, policy_digest=POLICY
    )


def _require(record: Record, **changes: Any) -> RefusalCode | None:
    try:
        record.require_decision(DecisionKind.ENFORCE, "coding", **{"now": NOW, "agent_class": "coding", **changes})
    except Refusal as refusal:
        return refusal.code
    return None


def test_the_gate_checks_a_decision_again(office: Office) -> None:
    """A recorded decision stops to count when it ends, the policy changes, the class differs, a rollback follows, or a person leaves."""
    assert _require(load_record(office.folder)) is RefusalCode.NO_DECISION
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    record = load_record(office.folder)
    assert _require(record, policy_digests={POLICY}) is None
    assert _require(record, policy_digests={"sha256:" + "8" * 64}) is RefusalCode.WRONG_POLICY
    assert _require(record, now=NOW + timedelta(days=30)) is RefusalCode.EXPIRED
    assert _require(record, now=NOW - timedelta(days=1)) is RefusalCode.NOT_YET_VALID
    assert _require(record, agent_class="regulated-data") is RefusalCode.WRONG_CLASS
    assert _require(Record(Approvers(), record.decisions)) is RefusalCode.UNKNOWN_SIGNER
    back = office.make(kind=DecisionKind.ROLLBACK, subject={"stack": "coding", "mode": "monitor"})
    append_decision(office.sign(back, "Approver Two"), folder=office.folder, now=NOW)
    assert _require(load_record(office.folder)) is RefusalCode.REVOKED


def test_a_clock_that_was_set_back_brings_no_ended_decision_to_life(office: Office) -> None:
    hour = timedelta(hours=1)
    append_decision(office.sign(office.make(expires=NOW + hour), "Approver One"), folder=office.folder, now=NOW)
    later = office.make(not_before=NOW + 2 * hour, expires=NOW + 3 * hour, reason="a later one", nonce="another-nonce-12345")
    append_decision(office.sign(later, "Approver Two"), folder=office.folder, now=NOW + 2 * hour)
    with pytest.raises(Refusal) as found:
        load_record(office.folder).require_decision(DecisionKind.ENFORCE, "coding", now=NOW + timedelta(minutes=30))
    assert found.value.code is RefusalCode.CLOCK_STEPPED_BACK
    late = office.sign(office.make(reason="a late one", nonce="a-third-nonce-12345"), "Approver One")
    with pytest.raises(Refusal) as found:
        append_decision(late, folder=office.folder, now=NOW)
    assert found.value.code is RefusalCode.CLOCK_STEPPED_BACK


def test_no_approvers_no_gate_and_removing_them_opens_nothing(office: Office) -> None:
    """A class without approvers needs no decision, until one was ever signed for it."""
    assert load_record(office.folder).is_approval_required("coding")
    assert not load_record(office.folder).is_approval_required("research")
    (office.folder / "approvers.yaml").unlink()
    assert not load_record(office.folder).is_approval_required("coding")
    office.write_approvers()
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    (office.folder / "approvers.yaml").write_text("")
    assert load_record(office.folder).is_approval_required("coding")
    assert not load_record(office.folder).is_approval_required("research")


def test_a_class_without_approvers_records_unsigned_decisions(office: Office) -> None:
    """What happens there is in the log as well; a signature that nobody can check is refused."""
    append_decision(office.sign(office.make(agent_class="research")), folder=office.folder, now=NOW)
    with pytest.raises(Refusal) as caught:
        append_decision(office.sign(office.make(agent_class="research"), "Approver One"), folder=office.folder, now=NOW)
    assert caught.value.code is RefusalCode.NO_APPROVERS
    assert verify_log(office.folder) == []


def test_a_payload_has_one_form(office: Office) -> None:
    """A decision reads back as it was written, and no key may be added to it."""
    decision = office.make()
    assert parse_decision(decision.encode()) == decision
    raw = json.loads(decision.encode())
    for change in ({"extra": 1}, {"approvals": []}, {"schema": "other"}, {"nonce": "short"}, {"notBefore": "2027-01-01T00:00:00Z"}):
        with pytest.raises(Refusal) as caught:
            parse_decision(canonicalize(raw | change))
        assert caught.value.code is RefusalCode.MALFORMED


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(value=ANY)
def test_the_fast_canonical_form_is_that_of_the_standard(value: Any) -> None:
    """Where the fast form exists, it has the bytes of RFC 8785; where the library refuses, it does not exist."""
    plain = encode_plainly(value)
    try:
        whole = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        assert plain is None
    else:
        assert plain in (None, whole)


@pytest.mark.parametrize("value", [{"\ud800": 1}, {"a": "\ud800"}, {"a": {"\udfff": 1, "b": 2}}])
def test_half_a_character_has_no_canonical_form_and_is_no_crash(value: Any) -> None:
    with pytest.raises(InputError):
        canonicalize(value)
    raw = {"schema": "containment-decision/v1", "kind": "rollback", "subject": value, "subjectDigest": "x"}
    with pytest.raises(Refusal):
        parse_decision(json.dumps(raw).encode())


def test_the_fast_canonical_form_exists_for_usual_subjects() -> None:
    """Else the test above compares nothing."""
    usual = {"name": "a.example.com", "count": 3, "flag": True, "none": None, 'quote"': "tab\t\x7f\\/"}
    assert encode_plainly(usual) == rfc8785.dumps(usual)
    nested = {"b": [usual, [1, "x"]], "a": {}}
    assert encode_plainly(nested) == rfc8785.dumps(nested)
    for value in ({"list": [1.5]}, {"big": 2**53}, {"name": "\u00e9"}, {1: "key"}, (1, 2)):
        assert encode_plainly(value) is None


def test_an_envelope_with_a_field_more_is_refused(office: Office) -> None:
    """Unsigned fields of the envelope or of a signature would not be seen by approvers."""
    raw = office.sign(office.make(), "Approver One").to_dict()
    for change in ({**raw, "note": "x"}, {**raw, "signatures": [{**raw["signatures"][0], "note": "x"}]}):
        with pytest.raises(Refusal) as caught:
            Envelope.parse(change)
        assert caught.value.code is RefusalCode.MALFORMED


def test_signing_twice_changes_no_earlier_envelope(office: Office) -> None:
    """An envelope is immutable: its form stays that of the signatures that it has."""
    one = office.sign(office.make(), "Approver One")
    before = one.to_dict()
    two = one.sign(CryptoSigner(office.keys["Approver Two"]))
    assert one.to_dict() == before
    assert len(two.to_dict()["signatures"]) == 2
    assert Envelope.parse(two.to_dict()) == two
