"""Files of attestations: `<folder>/<stack>/<time>.json`, each a signed envelope, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.attestation.statement import Attestation, parse_statement
from containment.errors import InputError, Problem
from containment.files import input_files
from containment.files.output_files import write_whole
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope, parse_public_key
from containment.record.refusal import Refusal

FOLDER: Final = "attestations"
_NAME: Final = "%Y%m%dT%H%M%SZ"
_MOST_BYTES: Final = 4 << 20
_WHY: Final = "it then shows nothing about the stack"


@dataclass(frozen=True)
class StoredAttestation:
    """An attestation as a file has it; `signers` are the ids of the keys that signed it, checked by `keys` only."""

    path: Path
    attestation: Attestation
    signers: tuple[str, ...]


def get_path(folder: Path, attestation: Attestation) -> Path:
    """Return the path of an attestation's file."""
    return folder / attestation.stack / f"{attestation.time:{_NAME}}.json"


def write_attestation(folder: Path, attestation: Attestation, envelope: Envelope) -> Path:
    """Write a signed attestation and return its path; raise InputError if the disk refuses it, or the file exists."""
    path = get_path(folder, attestation)
    if path.exists():
        raise InputError(
            "the attestation is not written",
            [Problem(str(path), "exists", "an attestation is never replaced", "run attest again")],
        )
    write_whole(path, json.dumps(envelope.to_dict(), indent=2, sort_keys=True) + "\n")
    return path


def read_attestation(path: Path, keys: Iterable[str] | None) -> StoredAttestation:
    """Return a file's attestation after its signatures were checked.

    Args:
        path: the file.
        keys: public keys in PEM that are trusted; None leaves the signatures unchecked, and `signers` empty.

    Raises:
        InputError: the file is no attestation, was changed, or no trusted key signed it.
    """
    try:
        envelope = Envelope.parse(input_files.read_json(path, _MOST_BYTES), frozenset({STATEMENT_PAYLOAD}))
    except input_files.InputFileError as error:
        fix = "name a file that containment attest STACK wrote"
        raise InputError("the attestation cannot be used", [error.make_problem(_WHY, fix)]) from None
    except Refusal as refusal:
        problem = Problem(str(path), refusal.what, _WHY, "name a file that containment attest STACK wrote")
        raise InputError("the attestation cannot be used", [problem]) from None
    attestation = parse_statement(envelope.payload, str(path))
    if keys is None:
        return StoredAttestation(path, attestation, ())
    trusted = {key.keyid: key for key in map(parse_public_key, keys)}
    signers = tuple(one.keyid for one in envelope.signatures if one.keyid in trusted and envelope.is_signed_by(one, trusted[one.keyid]))
    if not signers:
        raise _make_error(path, _explain_signatures(envelope, trusted))
    return StoredAttestation(path, attestation, signers)


def _explain_signatures(envelope: Envelope, trusted: Mapping[str, object]) -> str:
    if not trusted:
        return "cannot be checked: no public key is trusted"
    known = [one.keyid for one in envelope.signatures if one.keyid in trusted]
    if known:
        return f"was changed: the signature of key {known[0][:12]} is not one of this content"
    ids = ", ".join(one.keyid[:12] for one in envelope.signatures) or "no key"
    return f"is signed by {ids}, and none of the trusted keys"


def list_files(folder: Path, stack: str) -> list[Path]:
    """Return the files of a stack's attestations, the newest name first."""
    return sorted((folder / stack).glob("*.json"), reverse=True)


def _make_error(path: Path, what: str) -> InputError:
    return InputError(
        "the attestation cannot be used", [Problem(str(path), what, _WHY, "name the public key of the signer, or make a new attestation")]
    )
