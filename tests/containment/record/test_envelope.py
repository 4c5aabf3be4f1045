"""A signature counts exactly if the key's owner made it for these bytes: two libraries agree, and a malformed one is none."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError

from containment.record.decision import Approval
from containment.record.envelope import Envelope
from containment.record.signer_library import CryptoSigner, Signature

SIGNER = CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = SIGNER.public_key
ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of Ed25519's base point: S and S + ORDER pass the same equation (RFC 8032, section 8.4)."""


def sign(payload: bytes) -> Approval:
    return Envelope(payload).sign(SIGNER).signatures[0]


def is_accepted_by_the_signing_library(payload: bytes, approval: Approval) -> bool:
    made = Envelope(payload)._library.pae()
    try:
        KEY.verify_signature(Signature(approval.keyid, approval.signature), made)
    except (UnverifiedSignatureError, VerificationError):
        return False
    return True


@given(payload=st.binary(max_size=300), flipped=st.none() | st.integers(0, 511))
def test_both_libraries_accept_and_refuse_the_same_signatures(payload: bytes, flipped: int | None) -> None:
    approval = sign(payload)
    if flipped is not None:
        bits = bytearray.fromhex(approval.signature)
        bits[flipped // 8] ^= 1 << flipped % 8
        approval = Approval(keyid=approval.keyid, signature=bits.hex())
    assert Envelope(payload).is_signed_by(approval, KEY) is (flipped is None)
    assert is_accepted_by_the_signing_library(payload, approval) is (flipped is None)


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "00" * 63, "00" * 65, "00" * 64, "é" * 128])
def test_a_malformed_signature_is_none(signature: str) -> None:
    assert not Envelope(b"{}").is_signed_by(Approval(keyid=KEY.keyid, signature=signature), KEY)


def test_a_signature_is_of_its_key_its_payload_and_its_type() -> None:
    approval = sign(b"{}")
    assert Envelope(b"{}").is_signed_by(approval, KEY)
    assert not Envelope(b"{}").is_signed_by(Approval(keyid="0" * 64, signature=approval.signature), KEY)
    assert not Envelope(b"{ }").is_signed_by(approval, KEY)
    assert not Envelope(b"{}", "application/other+json").is_signed_by(approval, KEY)


def test_a_second_form_of_a_signature_is_refused() -> None:
    """Whoever has a signature could otherwise write another one for the same payload."""
    approval = sign(b"{}")
    first, last = approval.signature[:64], int.from_bytes(bytes.fromhex(approval.signature[64:]), "little")
    again = first + (last + ORDER).to_bytes(32, "little").hex()
    assert not Envelope(b"{}").is_signed_by(Approval(keyid=approval.keyid, signature=again), KEY)
