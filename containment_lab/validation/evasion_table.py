"""The evasion table: techniques as data, with the expected result in a stack of any class.

Rules kept here:
- a row applies to every class; only where a stack's policy permits the name in the row, the permitting rule decides instead;
- the stack's policy determines whether a name is permitted, so that a custom class needs no additional row;
- a technique that gets through is on the reviewed list of open holes, or fails.

`evasion` sends the techniques and evaluates the results.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from containment.config.spec import ContainmentSpec
from containment.loaders.scenarios import read_table
from containment.names import PolicyMode
from containment.policy.builder import build_ruleset
from containment.policy.flow import Effect, PolicyVerdict
from containment.policy.rules import RuleSet
from containment.policy.scenario import Expectation, Scenario, ScenarioFlow
from containment.reviewed_data import ReviewedModel
from containment.ternary import Ternary


class ExpectedEnd(StrEnum):
    """The result of a technique, in both modes."""

    DENIED = "denied"
    """Denied by a rule: delivered and logged as would-be-denied in monitor, stopped in enforce."""
    REFUSED = "refused"
    """Refused in both modes: by the VPC, an endpoint's policy, the metadata service, or a protocol's rules."""
    UNMASKED = "unmasked"
    """Permitted by name, and connected to the real owner of that name: it never arrives at the attacker."""
    THROUGH = "through"
    """It arrives."""

    def build_expectations(self, rule: str) -> dict[PolicyMode, Expectation]:
        """Return the expectation in each mode when a rule decides."""
        verdict = PolicyVerdict.DENY if self in (ExpectedEnd.DENIED, ExpectedEnd.REFUSED) else PolicyVerdict.PERMIT
        arrives = {PolicyMode.MONITOR: self in (ExpectedEnd.DENIED, ExpectedEnd.THROUGH), PolicyMode.ENFORCE: self is ExpectedEnd.THROUGH}
        effect = {True: Effect.DELIVERED, False: Effect.BLOCKED}
        return {mode: Expectation(verdict=verdict, rule=rule, effect=effect[arrives[mode]]) for mode in PolicyMode}


class PermittedCase(ReviewedModel):
    """The result of a technique in a stack that permits a name."""

    name: str
    ends: ExpectedEnd


class EvasionRow(ReviewedModel):
    """One technique. `rule` has no prefix, and may be another layer's (`dns-firewall`, `security-group`); `none`: it is not logged.

    `sees` is the flow that a gateway sees, where it does not follow from the command.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    command: tuple[str, ...] = Field(min_length=1)
    rule: str
    ends: ExpectedEnd = ExpectedEnd.DENIED
    permitted: PermittedCase | None = None
    sees: ScenarioFlow | None = None
    threats: tuple[str, ...] = ()


class OpenHole(ReviewedModel):
    """A technique that gets through in enforce, with the reason and the closing control."""

    id: str
    fact: str = Field(min_length=20)
    control: str = Field(min_length=20)


class EvasionTable(ReviewedModel):
    """The table's file: techniques, and the reviewed list of those that are open in some class."""

    techniques: tuple[EvasionRow, ...] = Field(min_length=1)
    open: tuple[OpenHole, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for listed in ([each.id for each in self.techniques], [each.id for each in self.open]):
            if twice := sorted({one for one in listed if listed.count(one) > 1}):
                raise ValueError("has twice: " + ", ".join(twice))
        if unknown := {each.id for each in self.open} - {each.id for each in self.techniques}:
            raise ValueError("`open` has ids that are no technique: " + ", ".join(sorted(unknown)))
        return self

    def select_for_stack(self, spec: ContainmentSpec) -> ClassTable:
        """Return every technique with its expectation in a stack."""
        ruleset = build_ruleset(spec)
        rows = tuple(_build_scenario(each, spec, ruleset) for each in self.techniques)
        through = {each.id for each in rows if each.expect[PolicyMode.ENFORCE].effect is Effect.DELIVERED}
        return ClassTable(rows, tuple(each for each in self.open if each.id in through))


@dataclass(frozen=True)
class ClassTable:
    """The techniques for one stack, and those that are known to get through there."""

    scenarios: tuple[Scenario, ...]
    open: tuple[OpenHole, ...] = ()


def load_table(path: Path) -> EvasionTable:
    """Read the table from a file; raise InputError if it is invalid."""
    return read_table(path, EvasionTable, "an evasion table")


def find_permitting_rule(ruleset: RuleSet, name: str) -> str | None:
    """Return the first rule that permits a name at any outside address; None if there is none."""
    for rule in ruleset.rules:
        patterns = [pattern for group in rule.web_groups for pattern in ruleset.web_groups[group].patterns]
        if rule.action.permits and any(pattern.matches(name) is Ternary.YES for pattern in patterns):
            return rule.name
    return None


def _build_scenario(row: EvasionRow, spec: ContainmentSpec, ruleset: RuleSet) -> Scenario:
    rule, ends = row.rule, row.ends
    if row.permitted and (found := find_permitting_rule(ruleset, row.permitted.name)):
        rule, ends = found.removeprefix(f"{spec.prefix}-"), row.permitted.ends
    return Scenario(
        id=row.id, agent_class=spec.config.agent_class, command=row.command, expect=ends.build_expectations(rule), threats=row.threats
    )
