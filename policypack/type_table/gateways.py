"""More than one gateway of the agents' network, and other networks joined to it.

One Aviatrix spoke gateway serves the agents' VPC; its second machine (HA) belongs to it. A second gateway would be a way out that no
rule of the first protects. A spoke attached to a transit reaches every network behind it, so the attachment passes only while the
firewall's rules stop what reaches neighbors and what no rule decides.
Source: Aviatrix Terraform provider, `aviatrix_spoke_ha_gateway`, `aviatrix_spoke_transit_attachment`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.model.fqdn import Match
from policypack.chain import Chain, chain_of
from policypack.dcf import DcfRule
from policypack.dcf_scope import holds_everywhere, reaches_private_widely
from policypack.graph import Graph, Resource
from policypack.home import leads_to_vpc
from policypack.known_types import SPOKE_GATEWAY
from policypack.plain import UNKNOWN

HA_GATEWAY: Final = "aviatrix:index/spokeHaGateway:SpokeHaGateway"
TRANSIT_ATTACHMENT: Final = "aviatrix:index/spokeTransitAttachment:SpokeTransitAttachment"


def faults(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield gateways of the agents' network that are one too many, and attachments that nothing proves safe."""
    for second in _of_agents(graph)[1:]:
        yield second, "is a second gateway in the agents' VPC: packets may leave by the one that the rules do not protect"
    for one in graph.of(HA_GATEWAY):
        if not _is_of_a_spoke(graph, one, "primaryGwName"):
            yield one, "is a second machine of a gateway that is not in this program (primaryGwName)"
    for one in graph.of(TRANSIT_ATTACHMENT):
        missing = missing_proof(graph)
        if missing:
            yield one, f"joins the agents' gateway to a transit and all networks behind it, and {missing}"


def missing_proof(graph: Graph) -> str:
    """Return what the rules lack to keep the agents from the networks behind a transit; "" when they lack nothing.

    All that is needed of the rules is in this function; a proof over all flows can take its place.
    """
    chain = chain_of(graph)
    if not any(map(chain.stops_everything, chain.denies)):
        return "no rule denies what nothing else decides"
    apart = [rule for rule in chain.denies if _is_east_west(chain, rule)]
    if not apart:
        return "no rule of its own denies private networks"
    early = next((rule for rule in chain.permits if _reaches_neighbors(chain, rule, apart)), None)
    return f"{early.label} permits private networks before {apart[0].label} denies them" if early else ""


def _is_east_west(chain: Chain, rule: DcfRule) -> bool:
    """Tell whether a deny is for private space apart from everything else, every protocol and port of it."""
    is_apart = not rule.web_groups and holds_everywhere(chain.groups, rule) is not Match.YES
    return is_apart and rule.takes_everything is Match.YES and chain.enough(rule, reaches_private_widely(chain.groups, rule))


def _reaches_neighbors(chain: Chain, permit: DcfRule, denies: list[DcfRule]) -> bool:
    """Tell whether a permit without names reaches private space beyond narrow networks ahead of the first of some denies."""
    widely = not permit.web_groups and reaches_private_widely(chain.groups, permit) is Match.YES
    return widely and not any(deny.may_precede(permit) and not permit.may_precede(deny) for deny in denies)


def _of_agents(graph: Graph) -> list[Resource]:
    return [one for one in graph.of(SPOKE_GATEWAY) if leads_to_vpc(graph, one, "vpcId", one.get("vpcId"))]


def _is_of_a_spoke(graph: Graph, resource: Resource, key: str) -> bool:
    name = resource.get(key)
    if name is UNKNOWN:
        return bool(graph.refer(resource, key, name, (SPOKE_GATEWAY,), ("gwName", "id")).found)
    return any(name in (one.get("gwName"), one.output("gwName"), one.output("id")) for one in graph.of(SPOKE_GATEWAY))
