"""DNS queries of an agent's VPC end at its own resolver: no other name servers, no forwarding, no private answers.

A host queries the name servers that DHCP assigns; other name servers answer queries that a forwarding rule matches, past the DNS
firewall; queries that a private zone or a profile answers never reach public DNS (`network.names`).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from typing import Any, Final

from containment.addresses.address_space import Network, parse_network
from policypack.facts.host_location import find_location
from policypack.facts.network.containers import find_container_answers
from policypack.facts.network.names import find_answerers
from policypack.facts.network.other_programs import FOREIGN_ANSWERERS, find_foreign
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import DEFAULT_DHCP_OPTIONS, DHCP_ASSOCIATION, DHCP_OPTIONS, FORWARD_ASSOCIATION, FORWARD_RULE, VPCS
from policypack.graph.plain_data import UNKNOWN, describe, get_items
from policypack.graph.resources import Graph, Resource

_OWN: Final = "amazonprovideddns"
_LINK_LOCAL: Final = ("169.254.169.253", "fd00:ec2::253")
_HARMLESS: Final = ("SYSTEM", "RECURSIVE")


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every resource that sends a host's DNS queries elsewhere."""
    vpcs = find_location(graph).vpcs
    faults = [fault for vpc in vpcs for fault in (*_check_name_servers(graph, vpc), *_check_forwarding(graph, vpc))]
    return list(
        dict.fromkeys(
            [*faults, *(find_answerers(graph) if vpcs else ()), *find_container_answers(graph), *find_foreign(graph, FOREIGN_ANSWERERS)]
        )
    )


def _check_name_servers(graph: Graph, vpc: Resource) -> Iterator[Violation]:
    for association in graph.find_referrers(vpc, DHCP_ASSOCIATION, "vpcId", VPCS):
        options = graph.follow(association, "dhcpOptionsId", (DHCP_OPTIONS,))
        for one in options.found:
            foreign = [server for server in get_items(one.get("domainNameServers")) if not _is_own(server, vpc)]
            if foreign:
                yield Violation(one.urn, f"makes {vpc.label} query the name servers {', '.join(map(describe, foreign))}")
        if not options.found and options.literal != "default" and not _is_of_aws(graph, association):
            given = options.literal or "DHCP options that cannot be traced"
            yield Violation(association.urn, f"gives {vpc.label} {given}, not of this program: their name servers cannot be seen")


def _is_of_aws(graph: Graph, association: Resource) -> bool:
    """Return whether the options are those that AWS creates for the region, which name its own resolver."""
    return bool(graph.follow(association, "dhcpOptionsId", (DEFAULT_DHCP_OPTIONS,)).found)


def _is_own(server: Any, vpc: Resource) -> bool:
    """Return whether a name server is the VPC's own resolver, by its name or by one of its addresses."""
    if server is UNKNOWN:
        return False
    text = str(server).strip().lower()
    if text == _OWN or text in _LINK_LOCAL:
        return True
    network = parse_network(vpc.get("cidrBlock"))
    return network is not None and _is_plus_two(text, network)


def _is_plus_two(text: str, network: Network) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return isinstance(address, IPv4Address) and network.version == 4 and int(address) == int(network.network_address) + 2


def _check_forwarding(graph: Graph, vpc: Resource) -> Iterator[Violation]:
    for association in graph.find_referrers(vpc, FORWARD_ASSOCIATION, "vpcId", VPCS):
        rule = graph.follow(association, "resolverRuleId", (FORWARD_RULE,))
        for one in rule.found:
            kind = one.get("ruleType")
            if kind is UNKNOWN or str(kind or "").upper() not in _HARMLESS:
                yield Violation(one.urn, f"sends queries of {vpc.label} for {describe(one.get('domainName'))} to other name servers")
        if not rule.found and not rule.literal.startswith("rslvr-autodefined-"):
            applied = rule.literal or "a rule that cannot be traced"
            yield Violation(association.urn, f"applies {applied}, a forwarding rule of another program, to {vpc.label}")


RULE = Rule(
    id="dns-stays-with-the-resolver",
    severity=Severity.HIGH,
    info="Hosts of an agent's VPC query the VPC's own resolver; it forwards nothing and has no private answers for public names.",
    why="the server that answers a name decides where the agent connects, and can read every query",
    fix="remove the DHCP options or set domainNameServers: [AmazonProvidedDNS]; remove the association with the forwarding rule, private"
    " zone or profile (a zone for names that no WebGroup matches may stay), and permit internal names through an approved internal API",
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
