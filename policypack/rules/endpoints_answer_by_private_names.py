"""AWS's names resolve to the VPC's endpoints: without private DNS the same names lead to the internet, or do not resolve.

The hosts of a VPC without DNS support use another resolver, which no DNS firewall filters.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.ternary import Ternary
from policypack.facts.agent_environment import is_complete
from policypack.facts.endpoints import INTERFACE_KIND, find_endpoints, get_kind, is_aws_service
from policypack.facts.host_location import find_location
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import VPC, VPCS
from policypack.graph.plain_data import describe, is_false, is_true
from policypack.graph.resources import Graph, Resource


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at endpoints that do not answer to AWS's names, and at VPCs that prevent it."""
    interfaces = [one for one in find_endpoints(graph) if get_kind(one) == INTERFACE_KIND and is_aws_service(one)]
    faults = [fault for one in interfaces for fault in _check_endpoint(one, is_complete(graph))]
    return [*faults, *(fault for vpc in find_location(graph).vpcs for fault in _check_vpc(graph, vpc, interfaces))]


def _check_endpoint(endpoint: Resource, is_place: bool) -> Iterator[Violation]:
    value = endpoint.get("privateDnsEnabled")
    if value is None and not is_place:
        return
    if is_true(value) is not Ternary.YES:
        yield Violation(endpoint.urn, f"does not answer to AWS's names: privateDnsEnabled is {describe(value)}")


def _check_vpc(graph: Graph, vpc: Resource, interfaces: list[Resource]) -> Iterator[Violation]:
    if is_false(vpc.get("enableDnsSupport")) is not Ternary.NO:
        yield Violation(vpc.urn, "has no resolver: enableDnsSupport is not true, so its hosts query another one")
    here = [one for one in interfaces if graph.follow(one, "vpcId", VPCS).is_possibly(vpc)]
    names = vpc.get("enableDnsHostnames")
    silent = names is None and vpc.type == VPC and is_complete(graph)
    if here and (silent or is_false(names) is not Ternary.NO):
        yield Violation(
            vpc.urn, f"lets no endpoint answer to AWS's names: enableDnsHostnames is {'not set' if names is None else 'not true'}"
        )


RULE = Rule(
    id="endpoints-answer-by-private-names",
    severity=Severity.MEDIUM,
    info="Interface endpoints answer to AWS's own names, and the VPC's DNS supports it.",
    why="otherwise the same calls go to the internet, where the firewall checks names and no policy checks accounts",
    fix="set privateDnsEnabled: true on interface endpoints, enableDnsSupport and enableDnsHostnames: true on the VPC",
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
