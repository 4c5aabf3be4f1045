"""Everything an agent can reach, as lines a person can read: one for each rule that lets something through.

A line is what the rule says, less what earlier rules take away; both are exact. Cells and classes are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from containment.model.reach.analysis import Analysis
from containment.model.reach.table import Witness
from containment.model.reach.view import Watched
from containment.model.ruleset import PUBLIC_INTERNET, CidrSelector, OpaqueSelector, Rule, RuleSet, SmartGroup, TagSelector


@dataclass(frozen=True, slots=True)
class Taken:
    """An earlier rule that decides some of the flows a rule names, with one of them."""

    rule: Rule
    witness: Witness


@dataclass(frozen=True, slots=True)
class Reachable:
    """What one rule (None: the default action) lets through.

    `names` are its patterns (none: no name is asked for), `verified` says that the server must answer to the name;
    `conditional` lists what is not known and on which all of it hangs.
    """

    rule: Rule | None
    names: tuple[str, ...]
    destinations: tuple[str, ...]
    transport: str
    tls_only: bool
    verified: bool
    taken: tuple[Taken, ...]
    witness: Witness

    @property
    def conditional(self) -> tuple[str, ...]:
        """What must hold for any of it to be reachable."""
        return self.witness.given


def reachable(analysis: Analysis, watched: Watched = Watched.APPLIED) -> list[Reachable]:
    """Return everything that is let through, in the order of the rules; an empty list proves that nothing is."""
    out: list[Reachable] = []
    ruleset = analysis.ruleset
    for way in analysis.ways_into(watched=watched):
        rule = way.rule
        if rule is None:
            out.append(Reachable(None, (), ("everything no rule matches",), "any protocol", False, False, (), way.witness))
            continue
        names = tuple(text for name in rule.web_groups for text in _expressions(ruleset, name))
        ports = ",".join(map(str, rule.ports))
        out.append(
            Reachable(
                rule,
                names,
                tuple(text for name in rule.destinations for text in members(ruleset.smart_groups[name])),
                f"{rule.protocol.value} {ports}".strip(),
                rule.tls_required,
                rule.verify_sni,
                tuple(_taken(analysis, rule)),
                way.witness,
            )
        )
    return out


def _taken(analysis: Analysis, rule: Rule) -> Iterable[Taken]:
    """Yield the earlier rules of the other action that decide flows this one names."""
    number = analysis.view.numbers[rule.name]
    need = analysis.view.bit(rule)
    before = 0
    meets = analysis.table.meets(number)
    for box in range(number):
        other = analysis.ruleset.rules[box]
        if other.disabled:
            continue
        bit = 1 << box
        if other.action.permits != rule.action.permits and meets & bit and (witness := analysis.table.find(need | bit, before)):
            yield Taken(other, witness)
        before |= bit


def _expressions(ruleset: RuleSet, name: str) -> tuple[str, ...]:
    group = ruleset.web_groups[name]
    return (*group.expressions, *(f"{pattern} (may be)" for pattern in group.unsure))


def members(group: SmartGroup) -> tuple[str, ...]:
    """Return what is in a SmartGroup, in words."""
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
