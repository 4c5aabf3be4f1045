"""Everything that an agent can reach, as one readable line per rule that lets something through.

A line lists what the rule matches and the earlier rules that decide part of it; both are exact. Classes are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from containment.analysis.classes.table import Witness
from containment.analysis.classes.view import WatchReading
from containment.analysis.questions import Analysis
from containment.policy.rules import PUBLIC_INTERNET, CidrSelector, OpaqueSelector, Rule, RuleSet, SmartGroup, TagSelector


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """An earlier rule that decides some of a rule's flows, with one of them."""

    rule: Rule
    witness: Witness


@dataclass(frozen=True, slots=True)
class ReachableSet:
    """The destinations that one rule (None: the default action) lets through.

    `names` are its patterns (empty: no name is required), `verified` is true where the server must answer to the name;
    `conditional` lists the unknowns on which all of it depends.
    """

    rule: Rule | None
    names: tuple[str, ...]
    destinations: tuple[str, ...]
    transport: str
    tls_only: bool
    verified: bool
    taken: tuple[EarlierDecision, ...]
    witness: Witness

    @property
    def conditional(self) -> tuple[str, ...]:
        """The unknowns that must be true for any of it to be reachable."""
        return self.witness.given


def find_reachable(analysis: Analysis, watched: WatchReading = WatchReading.APPLIED) -> list[ReachableSet]:
    """Return everything that is let through, in the order of the rules; an empty list proves that nothing is."""
    out: list[ReachableSet] = []
    ruleset = analysis.ruleset
    for way in analysis.find_permitting_rules(watched=watched):
        rule = way.rule
        if rule is None:
            out.append(
                ReachableSet(
                    rule=None,
                    names=(),
                    destinations=("everything no rule matches",),
                    transport="any protocol",
                    tls_only=False,
                    verified=False,
                    taken=(),
                    witness=way.witness,
                )
            )
            continue
        names = tuple(text for name in rule.web_groups for text in _collect_expressions(ruleset, name))
        ports = ",".join(map(str, rule.ports))
        out.append(
            ReachableSet(
                rule=rule,
                names=names,
                destinations=tuple(text for name in rule.destinations for text in describe_members(ruleset.smart_groups[name])),
                transport=f"{rule.protocol.value} {ports}".strip(),
                tls_only=rule.tls_required,
                verified=rule.verify_sni,
                taken=tuple(_find_taken(analysis, rule)),
                witness=way.witness,
            )
        )
    return out


def _find_taken(analysis: Analysis, rule: Rule) -> Iterable[EarlierDecision]:
    """Yield the earlier rules of the other action that decide flows of this one."""
    number = analysis.view.numbers[rule.name]
    need = analysis.view.get_bit(rule)
    before = 0
    meets = analysis.table.find_meeting_boxes(number)
    for box in range(number):
        other = analysis.ruleset.rules[box]
        if other.disabled:
            continue
        bit = 1 << box
        if other.action.permits != rule.action.permits and meets & bit and (witness := analysis.table.find(need | bit, before)):
            yield EarlierDecision(other, witness)
        before |= bit


def _collect_expressions(ruleset: RuleSet, name: str) -> tuple[str, ...]:
    group = ruleset.web_groups[name]
    return (*group.expressions, *(f"{pattern} (may be)" for pattern in group.unsure))


def describe_members(group: SmartGroup) -> tuple[str, ...]:
    """Return the members of a SmartGroup, in words."""
    if group == PUBLIC_INTERNET:
        return ("any public address",)
    out = []
    for selector in group.selectors:
        if isinstance(selector, CidrSelector):
            out.append("any IPv4 address" if str(selector.network) == "0.0.0.0/0" else str(selector.network))
        elif isinstance(selector, TagSelector):
            out.append("VMs with " + " and ".join(f"{key}={value}" for key, value in sorted(selector.tags.items())))
        else:
            assert isinstance(selector, OpaqueSelector)
            out.append(f"{selector.description} (not known)")
    return tuple(out)
