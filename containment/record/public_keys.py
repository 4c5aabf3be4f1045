"""Public keys of signers: files with one or more keys in PEM, one after the other, and nothing else."""

from __future__ import annotations

import re
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

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
