"""The public keys that sign bundles and attestations: those of approvers.yaml and of attesters.pem, or files that the user names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from containment.attestation.keys import load_attesters
from containment.loaders.approvers import Approvers
from containment.record.envelope import parse_public_key


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key in PEM with the name of its owner: a person of approvers.yaml, or the key's id; empty where the user named its file."""

    owner: str
    pem: str


def load_trusted_keys(approvers: Approvers, folder: Path, files: Sequence[Path] = ()) -> Mapping[str, TrustedKey]:
    """Return key id -> trusted key.

    Args:
        approvers: the persons whose keys are trusted.
        folder: the folder of attesters.pem.
        files: files of public keys, which replace both; empty for the default.

    Raises:
        InputError: a file cannot be read, or has something else than public keys.
    """
    found = {parse_public_key(pem).keyid: pem for pem in load_attesters(files, folder)}
    trusted = {keyid: TrustedKey("" if files else f"key {keyid[:16]}", pem) for keyid, pem in found.items()}
    if files:
        return trusted
    return trusted | {parse_public_key(pem).keyid: TrustedKey(person.name, pem) for person in approvers.people for pem in person.keys}
