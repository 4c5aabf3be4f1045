"""Signatures of digests by the simulated KMS: moto hashes a digest once more, so that no caller could check its signature.

Clients that hash by themselves send `MessageType: DIGEST` (KMS API, Sign). Messages that are sent raw stay moto's.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse

_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def apply() -> None:
    """Serve signatures of digests in this process; a second call changes nothing."""
    if KmsResponse.sign.__module__ == __name__:
        return
    original = KmsResponse.sign

    def sign(self: Any) -> str:
        if self._get_param("MessageType") != "DIGEST":
            answer: str = original(self)
            return answer
        original(self)  # moto's own checks of the key, its use and the algorithm
        return _sign_digest(self)

    KmsResponse.sign = sign


def _sign_digest(response: Any) -> str:
    algorithm = response._get_param("SigningAlgorithm")  # noqa: SLF001
    hashed = _HASHES[algorithm[-3:]]
    digest = _decode(response._get_param("Message"))  # noqa: SLF001
    if len(digest) != hashed.digest_size:
        raise ValidationException("Digest is invalid length for algorithm " + algorithm)
    key = response.kms_backend.describe_key(response._get_param("KeyId"))  # noqa: SLF001
    private: Any = key.private_key.private_key
    ready = Prehashed(hashed)
    if algorithm.startswith("ECDSA"):
        signature = private.sign(digest, ec.ECDSA(ready))
    elif "PSS" in algorithm:
        signature = private.sign(digest, padding.PSS(mgf=padding.MGF1(hashed), salt_length=hashed.digest_size), ready)
    else:
        signature = private.sign(digest, padding.PKCS1v15(), ready)
    return json.dumps({"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": algorithm})


def _decode(message: Any) -> bytes:
    """Return the bytes of a message, which JSON carries in base64."""
    if isinstance(message, str):
        try:
            return base64.b64decode(message, validate=True)
        except binascii.Error:
            raise ValidationException("Message is not in base64") from None
    return bytes(message)
