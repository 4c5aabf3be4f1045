"""What a rule is and what it reports.

A rule's id, severity and words are data in its own file under `rules/`; its checks are pure functions over `graph`
values, so that the pack, the program itself and offline checks of state files all say the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policypack.graph import Graph, Resource


class Severity(StrEnum):
    """How bad a violation is, in CrossGuard's four levels."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Scope(StrEnum):
    """Which programs a rule judges. A place is one whose program declares all of it: see `place`."""

    EVERYWHERE = "every program; what it does not say counts as well"
    AGENTS = "programs with an agent host, or with the agents' firewall rules"
    STATED = "what any program states"
    STATED_OR_PLACE = "what any program states; in a vended place what it does not say as well"
    PLACE = "vended places"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing found wrong: `where` is a resource's URN ("" for the whole stack), `what` a sentence naming the value at fault."""

    where: str
    what: str


ResourceCheck = Callable[["Resource", Sequence["Resource"]], list[Fault]]
"""Judges one resource by its inputs; the second argument is what was registered before it (inputs only)."""

StackCheck = Callable[["Graph"], list[Fault]]
"""Judges relations between all resources of a stack."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy: `rules/<id with underscores>.py` holds exactly one, named RULE.

    `info` says what holds when the rule is kept, `why` what a violation opens, `fix` what to write instead, `ids` the same
    demand in other catalogues (Checkov, Trivy, AWS Security Hub, CIS).
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
    """A rule broken at one place; `str()` is the message people read, the same in every front end."""

    rule: Rule = field(repr=False)
    where: str
    what: str

    @property
    def id(self) -> str:
        """The id of the rule that is broken."""
        return self.rule.id

    @property
    def message(self) -> str:
        """What, why, fix and ids, a line each; the place is told by whoever shows it."""
        lines = [self.what, f"why: {self.rule.why}", f"fix: {self.rule.fix}"]
        return "\n".join([*lines, f"ids: {', '.join(self.rule.ids)}"] if self.rule.ids else lines)

    def __str__(self) -> str:
        place = self.where.rsplit("::", 1)[-1] or "the stack"
        return f"{self.rule.id}: {place}: {self.message}"
