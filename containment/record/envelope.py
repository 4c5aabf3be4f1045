"""DSSE envelopes: sign a payload with an Ed25519 key file or a KMS key, and check signatures (by `securesystemslib`).

Public keys of signers: files with one or more keys in PEM, one after the other, and nothing else.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.record.decision import Approval, Decision, parse_decision
from containment.record.refusal import Refusal, RefusalCode
from containment.record.signer_library import AWSSigner, CryptoSigner, Key, Signature, Signer, SSlibKey, dsse

DECISION_TYPE: Final = "application/vnd.containment.decision+json"
REJECTION_TYPE: Final = "application/vnd.containment.rejection+json"
"""Payload type of a reviewer's no; a signature of one type is none of the other."""
STATEMENT_PAYLOAD: Final = "application/vnd.in-toto+json"
"""Payload type of in-toto statements; the log of decisions takes none."""
_ED25519: Final = "ed25519"
_KMS: Final = "awskms:"
_WHY: Final = "what is signed with it can be checked by others"


@dataclass(frozen=True)
class Envelope:
    """A payload with its signatures; immutable, and written in one form only."""

    payload: bytes
    payload_type: str = DECISION_TYPE
    signatures: tuple[Approval, ...] = ()

    @classmethod
    def parse(cls, raw: Any, types: frozenset[str] = frozenset({DECISION_TYPE, REJECTION_TYPE})) -> Envelope:
        """Return the envelope of a JSON object; raise Refusal MALFORMED for any other form, or another payload type."""
        try:
            copy = {**raw, "signatures": [dict(one) for one in raw["signatures"]]}
            found = dsse.Envelope.from_dict(copy)
            signatures = tuple(Approval(keyid=one.keyid, signature=one.signature) for one in found.signatures.values())
            envelope = cls(found.payload, found.payload_type, signatures)
            is_same = found.to_dict() == raw and not any(one.unrecognized_fields for one in found.signatures.values())
        except (ValueError, TypeError, KeyError, AttributeError):
            what = "is no DSSE envelope (an object with payload, payloadType and signatures)"
            raise Refusal(RefusalCode.MALFORMED, what) from None
        if not is_same or not isinstance(found.payload_type, str) or found.payload_type not in types:
            raise Refusal(RefusalCode.MALFORMED, "is a DSSE envelope in another form than this program writes")
        vars(envelope)["_library"] = found
        return envelope

    def to_dict(self) -> dict[str, Any]:
        """Return the envelope as a JSON object."""
        result: dict[str, Any] = self._library.to_dict()
        return result

    @cached_property
    def decision(self) -> Decision:
        """The decision in the payload; raises Refusal."""
        return parse_decision(self.payload, self.signatures)

    def sign(self, signer: Signer) -> Envelope:
        """Return the envelope with one more signature."""
        made = dsse.Envelope(self.payload, self.payload_type, {}).sign(signer)  # the library adds the signature to its own form
        kept = tuple(one for one in self.signatures if one.keyid != made.keyid)
        return Envelope(self.payload, self.payload_type, (*kept, Approval(keyid=made.keyid, signature=made.signature)))

    def is_signed_by(self, approval: Approval, key: Key) -> bool:
        """Return whether a signature is one of the payload by a key.

        Ed25519 (RFC 8032) is verified by libsodium, which takes half the time of OpenSSL and refuses weak keys and signatures in another
        form than the one that signing gives.
        """
        data = self._library.pae()
        try:
            if key.scheme == _ED25519:
                VerifyKey(bytes.fromhex(key.keyval["public"])).verify(data, bytes.fromhex(approval.signature))
                return approval.keyid == key.keyid
            key.verify_signature(Signature(approval.keyid, approval.signature), data)
        except (BadSignatureError, UnverifiedSignatureError, VerificationError, ValueError):  # ValueError: another text or length
            return False
        return True

    @cached_property
    def _library(self) -> dsse.Envelope:
        """The library's form; what it returns is never changed in place."""
        found = {one.keyid: Signature(one.keyid, one.signature) for one in self.signatures}
        return dsse.Envelope(self.payload, self.payload_type, found)


@lru_cache(maxsize=256)
def parse_public_key(pem: str) -> SSlibKey:
    """Return a public key in PEM, which `containment.loaders.approvers` has checked."""
    return SSlibKey.from_crypto(serialization.load_pem_public_key(pem.encode()))


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Words for the owner of known keys, for the refusal of another key."""

    keys: str = "this person's keys in approvers.yaml"
    fix: str = "name your own key, or your own name with --as"


def load_signer(source: str, public_keys: Mapping[str, str], ask_passphrase: Callable[[], str], owner: KeyOwner = KeyOwner()) -> Signer:
    """Return the signer of `--key`: an Ed25519 key file in PEM, or a KMS key as `awskms:KEY-ID`.

    Args:
        source: path of the file, or the URI.
        public_keys: key id -> PEM of the owner's public keys.
        ask_passphrase: returns the passphrase of an encrypted file; called for such a file only.
        owner: the owner of the public keys, an approver by default.

    Raises:
        InputError: the key cannot be used, or is none of the owner's.
    """
    if source.startswith(_KMS):
        return _load_kms_signer(source, public_keys)
    signer = _read_signer(source, ask_passphrase)
    if signer.public_key.keyid not in public_keys:
        raise _make_error(source, f"is none of {owner.keys}", owner.fix)
    return signer


def _read_signer(source: str, ask_passphrase: Callable[[], str]) -> CryptoSigner:
    if ":" in source and not Path(source).exists():
        scheme = source.partition(":")[0]
        raise _make_error(source, f"has the scheme {scheme!r}, which is not supported", "give a PEM file or awskms:KEY-ID")
    return CryptoSigner(_read_private_key(Path(source), ask_passphrase))


class _LockedError(Exception):
    """A key file has a passphrase, which only the signing itself asks for."""


def check_key_file(source: str, public_keys: Mapping[str, str] | None = None, owner: KeyOwner = KeyOwner()) -> None:
    """Raise InputError for a key file that `load_signer` cannot use, as far as that shows without a passphrase; KMS is not contacted.

    Args:
        source: path of the file, or the URI.
        public_keys: key id -> PEM of the owner's public keys; None if they are not known.
        owner: the owner of the public keys, an approver by default.
    """

    def refuse_passphrase() -> str:
        raise _LockedError

    if source.startswith(_KMS):
        return
    with contextlib.suppress(_LockedError):
        if public_keys is None:
            _read_signer(source, refuse_passphrase)
        else:
            load_signer(source, public_keys, refuse_passphrase, owner)


def _read_private_key(path: Path, ask_passphrase: Callable[[], str]) -> Ed25519PrivateKey:
    try:
        data = input_files.read_bytes(path, 1 << 20)
    except input_files.InputFileError as error:
        raise _make_error(str(path), error.what, error.fix or "give the path of your private key in PEM") from None
    try:
        password = ask_passphrase().encode() if b"ENCRYPTED" in data else None
        key = serialization.load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fix = "give the right passphrase, or make a key: openssl genpkey -algorithm ed25519 -aes256 -out KEY"
        raise _make_error(str(path), "is not a private key in PEM that opens with this passphrase", fix) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _make_error(str(path), f"is a {type(key).__name__}, not an Ed25519 key", "make one: openssl genpkey -algorithm ed25519")
    return key


def _load_kms_signer(source: str, public_keys: Mapping[str, str]) -> Signer:
    from botocore.exceptions import BotoCoreError, ClientError

    able = [key for pem in public_keys.values() if (key := parse_public_key(pem)).scheme in AWSSigner.aws_algos]
    if not able:
        raise _make_error(source, "is for ECDSA P-256, P-384 or RSA keys, and this person has none", "name such a key")
    if len(able) > 1:
        raise _make_error(source, "may be any of several KMS keys of this person", "keep one key for KMS in approvers.yaml")
    try:
        return _CheckedSigner(Signer.from_priv_key_uri(source, able[0]), source)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise _make_error(source, f"cannot be used: {error}", "check the region and the credentials of AWS") from None


class _CheckedSigner(Signer):
    """A KMS signer whose errors name the key."""

    def __init__(self, signer: Signer, source: str) -> None:
        self._signer, self._source = signer, source

    @property
    def public_key(self) -> Key:
        return self._signer.public_key

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Key, secrets_handler: Any = None) -> Signer:
        return cls(Signer.from_priv_key_uri(priv_key_uri, public_key, secrets_handler), priv_key_uri)

    def sign(self, payload: bytes) -> Signature:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._signer.sign(payload)
        except (BotoCoreError, ClientError) as error:
            raise _make_error(self._source, f"does not sign: {error}", "check kms:Sign, the region and the credentials") from None


def _make_error(where: str, what: str, fix: str) -> InputError:
    return InputError("cannot sign", [Problem(f"--key {where}", what, _WHY, fix)])


_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


def parse_public_keys(data: bytes) -> list[str]:
    """Return the public keys of a file's bytes as PEM text; raise ValueError for bytes with anything else."""
    blocks = list(_BLOCK.finditer(data))
    if not blocks:
        raise ValueError("has no public key in PEM")
    if rest := _BLOCK.sub(b"", data).strip():
        raise ValueError(f"has other text than public keys: {rest[:40].decode('utf-8', 'replace')!r}")
    found = []
    for number, block in enumerate(blocks, 1):
        if block[1] != b"PUBLIC KEY":
            raise ValueError(f"has a {block[1].decode()} as number {number}, where only public keys belong")
        try:
            key = serialization.load_pem_public_key(block[0])
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError(f"key {number} is no public key in PEM") from None
        if not isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey):
            raise ValueError(f"key {number} is a {type(key).__name__}, which cannot sign here")
        found.append(block[0].decode("ascii"))
    return found
