"""The fast path of an envelope: it takes what the library takes, with the same result, and refuses what the library refuses."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib import dsse
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey

from containment.record.decision import Approval
from containment.record.envelope import DECISION_TYPE, REJECTION_TYPE, Envelope, parse_public_key
from containment.record.refusal import Refusal
from tests.containment.record.conftest import make_public_pem

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(2)]
BASE = dsse.Envelope(b'{"a":"b"}', DECISION_TYPE, {})
for _key in KEYS:
    BASE.sign(CryptoSigner(_key))
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=12),
    st.binary(max_size=12).map(lambda data: base64.b64encode(data).decode()),
    st.sampled_from(["", "=", "YQ==", "YQ", "YR==", " YQ==", "YQ==\n", "Y\u00e9==", "_-8=", DECISION_TYPE, REJECTION_TYPE, "other/type"]),
    st.lists(st.integers(), max_size=2),
    st.just({}),
)


@st.composite
def objects(draw: st.DrawFn) -> Any:
    """Draw an envelope's JSON object with up to two changes."""
    found: dict[Any, Any] = copy.deepcopy(BASE.to_dict())
    for _ in range(draw(st.integers(0, 2))):
        target: Any = draw(st.sampled_from([found, *(one for one in found.get("signatures") or [] if isinstance(one, dict))]))
        change = draw(st.sampled_from(["set", "add", "remove", "repeat", "swap"]))
        if change == "set" and target:
            target[draw(st.sampled_from(sorted(target)))] = draw(VALUES)
        elif change == "add":
            target[draw(st.text(max_size=3))] = draw(VALUES)
        elif change == "remove" and target:
            del target[draw(st.sampled_from(sorted(target)))]
        elif isinstance(found.get("signatures"), list):
            listed = found["signatures"]
            found["signatures"] = [*listed, *copy.deepcopy(listed[:1])] if change == "repeat" else listed[::-1]
    return found


def _parse_by_library(raw: Any) -> Envelope | None:
    """Return what the library alone reads and writes again as it was."""
    try:
        read = dsse.Envelope.from_dict(copy.deepcopy(raw))
        same = read.to_dict() == raw and not any(one.unrecognized_fields for one in read.signatures.values())
        approvals = tuple(Approval(keyid=one.keyid, signature=one.signature) for one in read.signatures.values())
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Envelope(read.payload, read.payload_type, approvals) if same and read.payload_type in [DECISION_TYPE, REJECTION_TYPE] else None


@settings(deadline=None, max_examples=400)
@given(objects())
def test_an_envelope_is_read_as_the_library_reads_it(raw: Any) -> None:
    expected = _parse_by_library(raw)
    if expected is None:
        with pytest.raises(Refusal):
            Envelope.parse(raw)
    else:
        found = Envelope.parse(raw)
        assert found == expected
        assert found.to_dict() == raw


def test_a_payload_type_that_is_no_text_is_refused() -> None:
    with pytest.raises(Refusal):
        Envelope.parse({**BASE.to_dict(), "payloadType": []})


def test_an_envelope_that_this_program_writes_needs_no_library() -> None:
    assert Envelope._parse_plainly(BASE.to_dict()) == _parse_by_library(BASE.to_dict())
    assert _parse_by_library(BASE.to_dict()) is not None


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_signature_counts_where_it_counts_for_the_library(data: st.DataObject) -> None:
    """One byte, the key id, the payload or its type is changed, or nothing is."""
    envelope = Envelope.parse(BASE.to_dict())
    approval = envelope.signatures[0]
    signature = bytearray.fromhex(approval.signature)
    changed = data.draw(st.sampled_from(["nothing", "byte", "length", "text", "keyid", "payload", "type", "key"]))
    if changed == "byte":
        signature[data.draw(st.integers(0, len(signature) - 1))] ^= data.draw(st.integers(1, 255))
    text = {"length": signature.hex()[:-2], "text": "zz"}.get(changed, signature.hex())
    approval = Approval(keyid=envelope.signatures[1].keyid if changed == "keyid" else approval.keyid, signature=text)
    envelope = Envelope(envelope.payload + b" " * (changed == "payload"), REJECTION_TYPE if changed == "type" else DECISION_TYPE)
    pem = make_public_pem(KEYS[changed == "key"])
    plain = SSlibKey.from_crypto(KEYS[changed == "key"].public_key())
    try:
        plain.verify_signature(
            Signature(approval.keyid, approval.signature), dsse.Envelope(envelope.payload, envelope.payload_type, {}).pae()
        )
        expected = True
    except UnverifiedSignatureError:
        expected = False
    assert envelope.is_signed_by(approval, parse_public_key(pem)) is expected
    assert expected is (changed == "nothing")
