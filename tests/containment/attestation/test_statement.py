"""An attestation's file: what was signed is what is read, and any change of it, of its checks or of its signer is refused."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from containment.attestation.keys import load_attesters
from containment.attestation.statement import Attestation, CheckedItem, Verdict, decide_verdict, parse_statement
from containment.attestation.storage import Freshness, check_freshness, find_latest, read_attestation, write_attestation
from containment.errors import InputError
from containment.exit_code import Exit
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope
from containment.record.refusal import Refusal

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DIGEST = "sha256:" + "1" * 64
ONE = CheckedItem("policy-is-live", "the rules are live", Status.PASS, "13 rules", DIGEST)
TWO = CheckedItem("canary-deny", "a denied name is logged", Status.PASS, "api.example.com denied", "a line")


class Signing:
    """A key, and its public part in PEM."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.signer = CryptoSigner(self.key)
        self.pem = (
            self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode("ascii")
        )


@pytest.fixture(scope="module")
def signing() -> Signing:
    return Signing()


def make(time: datetime = NOW, *checks: CheckedItem) -> Attestation:
    return Attestation(
        stack="coding-enforce",
        time=time,
        mode=PolicyMode.ENFORCE,
        place="the lab",
        is_simulated=True,
        revision="a" * 40,
        reviewed_policy=DIGEST,
        live_policy=DIGEST,
        checks=checks or (ONE, TWO),
    )


def store(folder: Path, signing: Signing, attestation: Attestation) -> Path:
    (folder / "attesters.pem").write_text(signing.pem)
    envelope = Envelope(attestation.build_statement(), STATEMENT_PAYLOAD).sign(signing.signer)
    return write_attestation(folder / "attestations", attestation, envelope)


def test_what_was_signed_is_read_back(tmp_path: Path, signing: Signing) -> None:
    found = read_attestation(store(tmp_path, signing, make()), [signing.pem])
    assert found.attestation == make()
    assert found.signers == (signing.signer.public_key.keyid,)
    assert json.loads(make().build_statement())["_type"] == "https://in-toto.io/Statement/v1"


@pytest.mark.parametrize(
    ("statuses", "verdict", "code"),
    [
        ([Status.PASS, Status.PASS], Verdict.PASSED, Exit.OK),
        ([Status.PASS, Status.NOT_TESTED], Verdict.INCOMPLETE, Exit.INCONCLUSIVE),
        ([Status.NOT_TESTED, Status.FAIL], Verdict.FAILED, Exit.NO),
        ([], Verdict.INCOMPLETE, Exit.INCONCLUSIVE),
    ],
)
def test_not_tested_is_never_passed(statuses: list[Status], verdict: Verdict, code: Exit) -> None:
    assert decide_verdict(statuses) is verdict
    assert verdict.exit is code


def test_one_changed_byte_anywhere_in_the_payload_or_signature_is_found(tmp_path: Path, signing: Signing) -> None:
    path = store(tmp_path, signing, make())
    document = json.loads(path.read_text())
    for holder, key in ((document, "payload"), (document["signatures"][0], "sig")):
        kept = holder[key]
        for place in range(0, len(kept) - 4, max(1, len(kept) // 40)):
            holder[key] = kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :]
            path.write_text(json.dumps(document))
            with pytest.raises(InputError):
                read_attestation(path, [signing.pem])
        holder[key] = kept
    path.write_text(json.dumps(document))
    assert read_attestation(path, [signing.pem]).signers


def test_a_key_that_is_not_trusted_or_no_key_at_all_is_refused(tmp_path: Path, signing: Signing) -> None:
    path = store(tmp_path, signing, make())
    with pytest.raises(InputError, match="none of the trusted keys"):
        read_attestation(path, [Signing().pem])
    with pytest.raises(InputError, match="no public key is trusted"):
        read_attestation(path, [])


def test_a_verdict_that_its_checks_do_not_give_is_refused() -> None:
    failed = make(NOW, ONE, replace(TWO, status=Status.FAIL))
    payload = failed.build_statement().replace(b'"verdict":"FAILED"', b'"verdict":"PASSED"')
    with pytest.raises(InputError, match="has the verdict PASSED, and its checks give FAILED"):
        parse_statement(payload, "file")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"status":"PASS"', b'"status":"SKIPPED"'),
        (b'"coding-enforce/policy"', b'"coding-other/policy"'),
        (b"in-toto.io/Statement/v1", b"in-toto.io/Statement/v2"),
        (b'"mode":"enforce"', b'"mode":"enforce" '),
        (b'"canary-deny"', b'"policy-is-live"'),
        (b'"simulated":true', b'"simulated":1'),
    ],
)
def test_a_statement_of_another_form_is_refused(before: bytes, after: bytes) -> None:
    payload = make().build_statement()
    assert before in payload
    with pytest.raises(InputError):
        parse_statement(payload.replace(before, after, 1), "file")


def test_the_log_of_decisions_takes_no_attestation(signing: Signing) -> None:
    envelope = Envelope(make().build_statement(), STATEMENT_PAYLOAD).sign(signing.signer)
    with pytest.raises(Refusal):
        Envelope.parse(envelope.to_dict())


def test_an_attestation_is_never_replaced(tmp_path: Path, signing: Signing) -> None:
    store(tmp_path, signing, make())
    with pytest.raises(InputError, match="never replaced"):
        store(tmp_path, signing, make(NOW, ONE))


@pytest.mark.parametrize(
    ("age", "checks", "freshness", "status"),
    [
        (timedelta(hours=1), (ONE, TWO), Freshness.PASSED, Status.PASS),
        (timedelta(hours=25), (ONE, TWO), Freshness.STALE, Status.FAIL),
        (timedelta(hours=-1), (ONE, TWO), Freshness.UNUSABLE, Status.FAIL),
        (timedelta(hours=1), (replace(ONE, status=Status.FAIL), TWO), Freshness.FAILED, Status.FAIL),
        (timedelta(hours=1), (replace(ONE, status=Status.NOT_TESTED), TWO), Freshness.INCOMPLETE, Status.WARN),
    ],
)
def test_stale_failed_and_future_attestations_fail(
    tmp_path: Path, signing: Signing, age: timedelta, checks: tuple[CheckedItem, ...], freshness: Freshness, status: Status
) -> None:
    store(tmp_path, signing, make(NOW - age, *checks))
    assert find_latest("coding-enforce", tmp_path, now=NOW).status is freshness
    assert check_freshness("coding-enforce", tmp_path, now=NOW).status is status


def test_the_newest_file_decides_and_a_limit_can_be_set(tmp_path: Path, signing: Signing) -> None:
    store(tmp_path, signing, make(NOW - timedelta(hours=3), replace(ONE, status=Status.FAIL)))
    store(tmp_path, signing, make(NOW - timedelta(hours=2)))
    assert find_latest("coding-enforce", tmp_path, now=NOW).status is Freshness.PASSED
    assert find_latest("coding-enforce", tmp_path, now=NOW, longest=timedelta(hours=1)).status is Freshness.STALE


def test_no_attestation_is_a_warning_and_never_a_pass(tmp_path: Path) -> None:
    assert check_freshness("coding-enforce", tmp_path, now=NOW).status is Status.WARN


def test_an_attestation_of_another_stack_in_this_stacks_folder_is_unusable(tmp_path: Path, signing: Signing) -> None:
    path = store(tmp_path, signing, make())
    moved = tmp_path / "attestations" / "research-enforce" / path.name
    moved.parent.mkdir()
    path.rename(moved)
    assert find_latest("research-enforce", tmp_path, now=NOW).status is Freshness.UNUSABLE


def test_without_trusted_keys_nothing_passes(tmp_path: Path, signing: Signing) -> None:
    store(tmp_path, signing, make())
    (tmp_path / "attesters.pem").unlink()
    assert find_latest("coding-enforce", tmp_path, now=NOW).status is Freshness.UNUSABLE


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "{key}\nmore text"])
def test_a_file_with_something_else_than_public_keys_is_refused(tmp_path: Path, signing: Signing, text: str) -> None:
    path = tmp_path / "keys.pem"
    path.write_text(text.replace("{key}", signing.pem))
    with pytest.raises(InputError, match="keys of attesters"):
        load_attesters([path], tmp_path)


def test_a_private_key_is_never_taken_for_a_public_one(tmp_path: Path, signing: Signing) -> None:
    encoded = signing.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "keys.pem").write_bytes(encoded)
    with pytest.raises(InputError) as raised:
        load_attesters([tmp_path / "keys.pem"], tmp_path)
    assert encoded.decode().splitlines()[1] not in str(raised.value)


def test_a_refused_write_is_about_the_attestation_and_not_about_the_record(
    tmp_path: Path, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError, match="make room there") as caught:
        store(tmp_path, signing, make())
    assert caught.value.problems[0].where.startswith(str(tmp_path / "attestations"))
    assert "record of decisions" not in str(caught.value)
    assert [path for path in (tmp_path / "attestations").rglob("*") if path.is_file()] == []
