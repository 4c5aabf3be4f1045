"""The flows that a permit decides: those that no applied deny ahead of it stops.

A group whose members only the Controller knows may hold IPv6 addresses too, and nobody documents whether Public Internet does. The
Controller's Anywhere, which denies name, is IPv4 only, so such a doubt is left out: IPv6 is off at the gateway
(`gateway-has-no-ipv6`). An IPv6 network that a group states is no doubt, and counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address

from containment.model.reach.table import Witness
from policypack.analysed import Flows, Set
from policypack.chain import Chain
from policypack.dcf import DcfRule


def decided(chain: Chain, rule: DcfRule, inside: Iterable[Set] = (), outside: Iterable[Set] = ()) -> Witness | None:
    """Return a flow that a permit decides inside some sets and outside others, None when there is none; asked once ids are known."""
    wanted, avoided = (rule, *inside), (*chain.enforced_before(rule), *outside)
    met = chain.flow(wanted, avoided).witness
    if met is not None and depends_on_a_group(met) and isinstance(met.flow.destination, IPv6Address):
        return chain.flow((*wanted, Flows.TO_IPV4), avoided).witness
    return met


def depends_on_a_group(met: Witness) -> bool:
    """Tell whether a flow exists only if its destination is a member of a group that cannot be read."""
    return any(doubt.startswith("the destination is") for doubt in met.given)
