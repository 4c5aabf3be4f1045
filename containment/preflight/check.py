"""The definition of one check: property, reason, data source, fix, and a pure function that judges the facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from containment.preflight.facts import AwsFacts, ControllerFacts, Facts
from containment.preflight.finding import Finding, Status


class CheckedSystem(StrEnum):
    """The system whose facts a check judges."""

    AWS = "aws"
    CONTROLLER = "controller"


@dataclass(frozen=True)
class Check:
    """One check of preflight; exactly one of `aws` and `controller` is set.

    `holds` is the property that is checked, `reads` the calls that provide the facts, `fix` the default advice.
    """

    id: str
    holds: str
    why: str
    reads: str
    fix: str
    aws: Callable[[Facts, AwsFacts], Finding] | None = None
    controller: Callable[[Facts, ControllerFacts], Finding] | None = None

    @property
    def asks(self) -> CheckedSystem:
        """The system whose facts the check judges."""
        assert (self.aws is None) != (self.controller is None), f"{self.id} must have exactly one judge"
        return CheckedSystem.AWS if self.aws else CheckedSystem.CONTROLLER


def make_pass(detail: str) -> Finding:
    return Finding("", Status.PASS, detail)


def make_warning(detail: str, fix: str = "") -> Finding:
    return Finding("", Status.WARN, detail, fix)


def make_failure(detail: str, fix: str = "") -> Finding:
    return Finding("", Status.FAIL, detail, fix)
