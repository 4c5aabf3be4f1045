"""`bundle.yaml`: the manifest document, `---`, and the signature document; signatures are DSSE's, over the manifest's bytes."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

from containment.bundle.manifest import (
    FILE,
    Manifest,
    check_fields,
    compare_bytes,
    load_document,
    parse_manifest,
    quote,
    refuse_form,
)
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.record.envelope import Envelope
from containment.record.refusal import Refusal

PAYLOAD_TYPE: Final = "application/vnd.containment.policy-bundle+yaml"
"""DSSE payload type of manifests: a signature of a decision or an attestation is none of a bundle."""
MOST_BYTES: Final = 64 << 10
MOST_SIGNATURES: Final = 8
_SEPARATOR: Final = b"\n---\n"


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest with its envelope, whose payload is the manifest's canonical bytes."""

    manifest: Manifest
    envelope: Envelope

    def encode(self) -> bytes:
        """Return the bytes of bundle.yaml."""
        return self.envelope.payload + _SEPARATOR[1:] + _encode_signatures(self.envelope)


def wrap_manifest(manifest: Manifest) -> SignedManifest:
    """Return a manifest without a signature; raise BundleRefusal NON_CANONICAL if it has no canonical form."""
    payload = manifest.encode()
    return SignedManifest(parse_manifest(payload), Envelope(payload, PAYLOAD_TYPE))


def parse_signed(data: bytes) -> SignedManifest:
    """Return the content of bundle.yaml; raise BundleRefusal TOO_LARGE or NON_CANONICAL. No signature is checked here."""
    if len(data) > MOST_BYTES:
        raise BundleRefusal(BundleCode.TOO_LARGE, FILE, f"has {len(data)} bytes, and at most {MOST_BYTES} are read")
    payload, separator, rest = data.partition(_SEPARATOR)
    if not separator:
        raise refuse_form("the whole file", "has no second document: no line is ---")
    envelope = _parse_signatures(rest, payload + b"\n")
    return SignedManifest(parse_manifest(envelope.payload), envelope)


def _parse_signatures(data: bytes, payload: bytes) -> Envelope:
    where = "the signature document"
    document = load_document(data, where)
    check_fields(document, ("payloadType", "signatures"), where)
    entries = document["signatures"]
    if document["payloadType"] != PAYLOAD_TYPE:
        raise refuse_form(f"{where}, payloadType", f"is not {PAYLOAD_TYPE}")
    if not isinstance(entries, list) or len(entries) > MOST_SIGNATURES or not all(map(_is_signature, entries)):
        raise refuse_form(f"{where}, signatures", f"is not a list of at most {MOST_SIGNATURES} signatures with keyid and sig")
    if len({entry["keyid"] for entry in entries}) < len(entries):
        raise refuse_form(f"{where}, signatures", "has two signatures of one key")
    raw = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": entries}
    try:
        envelope = Envelope.parse(raw, frozenset({PAYLOAD_TYPE}))
    except Refusal as refusal:
        raise refuse_form(where, refusal.what) from None
    compare_bytes(data, _encode_signatures(envelope), where)
    return envelope


def _is_signature(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.keys() == {"keyid", "sig"} and all(isinstance(one, str) for one in entry.values())


def _encode_signatures(envelope: Envelope) -> bytes:
    entries = envelope.to_dict()["signatures"]
    lines = [f"payloadType: {quote(envelope.payload_type)}", "signatures:" if entries else "signatures: []"]
    for one in entries:
        lines += [f"  - keyid: {quote(one['keyid'])}", f"    sig: {quote(one['sig'])}"]
    return ("\n".join(lines) + "\n").encode()
