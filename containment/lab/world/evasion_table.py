"""The evasion table: techniques as data, and what each must come to in a stack of any class.

Rules kept here:
- a row holds in every class; only where a stack's policy permits the name it plays with, the rule that permits it decides instead;
- whether a name is permitted is asked of the stack's own policy, so a class of one's own needs no row of its own;
- what gets through is in the reviewed list of open holes, or fails.

Sending a technique, and judging what became of it, is `evasion`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from containment.model.catalog import Reviewed
from containment.model.flow import Effect, Verdict
from containment.model.fqdn import Match
from containment.model.names import PolicyMode
from containment.model.policy import build_ruleset
from containment.model.ruleset import RuleSet
from containment.model.scenario import Expectation, Scenario, ScenarioFlow
from containment.model.spec import ContainmentSpec
from containment.scenario_file import read_table


class Ending(StrEnum):
    """How a technique ends, in both modes."""

    DENIED = "denied"
    """By a rule: delivered and logged as would-be-denied in monitor, stopped in enforce."""
    REFUSED = "refused"
    """By what has no monitor mode: the VPC, an endpoint's policy, the metadata service, a protocol's own rules."""
    UNMASKED = "unmasked"
    """Permitted by name, and connected to who really has that name: it never arrives at the attacker."""
    THROUGH = "through"
    """It arrives."""

    def expected(self, rule: str) -> dict[PolicyMode, Expectation]:
        """Return what must be seen when a rule decides."""
        verdict = Verdict.DENY if self in (Ending.DENIED, Ending.REFUSED) else Verdict.PERMIT
        arrives = {PolicyMode.MONITOR: self in (Ending.DENIED, Ending.THROUGH), PolicyMode.ENFORCE: self is Ending.THROUGH}
        effect = {True: Effect.DELIVERED, False: Effect.BLOCKED}
        return {mode: Expectation(verdict=verdict, rule=rule, effect=effect[arrives[mode]]) for mode in PolicyMode}


class Permitted(Reviewed):
    """How a technique ends where a stack permits a name."""

    name: str
    ends: Ending


class EvasionRow(Reviewed):
    """One technique. `rule` is without prefix, and may be another layer's (`dns-firewall`, `security-group`); `none`: nobody logs it.

    `sees` is what a gateway sees of it, where the command alone does not tell.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    command: tuple[str, ...] = Field(min_length=1)
    rule: str
    ends: Ending = Ending.DENIED
    permitted: Permitted | None = None
    sees: ScenarioFlow | None = None
    threats: tuple[str, ...] = ()


class OpenHole(Reviewed):
    """A technique that gets through in enforce, why that is so, and what closes it."""

    id: str
    fact: str = Field(min_length=20)
    control: str = Field(min_length=20)


class EvasionTable(Reviewed):
    """The file: techniques, and the reviewed list of those that are open somewhere."""

    techniques: tuple[EvasionRow, ...] = Field(min_length=1)
    open: tuple[OpenHole, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for listed in ([each.id for each in self.techniques], [each.id for each in self.open]):
            if twice := sorted({one for one in listed if listed.count(one) > 1}):
                raise ValueError("has twice: " + ", ".join(twice))
        if unknown := {each.id for each in self.open} - {each.id for each in self.techniques}:
            raise ValueError("open names no technique: " + ", ".join(sorted(unknown)))
        return self

    def of_stack(self, spec: ContainmentSpec) -> ClassTable:
        """Return every technique with what must be seen of it in a stack."""
        ruleset = build_ruleset(spec)
        rows = tuple(_scenario(each, spec, ruleset) for each in self.techniques)
        through = {each.id for each in rows if each.expect[PolicyMode.ENFORCE].effect is Effect.DELIVERED}
        return ClassTable(rows, tuple(each for each in self.open if each.id in through))


@dataclass(frozen=True)
class ClassTable:
    """What one stack is tried with, and what is known to get through there."""

    scenarios: tuple[Scenario, ...]
    open: tuple[OpenHole, ...] = ()


def load_table(path: Path) -> EvasionTable:
    """Return the table in a file; raises InputError."""
    return read_table(path, EvasionTable, "evasion table")


def permitting(ruleset: RuleSet, name: str) -> str | None:
    """Return the first rule that permits a name anywhere outside; None when none does."""
    for rule in ruleset.rules:
        patterns = [pattern for group in rule.web_groups for pattern in ruleset.web_groups[group].patterns]
        if rule.action.permits and any(pattern.matches(name) is Match.YES for pattern in patterns):
            return rule.name
    return None


def _scenario(row: EvasionRow, spec: ContainmentSpec, ruleset: RuleSet) -> Scenario:
    rule, ends = row.rule, row.ends
    if row.permitted and (found := permitting(ruleset, row.permitted.name)):
        rule, ends = found.removeprefix(f"{spec.prefix}-"), row.permitted.ends
    return Scenario(id=row.id, agent_class=spec.config.agent_class, command=row.command, expect=ends.expected(rule), threats=row.threats)
