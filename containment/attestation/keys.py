"""Public keys that attestations and bundles are checked with, and the signer of one.

The keys are those of `attesters.pem` next to Pulumi.yaml, or of files that the user names; those of approvers.yaml sign bundles as well. A
file has one or more public keys in PEM, one after the other, and changes by pull request. Ed25519 keys sign from a file, ECDSA P-256 and
RSA keys in KMS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.input_reader import InputReader
from containment.loaders.approvers import Approvers
from containment.record.envelope import KeyOwner, check_key_file, load_signer, parse_public_key, parse_public_keys

if TYPE_CHECKING:
    from containment.record.signer_library import Signer

FILE: Final = "attesters.pem"
_WHY: Final = "a signature by a key that is not known shows nothing"


def load_attesters(files: Sequence[Path], folder: Path, name: str = FILE) -> tuple[str, ...]:
    """Return the trusted public keys as PEM text; empty if no file is named and the usual one does not exist.

    Args:
        files: files that the user names; they replace the usual one.
        folder: the folder of Pulumi.yaml.
        name: the usual file in it.

    Raises:
        InputError: a file cannot be read, or has something else than public keys.
    """
    paths = list(files) or [one for one in (folder / name,) if one.exists()]
    keys: dict[str, None] = {}
    problems = list[Problem]()
    for path in paths:
        try:
            keys |= dict.fromkeys(parse_public_keys(input_files.read_bytes(path, 1 << 20)))
        except input_files.InputFileError as error:
            problems.append(_make_problem(path, error.what, name))
        except ValueError as error:
            problems.append(_make_problem(path, str(error), name))
    if problems:
        raise InputError(f"the keys of {'attesters' if name == FILE else 'signers'} cannot be used", problems)
    return tuple(keys)


def load_attester_signer(source: str, files: Sequence[Path], folder: Path, ask_passphrase: Callable[[], str], name: str = FILE) -> Signer:
    """Return the signer of a private key whose public key is trusted.

    Args:
        source: the private key, as `load_signer` takes it.
        files: files of trusted public keys; they replace the usual one.
        folder: the folder of Pulumi.yaml.
        ask_passphrase: returns the passphrase of an encrypted key.
        name: the usual file in the folder.

    Raises:
        InputError: the key or a file cannot be used; every mistake of both.
    """
    owner = KeyOwner(f"the keys in {name}", f"add it by pull request: openssl pkey -in {source} -pubout >> {name}")
    reader = InputReader("nothing can be signed")
    known = reader.read(lambda: _index_keys(load_attesters(files, folder, name)))
    if not known.is_read:
        reader.read(lambda: check_key_file(source))
    reader.require()
    return load_signer(source, known.value, ask_passphrase, owner)


def _index_keys(keys: Iterable[str]) -> dict[str, str]:
    return {parse_public_key(pem).keyid: pem for pem in keys}


def _make_problem(path: Path, what: str, name: str) -> Problem:
    return Problem(str(path), what, _WHY, f"write the public key: openssl pkey -in KEY -pubout >> {name}")


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
    found = _index_keys(load_attesters(files, folder))
    trusted = {keyid: TrustedKey("" if files else f"key {keyid[:16]}", pem) for keyid, pem in found.items()}
    if files:
        return trusted
    return trusted | {parse_public_key(pem).keyid: TrustedKey(person.name, pem) for person in approvers.people for pem in person.keys}
