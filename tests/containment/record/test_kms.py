"""A KMS key signs approvals like a key file does, against a simulated KMS: ECDSA on P-256 and P-384, and RSA.

The client sends digests, which moto hashes once more; the lab signs them as KMS does (`containment_lab.cloud.kms_signing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from moto import mock_aws
from moto.kms.responses import KmsResponse

from containment.errors import InputError
from containment.record.envelope import Envelope, load_signer, parse_public_key
from containment.record.log import append_decision, verify_log
from containment.record.refusal import Refusal, RefusalCode
from containment_lab.cloud import kms_signing
from tests.containment.record.conftest import NOW, Office


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a client of a simulated KMS."""
    for key, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(KmsResponse, "sign", KmsResponse.sign)  # so that it is moto's again afterwards
    kms_signing.apply()
    with mock_aws():
        yield boto3.client("kms")


def _make_key(kms: Any, spec: str) -> tuple[str, str]:
    """Make a key that signs; return its id and its public key in PEM."""
    ident = str(kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"])
    found = serialization.load_der_public_key(kms.get_public_key(KeyId=ident)["PublicKey"])
    pem = found.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    return ident, pem


def _write_approvers(office: Office, pem: str) -> None:
    lines = "".join(f"      {line}\n" for line in pem.splitlines())
    person = f"people:\n  - name: Approver One\n    roles: [security]\n    key: |\n{lines}"
    (office.folder / "approvers.yaml").write_text(f"{person}classes: {{coding: {{roles: [security]}}}}\n")


def _sign(office: Office, ident: str, pem: str, **changes: Any) -> Envelope:
    signer = load_signer(f"awskms:{ident}", {parse_public_key(pem).keyid: pem}, lambda: "")
    return Envelope(office.make(**changes).encode()).sign(signer)


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "RSA_2048", "RSA_4096"])
def test_a_kms_key_approves(office: Office, kms: Any, spec: str) -> None:
    """The signature of the KMS key is checked with the public key in approvers.yaml, when it is appended and when the log is verified."""
    ident, pem = _make_key(kms, spec)
    _write_approvers(office, pem)
    append_decision(_sign(office, ident, pem), folder=office.folder, now=NOW)
    assert verify_log(office.folder) == []


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "RSA_2048"])
def test_another_kms_key_does_not(office: Office, kms: Any, spec: str) -> None:
    """A signature by another KMS key, under the id of the approver's key, is refused."""
    _, pem = _make_key(kms, spec)
    other, _ = _make_key(kms, spec)
    _write_approvers(office, pem)
    with pytest.raises(Refusal) as caught:
        append_decision(_sign(office, other, pem), folder=office.folder, now=NOW)
    assert caught.value.code is RefusalCode.BAD_SIGNATURE


def test_a_kms_key_that_cannot_sign_is_an_error_with_its_id(office: Office, kms: Any) -> None:
    """A key that does not exist is named, and nothing is recorded."""
    _, pem = _make_key(kms, "ECC_NIST_P256")
    _write_approvers(office, pem)
    with pytest.raises(InputError, match="awskms:00000000-0000-0000-0000-000000000000"):
        _sign(office, "00000000-0000-0000-0000-000000000000", pem)
    assert not (office.folder / "decisions").exists()
