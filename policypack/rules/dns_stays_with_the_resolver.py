"""An agent's questions go to the VPC's own resolver and end there: no other name servers, no forwarding, no private answers.

What DHCP hands out is what a host asks; what a forwarding rule sends on is answered by somebody else, past the DNS firewall;
what a private zone or a profile answers never reaches public DNS (`network.names`).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from typing import Any, Final

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.home import home_of
from policypack.known_types import DEFAULT_DHCP_OPTIONS, DHCP_ASSOCIATION, DHCP_OPTIONS, FORWARD_ASSOCIATION, FORWARD_RULE, VPCS
from policypack.network.foreign import FOREIGN_ANSWERERS, find_foreign
from policypack.network.names import find_answerers
from policypack.plain import UNKNOWN, items
from policypack.space import Network, parse

_OWN: Final = "amazonprovideddns"
_LINK_LOCAL: Final = ("169.254.169.253", "fd00:ec2::253")
_HARMLESS: Final = ("SYSTEM", "RECURSIVE")


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at everything that sends a host's questions elsewhere."""
    vpcs = home_of(graph).vpcs
    faults = [fault for vpc in vpcs for fault in (*_handed_out(graph, vpc), *_forwarded(graph, vpc))]
    return list(dict.fromkeys([*faults, *(find_answerers(graph) if vpcs else ()), *find_foreign(graph, FOREIGN_ANSWERERS)]))


def _handed_out(graph: Graph, vpc: Resource) -> Iterator[Fault]:
    for association in graph.of(DHCP_ASSOCIATION):
        if not graph.refer(association, "vpcId", association.get("vpcId"), VPCS).may_be(vpc):
            continue
        options = graph.refer(association, "dhcpOptionsId", association.get("dhcpOptionsId"), (DHCP_OPTIONS,))
        for one in options.found:
            foreign = [server for server in items(one.get("domainNameServers")) if not _is_own(server, vpc)]
            if foreign:
                yield Fault(one.urn, f"makes {vpc.label} ask {', '.join(map(_shown, foreign))} for names")
        if not options.found and options.literal != "default" and not _is_of_aws(graph, association):
            given = options.literal or "DHCP options that cannot be traced"
            yield Fault(association.urn, f"gives {vpc.label} {given}, not of this program: the name servers it asks cannot be seen")


def _is_of_aws(graph: Graph, association: Resource) -> bool:
    """Return whether the options are the ones that AWS made for the region, which name its own resolver."""
    return bool(graph.refer(association, "dhcpOptionsId", association.get("dhcpOptionsId"), (DEFAULT_DHCP_OPTIONS,)).found)


def _is_own(server: Any, vpc: Resource) -> bool:
    """Tell whether a name server is the VPC's own resolver, by its name or by one of its addresses."""
    if server is UNKNOWN:
        return False
    text = str(server).strip().lower()
    if text == _OWN or text in _LINK_LOCAL:
        return True
    network = parse(vpc.get("cidrBlock"))
    return network is not None and _is_plus_two(text, network)


def _is_plus_two(text: str, network: Network) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return isinstance(address, IPv4Address) and network.version == 4 and int(address) == int(network.network_address) + 2


def _forwarded(graph: Graph, vpc: Resource) -> Iterator[Fault]:
    for association in graph.of(FORWARD_ASSOCIATION):
        if not graph.refer(association, "vpcId", association.get("vpcId"), VPCS).may_be(vpc):
            continue
        rule = graph.refer(association, "resolverRuleId", association.get("resolverRuleId"), (FORWARD_RULE,))
        for one in rule.found:
            kind = one.get("ruleType")
            if kind is UNKNOWN or str(kind or "").upper() not in _HARMLESS:
                yield Fault(one.urn, f"sends the questions of {vpc.label} for {_shown(one.get('domainName'))} to other name servers")
        if not rule.found and not rule.literal.startswith("rslvr-autodefined-"):
            applied = rule.literal or "a rule that cannot be traced"
            yield Fault(association.urn, f"applies {applied}, a forwarding rule of another program, to {vpc.label}")


def _shown(value: Any) -> str:
    return "what is not known before the update" if value is UNKNOWN else str(value)


RULE = Rule(
    id="dns-stays-with-the-resolver",
    severity=Severity.HIGH,
    info="Hosts of an agent's VPC ask the VPC's own resolver; it forwards nothing and has no private answers for public names.",
    why="whoever answers a name decides where the agent goes, and reads what is asked",
    fix="drop the DHCP options or state domainNameServers: [AmazonProvidedDNS]; drop the association with the forwarding rule, private zone"
    " or profile (a zone for names that no WebGroup matches may stay), and permit internal names through an approved internal API",
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
