"""The trust root: the public keys whose signatures make a bundle acceptable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from containment.bundle.manifest import FILE
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.record.envelope import Envelope, parse_public_key, parse_public_keys
from containment.record.signer_library import Key


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """Public keys by id."""

    keys: Mapping[str, Key]

    def check_signatures(self, envelope: Envelope) -> tuple[str, ...]:
        """Return the ids of the keys that signed; raise BundleRefusal unless every signature is by a key of the trust root."""
        if not envelope.signatures:
            raise BundleRefusal(BundleCode.UNSIGNED, FILE, "has no signature")
        for one in envelope.signatures:
            key = self.keys.get(one.keyid)
            if key is None:
                raise BundleRefusal(BundleCode.UNKNOWN_SIGNER, FILE, f"is signed by key {one.keyid[:64]}")
            if not envelope.is_signed_by(one, key):
                raise BundleRefusal(BundleCode.BAD_SIGNATURE, FILE, f"has a signature of key {one.keyid} for other bytes")
        return tuple(one.keyid for one in envelope.signatures)


def build_trust_root(keys: Iterable[str]) -> TrustRoot:
    """Return the trust root of public keys in PEM."""
    return TrustRoot({key.keyid: key for key in map(parse_public_key, keys)})


def parse_trust_root(data: bytes, where: str) -> TrustRoot:
    """Return the trust root of a file's bytes; raise BundleRefusal TRUST_UNUSABLE if they are anything but public keys in PEM."""
    try:
        return build_trust_root(parse_public_keys(data))
    except ValueError as error:
        raise BundleRefusal(BundleCode.TRUST_UNUSABLE, where, str(error)) from None
