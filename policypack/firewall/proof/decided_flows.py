"""Flows that a permit decides: those that no applied deny ahead of it stops.

A group whose members are known to the Controller only may contain IPv6 addresses too, and it is undocumented whether Public
Internet does. Denies name the Controller's Anywhere, which is IPv4 only, so such possible IPv6 flows are left out: IPv6 is off at
the gateway (`gateway-has-no-ipv6`). An IPv6 network that a group lists counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address

from containment.analysis.classes.table import Witness
from policypack.firewall.analysis import FlowSet, Set
from policypack.firewall.effective_rules import EffectiveRules
from policypack.firewall.rules import RegisteredRule


def find_decided_flow(
    chain: EffectiveRules, rule: RegisteredRule, inside: Iterable[Set] = (), outside: Iterable[Set] = ()
) -> Witness | None:
    """Return a flow that a permit decides inside some sets and outside others, None when there is none.

    Args:
        chain: the effective rules, once group ids are known.
        rule: the permit.
        inside: sets that contain the flow.
        outside: sets that do not contain it.
    """
    wanted, avoided = (rule, *inside), (*chain.find_enforced_before(rule), *outside)
    met = chain.find_flow(wanted, avoided).witness
    if met is not None and is_group_dependent(met) and isinstance(met.flow.destination, IPv6Address):
        return chain.find_flow((*wanted, FlowSet.TO_IPV4), avoided).witness
    return met


def is_group_dependent(met: Witness) -> bool:
    """Return whether a flow exists only if its destination is a member of a group that cannot be read."""
    return any(doubt.startswith("the destination is") for doubt in met.given)
