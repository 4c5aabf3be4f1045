"""Every deny of the agents' traffic is enabled, logged, and applied (in monitor it may be watched).

A deny by name that leaves out TLS stops no TLS client, so it does not count as applied. The shadow-model deny has a separate rule,
which judges it in every program.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.firewall.shadow_models import find_shadow_denies
from policypack.graph.plain_data import describe, is_true
from policypack.graph.resources import Graph


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every deny that decides nothing or is not logged."""
    return check_environment(graph, lambda chain: [*_find_unapplied(chain), *_find_unlogged(chain), *_find_without_tls(chain)])


def _find_other_denies(chain: EffectiveRules) -> list[RegisteredRule]:
    """Return every deny except the shadow-model denies, disabled ones included."""
    ours = [rule for rule in read_rules(chain.graph) if rule.permits is Ternary.NO and chain.is_for_agents(rule)]
    shadow = find_shadow_denies(chain)
    return [rule for rule in ours if rule not in shadow]


def _find_unapplied(chain: EffectiveRules) -> Iterator[Violation]:
    for rule in _find_other_denies(chain):
        if rule.is_disabled is not Ternary.NO:
            yield Violation(rule.owner.urn, f"{rule.label} denies nothing: enforcement {_format_certainty(rule.is_disabled)} DISABLE")
        elif rule.is_watched is not Ternary.NO and not chain.in_monitor:
            said = "is only watched" if rule.is_watched is Ternary.YES else "may only be watched (it is not known before the update)"
            yield Violation(rule.owner.urn, f"{rule.label} {said}, while not every agent host is tagged PolicyMode=monitor")


def _find_unlogged(chain: EffectiveRules) -> Iterator[Violation]:
    for rule in _find_other_denies(chain):
        if is_true(rule.logging) is not Ternary.YES:
            yield Violation(rule.owner.urn, f"{rule.label} denies without a trace: logging is not known to be on")


def _find_without_tls(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield denies by name that leave out TLS; one by address that does is reported as an incomplete deny by other rules."""
    for rule in _find_other_denies(chain):
        if rule.web_groups and rule.takes_tls is not Ternary.YES:
            said = "does" if rule.takes_tls is Ternary.NO else "may"
            yield Violation(rule.owner.urn, f"{rule.label} {said} not deny TLS: flowAppRequirement is {describe(rule.application)}")


def _format_certainty(answer: Ternary) -> str:
    return "is" if answer is Ternary.YES else "may be"


RULE = Rule(
    id="denies-are-applied",
    severity=Severity.HIGH,
    info="Every deny of the agents' traffic is enforced, for TLS too, and logged; only monitor may watch it.",
    why="a deny that is watched or disabled lets its traffic through, and one that is not logged hides the attempt",
    fix="leave enforcement, watch and flowAppRequirement out, set logging: true; to watch, tag every agent host PolicyMode=monitor",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
