"""The newest attestation of a stack: whether it is there, signed, passed, and recent.

`preflight` and the state of a fleet use the same finding: failed or stale is FAIL, none at all is WARN.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from containment.attestation.checked import Verdict
from containment.attestation.keys import FILE, load_attesters
from containment.attestation.storage import FOLDER, list_files, read_attestation
from containment.errors import InputError
from containment.preflight.finding import Finding, Status

ID: Final = "attestation"
LONGEST: Final = timedelta(hours=24)
_FUTURE: Final = timedelta(minutes=5)


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
    when = f"{found.time:%Y-%m-%d %H:%M} UTC, {_format_age(age)} old"
    if found.stack != stack:
        return LatestAttestation(Freshness.UNUSABLE, f"{files[0]} is about {found.stack}", path=files[0])
    if age < -_FUTURE:
        return LatestAttestation(
            Freshness.UNUSABLE, f"{files[0]} is from the future ({found.time:%Y-%m-%d %H:%M} UTC)", found.time, age, files[0]
        )
    if found.verdict is Verdict.FAILED:
        failed = ", ".join(one.id for one in found.select(Status.FAIL))
        return LatestAttestation(Freshness.FAILED, f"{when}: {failed}", found.time, age, files[0])
    if age > longest:
        return LatestAttestation(Freshness.STALE, f"{when}, and {_format_age(longest)} is the limit", found.time, age, files[0])
    if found.verdict is Verdict.INCOMPLETE:
        left = ", ".join(one.id for one in found.select(Status.NOT_TESTED))
        return LatestAttestation(Freshness.INCOMPLETE, f"{when}; NOT TESTED: {left}", found.time, age, files[0])
    return LatestAttestation(Freshness.PASSED, when, found.time, age, files[0])


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
