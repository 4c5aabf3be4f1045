"""The agent hosts of a stack, found by their declarations and not by a list of names.

A host is compute with an agent's tag, and any compute in a program with Aviatrix resources (such a program exists to contain hosts).
Left out: an untagged instance through which another host's packets leak, because it only forwards them and the route is refused;
a launch template that compute of the program uses, because it is judged with that compute; and an instance that reads secrets, because
it is refused unless it is proved to be a credential gateway (`credential_gateway`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policypack.facts.compute import Host, find_interfaces, is_tagged, list_able
from policypack.facts.credential_gateway import find_candidates
from policypack.facts.routing.routes import find_internet_leaks, find_tables
from policypack.finding import Violation
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph, Resource


def find_hosts(graph: Graph) -> tuple[Host, ...]:
    """Return the hosts of a stack, in the order of its resources."""
    return graph.compute_once(find_hosts, lambda: _find_hosts(graph))


def _find_hosts(graph: Graph) -> tuple[Host, ...]:
    contained = any(resource.type.startswith("aviatrix:") for resource in graph.resources)
    gateways = {one.host.resource.urn for one in find_candidates(graph)}
    able = [host for host in list_able(graph) if host.resource.urn not in gateways]
    tagged = [host for host in able if is_tagged(host.tags)]
    if not contained:
        return tuple(tagged)
    forwarding = {one.urn for one in _find_forwarders(graph, able)} - {host.resource.urn for host in tagged}
    return tuple(host for host in able if host.resource.urn not in forwarding)


def find_unseen_versions(graph: Graph) -> list[Violation]:
    """Return a fault for every launch template version that a host starts from and that no resource describes.

    Every rule that judges templates reports these, because an unavailable version must not pass.
    """
    return [Violation(host.resource.urn, what) for host in find_hosts(graph) for what in host.unseen]


def _find_forwarders(graph: Graph, hosts: Iterable[Host]) -> Iterator[Resource]:
    """Yield instances through which another host's packets leak; the fault is reported at the route to them."""
    for host in hosts:
        for subnet in (place.subnet for place in host.placements if place.subnet):
            for leak in (leak for table in find_tables(graph, subnet) for leak in find_internet_leaks(graph, table)):
                for target in leak.through:
                    owners = [target] if target.type in kt.INSTANCES else graph.find_by_type(*kt.INSTANCES)
                    reached = (one for one in owners if one is target or target in find_interfaces(graph, one, ())[0])
                    yield from (one for one in reached if one is not host.resource)
