"""Credential gateways: compute that puts provider keys into agents' calls, recognized by proof and never by a tag.

A candidate is an instance without an agent's tag whose role reads secrets. It is a gateway if all of this is proved, and is refused
otherwise (`policypack.rules.credential_gateway_is_contained`):
- it has a subnet of its own, which shares no route table with an agent's, no public address, no login, IMDSv2 and an encrypted disk;
- its security groups admit one TCP port from the agents' subnets, and nothing else;
- its role reads exactly named secrets and has no other right.
What it reaches is judged by the same rule, from the firewall's rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from containment.addresses.address_space import Network, is_inside, parse_network
from containment.iam.documents import Statement, UnreadableError, read
from containment.ternary import Ternary
from policypack.facts.compute import Host, PlacementKind, is_tagged, list_able
from policypack.facts.role_policies import NAMED, find_documents, find_managed_policies, find_unseen_policies, is_read
from policypack.facts.routing.routes import find_tables
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_false, is_some, is_true
from policypack.graph.resources import Graph, Resource

READ_ACTION: Final = "secretsmanager:getsecretvalue"
_SECRET: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}")
_OPEN_INGRESS: Final = ("ipv6CidrBlocks", "prefixListIds", "securityGroups", "self")


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An instance that reads secrets and has no agent's tag, with everything that keeps it from being a gateway, in words."""

    host: Host
    subnet: Resource | None
    faults: tuple[str, ...]
    secrets: tuple[str, ...] = ()

    @property
    def is_gateway(self) -> bool:
        """Whether it is proved to be a credential gateway."""
        return not self.faults


def find_candidates(graph: Graph) -> tuple[Candidate, ...]:
    """Return the candidates of a program, in the order of its resources."""
    return graph.compute_once(find_candidates, lambda: tuple(_find_candidates(graph)))


def find_gateways(graph: Graph) -> tuple[Candidate, ...]:
    """Return the credential gateways of a program."""
    return tuple(one for one in find_candidates(graph) if one.is_gateway)


def _find_candidates(graph: Graph) -> Iterator[Candidate]:
    able = list_able(graph)
    agents = [host for host in able if is_tagged(host.tags)]
    if not agents:
        return
    for host in able:
        if host.resource.type == kt.INSTANCE and host not in agents and _reads_secrets(graph, host.resource):
            places = [place for place in host.placements if place.where is PlacementKind.SUBNET]
            subnet = places[0].subnet if len(places) == len(host.placements) == 1 else None
            faults = tuple(_find_faults(graph, host, subnet, able, agents))
            yield Candidate(host, subnet, faults, tuple(_list_secrets(graph, host.resource)))


def _find_faults(graph: Graph, host: Host, subnet: Resource | None, able: Sequence[Host], agents: Sequence[Host]) -> Iterator[str]:
    yield from _check_instance(graph, host)
    if subnet is None or subnet.type != kt.SUBNET:
        yield "is in no subnet of this program, or in one of several"
    else:
        yield from _check_subnet(graph, host, subnet, able, agents)
    yield from _check_groups(graph, host.resource, find_agent_networks(graph, agents))
    yield from _check_role(graph, host.resource)


def _check_instance(graph: Graph, host: Host) -> Iterator[str]:
    one = host.resource
    options, disk = one.get("metadataOptions"), one.get("rootBlockDevice")
    if host.templates or host.interfaces or host.unseen or is_some(one.get("ebsBlockDevices")) is not Ternary.NO:
        yield "has a launch template, a second disk or a network interface apart, which this proof does not read"
    if is_false(one.get("associatePublicIpAddress")) is not Ternary.YES:
        yield "may get a public address: associatePublicIpAddress is not false"
    if get_field(options, "httpTokens") != "required" or get_field(options, "httpPutResponseHopLimit") != 1:
        yield "does not demand IMDSv2 with a hop limit of 1"
    if not get_items(disk) or any(is_true(get_field(block, "encrypted")) is not Ternary.YES for block in get_items(disk)):
        yield "has a disk that is not encrypted"
    if is_some(one.get("keyName")) is not Ternary.NO:
        yield "has a key pair"
    for kind, key in ((kt.EIP, "instance"), (kt.EIP_ASSOCIATION, "instanceId")):
        if graph.find_referrers(one, kind, key, kt.INSTANCES):
            yield "has an elastic address"


def _check_subnet(graph: Graph, host: Host, subnet: Resource, able: Sequence[Host], agents: Sequence[Host]) -> Iterator[str]:
    if is_true(subnet.get("mapPublicIpOnLaunch")) is not Ternary.NO:
        yield f"is in {subnet.label}, which assigns public addresses"
    others = [other for other in able if other is not host]
    sharing = [other for other in others if any(place.subnet is subnet for place in other.placements)]
    sharing += [other for other in others if any(place.where is PlacementKind.UNTRACED for place in other.placements)]
    yield from (f"shares {subnet.label} with {other.resource.label}, or may" for other in sharing)
    own = {table.resource for table in find_tables(graph, subnet) if table.resource is not None and table.resource.type in kt.TABLES}
    if own & _find_tables_of(graph, _find_homes(agents)):
        yield f"is in {subnet.label}, which has the route table of an agents' subnet"


def find_agent_networks(graph: Graph, agents: Sequence[Host]) -> list[Network] | None:
    """Return the networks of the agents' subnets, and of those that share their route tables; None while one is unknown.

    Args:
        graph: the stack.
        agents: its hosts with an agent's tag.
    """
    homes = _find_homes(agents)
    tables = _find_tables_of(graph, homes)
    beside = [one for one in graph.find_by_type(*kt.SUBNETS) if tables & _find_tables_of(graph, [one])]
    networks = [parse_network(one.get("cidrBlock")) for one in dict.fromkeys([*homes, *beside])]
    known = [network for network in networks if network is not None]
    return known if known and len(known) == len(networks) else None


def _find_homes(agents: Sequence[Host]) -> list[Resource]:
    return [place.subnet for host in agents for place in host.placements if place.subnet is not None]


def _find_tables_of(graph: Graph, subnets: Sequence[Resource]) -> set[Resource]:
    found = (table.resource for subnet in subnets for table in find_tables(graph, subnet))
    return {table for table in found if table is not None and table.type in kt.TABLES}


def _check_groups(graph: Graph, instance: Resource, agents: list[Network] | None) -> Iterator[str]:
    key = "vpcSecurityGroupIds"
    references = [graph.resolve(instance, key, value, kt.SECURITY_GROUPS) for value in get_items(instance.get(key))]
    groups = tuple(dict.fromkeys(group for one in references for group in one.found))
    if not groups or any(not one.found for one in references) or is_some(instance.get("securityGroups")) is not Ternary.NO:
        yield "has no security group, or one that is not in this program"
    if graph.find_referrers(instance, kt.GROUP_ATTACHMENT, "networkInterfaceId", kt.INSTANCES, ("primaryNetworkInterfaceId",)):
        yield "has a security group that is attached apart"
    if agents is None:
        yield "admits connections from subnets of agents that are not known"
        return
    ports = set[Any]()
    for group in groups:
        if group.type != kt.SECURITY_GROUP or _has_rules_apart(graph, group):
            yield f"is in {group.label}, whose ingress is not in the group alone"
        for rule in get_items(group.get("ingress")):
            ports.add(get_field(rule, "fromPort"))
            if not _is_one_port_from(rule, agents):
                yield f"is in {group.label}, which admits more than one TCP port from the agents' subnets"
    if len(ports) != 1:
        yield f"admits {len(ports)} ports, and a gateway has one"


def _has_rules_apart(graph: Graph, group: Resource) -> bool:
    kinds = (kt.GROUP_RULE, kt.INGRESS_RULE, *kt.GROUP_RULES)
    rules = (one for kind in kinds for one in graph.find_referrers(group, kind, "securityGroupId", kt.SECURITY_GROUPS))
    return any(one.type != kt.GROUP_RULE or one.get("type") != "egress" for one in rules)


def _is_one_port_from(rule: Any, agents: list[Network]) -> bool:
    low, high = get_field(rule, "fromPort"), get_field(rule, "toPort")
    networks = [parse_network(cidr) for cidr in get_items(get_field(rule, "cidrBlocks"))]
    inside = bool(networks) and all(network is not None and is_inside(network, agents) for network in networks)
    closed = all(is_some(get_field(rule, key)) is Ternary.NO or get_field(rule, key) is False for key in _OPEN_INGRESS)
    return str(get_field(rule, "protocol")).lower() in ("tcp", "6") and isinstance(low, int | float) and low == high and inside and closed


def _find_role(graph: Graph, instance: Resource) -> Resource | None:
    """Return the one role of an instance, None if it is not in the program or is one of several."""
    key = "iamInstanceProfile"
    profiles = graph.follow(instance, key, (kt.PROFILE,), NAMED).found
    if len(profiles) != 1 or is_read(profiles[0]):
        return None
    roles = graph.follow(profiles[0], "role", (kt.ROLE,), NAMED).found
    return roles[0] if len(roles) == 1 and not is_read(roles[0]) else None


def _read_statements(graph: Graph, role: Resource) -> list[Statement]:
    return [statement for document in find_documents(graph, role) for statement in read(document.value)]


def _reads_secrets(graph: Graph, instance: Resource) -> bool:
    """Return whether an instance's role has a right of Secrets Manager by name."""
    role = _find_role(graph, instance)
    if role is None:
        return False
    with suppress(UnreadableError):  # a host with a document that cannot be read is judged as one
        allowed = [action for statement in _read_statements(graph, role) if statement.allows for action in statement.actions]
        return any(str(action).lower().startswith("secretsmanager:") for action in allowed if action is not UNKNOWN)
    return False


def _list_secrets(graph: Graph, instance: Resource) -> Iterator[str]:
    role = _find_role(graph, instance)
    for statement in _read_statements(graph, role) if role else ():
        if statement.allows:
            yield from (one for one in statement.resources if isinstance(one, str))


def find_readers(graph: Graph, roles: Sequence[Resource], secrets: Sequence[str]) -> Iterator[Resource]:
    """Yield the roles that may read some of the secrets.

    Args:
        graph: the stack.
        roles: the roles.
        secrets: the secrets, by their whole ARNs.
    """
    for role in roles:
        with suppress(UnreadableError):  # reported by the rule about roles
            allowed = [one for one in _read_statements(graph, role) if one.allows and any(map(_is_reading, one.actions))]
            named = [resource for statement in allowed for resource in statement.resources]
            if any(resource is UNKNOWN or "*" in str(resource) or resource in secrets for resource in named):
                yield role


def _is_reading(action: Any) -> bool:
    return action is UNKNOWN or fnmatchcase(READ_ACTION, str(action).lower())


def _check_role(graph: Graph, instance: Resource) -> Iterator[str]:
    role = _find_role(graph, instance)
    assert role is not None, "a candidate has a role"
    for statement in _read_statements(graph, role):
        if not statement.allows:
            continue
        actions = {str(action).lower() for action in statement.actions}
        secrets = [one for one in statement.resources if one is not UNKNOWN]
        exact = bool(statement.resources) and all(isinstance(one, str) and _SECRET.fullmatch(one) for one in secrets)
        if actions != {READ_ACTION} or statement.not_actions or statement.not_resources or not exact:
            yield f"has {role.label}, which allows more than reading secrets that are named by their whole ARN"
    if next(find_managed_policies(graph, role), None) or next(find_unseen_policies(graph, role), None):
        yield f"has {role.label}, which has a policy apart from its inline ones"
    try:
        trusted = {principal for statement in read(role.get("assumeRolePolicy")) if statement.allows for principal in statement.principals}
    except UnreadableError:
        trusted = set()
    if trusted != {("service", "ec2.amazonaws.com")}:
        yield f"has {role.label}, which others than EC2 may assume"
