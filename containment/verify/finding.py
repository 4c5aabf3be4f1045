"""What a check before a deployment says: how it ended, what it saw, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How one check ended; SKIPPED is a check that could not look, never one that did not want to."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `fix` says what to do when it is not PASS."""

    check: str
    status: Status
    detail: str
    fix: str = ""
