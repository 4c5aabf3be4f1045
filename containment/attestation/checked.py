"""The result of one check of an attestation, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from containment.exit_code import Exit
from containment.preflight.finding import Status

STATUSES: Final = (Status.PASS, Status.FAIL, Status.NOT_TESTED)
"""The possible results of a check."""


class Verdict(StrEnum):
    """The result of an attestation: PASSED only if every check was made and passed."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"
    """No check failed, and at least one was not made."""

    @property
    def exit(self) -> Exit:
        """The exit code of a command with this verdict."""
        return {Verdict.PASSED: Exit.OK, Verdict.FAILED: Exit.NO, Verdict.INCOMPLETE: Exit.INCONCLUSIVE}[self]


@dataclass(frozen=True, slots=True)
class CheckedItem:
    """One check: its id, the property, the status, what was found, the witness (a log line or a live value) and the fix."""

    id: str
    what: str
    status: Status
    detail: str
    witness: str = ""
    fix: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the check as it is signed."""
        return {
            "id": self.id,
            "what": self.what,
            "status": self.status.value,
            "detail": self.detail,
            "witness": self.witness,
            "fix": self.fix,
        }


def decide_verdict(statuses: Iterable[Status]) -> Verdict:
    """Return the verdict over the statuses of all checks; without any check, INCOMPLETE."""
    seen = set(statuses)
    if Status.FAIL in seen:
        return Verdict.FAILED
    return Verdict.PASSED if seen == {Status.PASS} else Verdict.INCOMPLETE
