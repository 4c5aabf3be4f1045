"""Gateways of the agents' network: refuse a second one, one that serves only a part, and an unsafe attachment to a transit.

One Aviatrix spoke gateway serves the agents' VPC; its second machine (HA) belongs to it. A second gateway would be an egress path
that the first one's rules do not protect. A spoke attached to a transit reaches every network behind it, so the attachment passes
only while the firewall's rules deny private networks and everything that no rule decides.
Source: Aviatrix Terraform provider, `aviatrix_spoke_ha_gateway`, `aviatrix_spoke_transit_attachment`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.ternary import Ternary
from policypack.facts.host_location import describe_vpc
from policypack.firewall.effective_rules import EffectiveRules, get_effective_rules
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.scope import has_every_address, has_wide_private_reach
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.graph.plain_data import UNKNOWN, is_some
from policypack.graph.resources import Graph, Resource

HA_GATEWAY: Final = "aviatrix:index/spokeHaGateway:SpokeHaGateway"
TRANSIT_ATTACHMENT: Final = "aviatrix:index/spokeTransitAttachment:SpokeTransitAttachment"


def find_violations(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield surplus and partial gateways of the agents' network, and transit attachments that are not proved safe."""
    gateways = _find_agents_gateways(graph)
    for one in gateways:
        if len(gateways) > 1:
            yield one, f"is one of {len(gateways)} gateways in the agents' VPC: packets may leave by one that the rules do not protect"
        if _is_limited_to_tables(one):
            yield one, "limits the Controller to some route tables (routeTables): it writes no routes in the others, the agents' among them"
    for one in graph.find_by_type(HA_GATEWAY):
        if not _is_of_a_spoke(graph, one, "primaryGwName"):
            yield one, "is a second machine of a gateway that is not in this program (primaryGwName)"
    for one in graph.find_by_type(TRANSIT_ATTACHMENT):
        missing = find_missing_proof(graph)
        if missing:
            yield one, f"joins the agents' gateway to a transit and all networks behind it, and {missing}"


def find_missing_proof(graph: Graph) -> str:
    """Return what the rules lack to keep the agents from the networks behind a transit; "" when they lack nothing.

    All requirements on the rules are in this function, so that a proof over all flows can replace it.
    """
    chain = get_effective_rules(graph)
    if not any(map(chain.is_default_deny, chain.denies)):
        return "no rule is a default deny"
    apart = [rule for rule in chain.denies if _is_east_west(chain, rule)]
    if not apart:
        return "no separate rule denies private networks"
    early = next((rule for rule in chain.permits if _is_reaching_private(chain, rule, apart)), None)
    return f"{early.label} permits private networks before {apart[0].label} denies them" if early else ""


def _is_east_west(chain: EffectiveRules, rule: RegisteredRule) -> bool:
    """Return whether a deny is specific to private space, for every protocol and port."""
    is_apart = not rule.web_groups and has_every_address(chain.groups, rule) is not Ternary.YES
    return (
        is_apart and rule.takes_everything is Ternary.YES and chain.is_yes_or_unresolved(rule, has_wide_private_reach(chain.groups, rule))
    )


def _is_reaching_private(chain: EffectiveRules, permit: RegisteredRule, denies: list[RegisteredRule]) -> bool:
    """Return whether a permit without names reaches wide private networks and no deny certainly precedes it."""
    widely = not permit.web_groups and has_wide_private_reach(chain.groups, permit) is Ternary.YES
    return widely and not any(deny.is_possibly_before(permit) and not permit.is_possibly_before(deny) for deny in denies)


def _find_agents_gateways(graph: Graph) -> list[Resource]:
    return [one for one in graph.find_by_type(SPOKE_GATEWAY) if describe_vpc(graph, one, "vpcId", one.get("vpcId"))]


def _is_limited_to_tables(gateway: Resource) -> bool:
    """Return whether a gateway serves some route tables only, by its input or by the Controller's state.

    An unset input leaves the Controller's value unchanged, and only a read shows that value.
    Source: Aviatrix Terraform provider 10.1, `aviatrix_spoke_gateway.route_tables` (`edit_managed_route_tables`, `spoke_rtb_list`).
    """
    live = gateway.get_output("routeTables")
    return is_some(gateway.get("routeTables")) is not Ternary.NO or (live is not UNKNOWN and is_some(live) is Ternary.YES)


def _is_of_a_spoke(graph: Graph, resource: Resource, key: str) -> bool:
    name = resource.get(key)
    if name is UNKNOWN:
        return bool(graph.resolve(resource, key, name, (SPOKE_GATEWAY,), ("gwName", "id")).found)
    return any(name in (one.get("gwName"), one.get_output("gwName"), one.get_output("id")) for one in graph.find_by_type(SPOKE_GATEWAY))
