"""Findings and statuses: the shared vocabulary of doctor, preflight, queries, probes and the six validation tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The result of a check, a case or a probe; the value is the word that reports print."""

    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    FAIL = "FAIL"
    INCONCLUSIVE = "UNSURE"
    """A fact is unknown, undocumented or unread."""
    SKIPPED = "SKIPPED"
    """A check that could not run; a check that the user left out is not listed at all."""
    NOT_TESTED = "NOT TESTED"
    """A probe that was not sent, or that one machine cannot send."""

    @property
    def case_word(self) -> str:
        """The word for a case of a query in JSON and CSV output."""
        return _CASE_WORDS[self]

    @property
    def color(self) -> str:
        """The color on a terminal."""
        return _COLORS[self]


_CASE_WORDS: Final[Mapping[Status, str]] = {
    Status.PASS: "passed",
    Status.WARN: "warning",
    Status.FAIL: "failed",
    Status.INCONCLUSIVE: "inconclusive",
    Status.SKIPPED: "skipped",
    Status.NOT_TESTED: "not tested",
}
_COLORS: Final[Mapping[Status, str]] = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.INCONCLUSIVE: "yellow",
    Status.SKIPPED: "cyan",
    Status.NOT_TESTED: "yellow",
}
CHECK_STATUSES: Final = (Status.PASS, Status.WARN, Status.FAIL, Status.SKIPPED)
"""The possible results of a check before a deployment."""


@dataclass(frozen=True)
class Finding:
    """One line of a report.

    `fix` is the advice for a status other than PASS. Judges of preflight leave `check` empty; the runner fills it in.
    """

    check: str
    status: Status
    detail: str
    fix: str = ""
