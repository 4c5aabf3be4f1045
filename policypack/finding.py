"""Rules, and the findings they report.

A rule's id, severity and texts are data in its file under `rules/`; its checks are pure functions of `graph` values, so that the
policy pack, the program itself and offline checks of state files report the same findings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policypack.graph.resources import Graph, Resource


class Severity(StrEnum):
    """Severity of a violation, in CrossGuard's four levels."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Scope(StrEnum):
    """The programs that a rule judges. A complete agent environment is defined in `facts.agent_environment`."""

    EVERYWHERE = "all programs, including unset properties"
    AGENTS = "programs with an agent host, or with the agents' firewall rules"
    STATED = "all programs, only properties that are set"
    STATED_OR_PLACE = "all programs, only properties that are set; unset ones too in complete agent environments"
    PLACE = "complete agent environments"


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation: `where` is a resource's URN ("" for the whole stack), `what` a sentence with the value at fault."""

    where: str
    what: str


ResourceCheck = Callable[["Resource", Sequence["Resource"]], list[Violation]]
"""Judges one resource by its inputs; the second argument is the resources registered before it (inputs only)."""

StackCheck = Callable[["Graph"], list[Violation]]
"""Judges relations between all resources of a stack."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy: the value RULE of `rules/<id with underscores>.py`.

    `info` is the demand, `why` the attack that a violation permits, `fix` the change to make, `ids` the same demand in other
    catalogs (Checkov, Trivy, AWS Security Hub, CIS).
    """

    id: str
    severity: Severity
    info: str
    why: str
    fix: str
    ids: tuple[str, ...] = ()
    check_resource: ResourceCheck | None = None
    check_stack: StackCheck | None = None
    scope: Scope = Scope.EVERYWHERE


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that one resource breaks; `str()` is the message for people, the same in every front end."""

    rule: Rule = field(repr=False)
    where: str
    what: str

    @property
    def id(self) -> str:
        """The id of the rule that is broken."""
        return self.rule.id

    @property
    def message(self) -> str:
        """The fault, why, fix and ids, one per line; each front end adds the resource."""
        lines = [self.what, f"why: {self.rule.why}", f"fix: {self.rule.fix}"]
        return "\n".join([*lines, f"ids: {', '.join(self.rule.ids)}"] if self.rule.ids else lines)

    def __str__(self) -> str:
        place = self.where.rsplit("::", 1)[-1] or "the stack"
        return f"{self.rule.id}: {place}: {self.message}"
