"""Every deny of the agents' traffic is in force and seen: not stored away, not only watched unless the hosts are in monitor, logged.

A deny by name that is for everything but TLS stops nobody who speaks TLS, and is not in force either. The shadow-model deny is
judged by its own rule, in every program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.model.fqdn import Match
from policypack.chain import Chain, in_places
from policypack.dcf import DcfRule, read_rules
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.plain import UNKNOWN, is_true
from policypack.shadow import shadow_denies


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every deny that decides nothing, or decides unseen."""
    return in_places(graph, lambda chain: [*_not_applied(chain), *_unlogged(chain), *_without_tls(chain)])


def _others(chain: Chain) -> list[DcfRule]:
    """Return every deny but the shadow-model denies, with those that are stored and never enforced."""
    ours = [rule for rule in read_rules(chain.graph) if rule.permits is Match.NO and chain.is_ours(rule)]
    shadow = shadow_denies(chain)
    return [rule for rule in ours if rule not in shadow]


def _not_applied(chain: Chain) -> Iterator[Fault]:
    for rule in _others(chain):
        if rule.is_disabled is not Match.NO:
            yield Fault(rule.owner.urn, f"{rule.label} denies nothing: enforcement {_may(rule.is_disabled)} DISABLE")
        elif rule.is_watched is not Match.NO and not chain.in_monitor:
            said = "is only watched" if rule.is_watched is Match.YES else "may only be watched (it is not known before the update)"
            yield Fault(rule.owner.urn, f"{rule.label} {said}, while not every agent host says PolicyMode=monitor")


def _unlogged(chain: Chain) -> Iterator[Fault]:
    for rule in _others(chain):
        if is_true(rule.logging) is not Match.YES:
            yield Fault(rule.owner.urn, f"{rule.label} denies unseen: logging is not known to be on")


def _without_tls(chain: Chain) -> Iterator[Fault]:
    """Yield denies by name that leave TLS alone; what denies by address and does is no complete deny, and missed as one."""
    for rule in _others(chain):
        if rule.web_groups and rule.takes_tls is not Match.YES:
            said = "does" if rule.takes_tls is Match.NO else "may"
            yield Fault(rule.owner.urn, f"{rule.label} {said} not deny TLS: flowAppRequirement is {_shown(rule.application)}")


def _shown(value: Any) -> str:
    return "not known before the update" if value is UNKNOWN else str(value)


def _may(answer: Match) -> str:
    return "is" if answer is Match.YES else "may be"


RULE = Rule(
    id="denies-are-applied",
    severity=Severity.HIGH,
    info="Every deny of the agents' traffic is enforced, for TLS too, and logged; only in monitor it is watched.",
    why="a deny that is watched or switched off lets through what it names, and one that is not logged hides the attempt",
    fix="leave enforcement, watch and flowAppRequirement out, state logging: true; to watch, tag every agent host PolicyMode=monitor",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
