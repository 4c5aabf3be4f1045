"""Stored attestations, and the check of the newest one.

Each file, `<folder>/<stack>/<time>.json`, is a signed envelope, written whole or not at all. The newest must be there, signed, passed, and
recent. `preflight` and the state of a fleet use the same finding: failed or stale is FAIL, none at all is WARN.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from containment.attestation.keys import FILE, load_attesters
from containment.attestation.statement import Attestation, Verdict, parse_statement
from containment.errors import InputError, Problem
from containment.files import input_files
from containment.files.output_files import write_whole
from containment.preflight.finding import Finding, Status
from containment.record.envelope import STATEMENT_PAYLOAD, Envelope, parse_public_key
from containment.record.refusal import Refusal
from containment.times import CLOCK_SLACK

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


ID: Final = "attestation"
LONGEST: Final = timedelta(hours=24)


class Freshness(StrEnum):
    """The state of a stack's newest attestation."""

    NONE = "none"
    PASSED = "passed"
    INCOMPLETE = "incomplete"
    """No check failed, and at least one was not made."""
    FAILED = "failed"
    STALE = "stale"
    UNUSABLE = "unusable"
    """The file cannot be read, was changed, or is signed by no trusted key."""


@dataclass(frozen=True, slots=True)
class LatestAttestation:
    """The newest attestation of a stack: its state, time and age, and a sentence; time and age None if there is none to read."""

    status: Freshness
    detail: str
    time: datetime | None = None
    age: timedelta | None = None
    path: Path | None = None


def find_latest(
    stack: str,
    folder: Path = Path(),
    *,
    now: datetime | None = None,
    longest: timedelta = LONGEST,
    attestations: Path | None = None,
    keys: Iterable[str] | None = None,
) -> LatestAttestation:
    """Return the newest attestation of a stack; errors of its file are a state, not an exception.

    Args:
        stack: name of the stack.
        folder: the folder of Pulumi.yaml.
        now: the present moment; the clock by default.
        longest: the age from which it is stale.
        attestations: the folder of attestations; `attestations` in `folder` by default.
        keys: trusted public keys in PEM; those of attesters.pem by default.
    """
    files = list_files(attestations or folder / FOLDER, stack)
    if not files:
        return LatestAttestation(Freshness.NONE, "there is no attestation of this stack")
    try:
        trusted = tuple(keys) if keys is not None else load_attesters((), folder)
        found = read_attestation(files[0], trusted).attestation
    except InputError as error:
        return LatestAttestation(Freshness.UNUSABLE, "; ".join(f"{one.where} {one.what}" for one in error.problems), path=files[0])
    age = (now or datetime.now(UTC)) - found.time
    build = partial(LatestAttestation, time=found.time, age=age, path=files[0])
    when = f"{found.time:%Y-%m-%d %H:%M} UTC, {_format_age(age)} old"
    if found.stack != stack:
        return LatestAttestation(Freshness.UNUSABLE, f"{files[0]} is about {found.stack}", path=files[0])
    if age < -CLOCK_SLACK:
        return build(Freshness.UNUSABLE, f"{files[0]} is from the future ({found.time:%Y-%m-%d %H:%M} UTC)")
    if found.verdict is Verdict.FAILED:
        failed = ", ".join(one.id for one in found.select(Status.FAIL))
        return build(Freshness.FAILED, f"{when}: {failed}")
    if age > longest:
        return build(Freshness.STALE, f"{when}, and {_format_age(longest)} is the limit")
    if found.verdict is Verdict.INCOMPLETE:
        left = ", ".join(one.id for one in found.select(Status.NOT_TESTED))
        return build(Freshness.INCOMPLETE, f"{when}; NOT TESTED: {left}")
    return build(Freshness.PASSED, when)


def check_freshness(stack: str, folder: Path = Path(), *, now: datetime | None = None, longest: timedelta = LONGEST) -> Finding:
    """Return the finding of `preflight` about a stack's newest attestation."""
    latest = find_latest(stack, folder, now=now, longest=longest)
    again = f"containment attest {stack} --key KEY, and keep it running (--write-timer)"
    if latest.status is Freshness.PASSED:
        return Finding(ID, Status.PASS, latest.detail)
    if latest.status in (Freshness.NONE, Freshness.INCOMPLETE):
        return Finding(ID, Status.WARN, latest.detail, again)
    word = {Freshness.STALE: "stale", Freshness.FAILED: "failed"}.get(latest.status, "unusable")
    fix = again if latest.status is Freshness.STALE else f"correct what it names ({FILE} has the trusted keys), then {again}"
    return Finding(ID, Status.FAIL, f"{word}: {latest.detail}", fix)


def _format_age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // 1440} days"
