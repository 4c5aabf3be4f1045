"""The shape of one check: what it holds, why, what it reads, the fix, and a pure judge over facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from containment.verify.finding import Status
from containment.verify.preflight.facts import AwsFacts, ControllerFacts, Facts, Unread


class Asked(StrEnum):
    """Whom a check asks."""

    AWS = "aws"
    CONTROLLER = "controller"


@dataclass(frozen=True)
class Verdict:
    """How a check ended, with what it saw; `fix` only where the check's own does not say it."""

    status: Status
    detail: str
    fix: str = ""


@dataclass(frozen=True)
class Check:
    """One check of preflight; exactly one judge is set, the one of `asks`."""

    id: str
    holds: str
    why: str
    reads: str
    fix: str
    aws: Callable[[Facts, AwsFacts], Verdict] | None = None
    controller: Callable[[Facts, ControllerFacts], Verdict] | None = None

    @property
    def asks(self) -> Asked:
        """Whom it asks."""
        assert (self.aws is None) != (self.controller is None), f"{self.id} has no judge, or two"
        return Asked.AWS if self.aws else Asked.CONTROLLER


def passed(detail: str) -> Verdict:
    return Verdict(Status.PASS, detail)


def warned(detail: str, fix: str = "") -> Verdict:
    return Verdict(Status.WARN, detail, fix)


def failed(detail: str, fix: str = "") -> Verdict:
    return Verdict(Status.FAIL, detail, fix)


def unread(fact: Unread) -> Verdict:
    return Verdict(Status.SKIPPED, fact.why, "let the caller read it, or look yourself")
