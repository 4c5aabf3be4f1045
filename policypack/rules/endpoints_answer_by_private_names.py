"""AWS's names resolve to the endpoints: without private DNS the same names lead to the internet, or nowhere.

A VPC whose DNS is switched off makes its hosts ask somebody else's resolver, which no DNS firewall watches.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from policypack.endpoints import INTERFACE_KIND, endpoints_of, is_aws_service, kind_of
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.home import home_of
from policypack.known_types import VPC, VPCS
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_false, is_true


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at endpoints that do not answer by AWS's names, and at VPCs that cannot let them."""
    interfaces = [one for one in endpoints_of(graph) if kind_of(one) == INTERFACE_KIND and is_aws_service(one)]
    faults = [fault for one in interfaces for fault in _silent_names(one, is_vended(graph))]
    return [*faults, *(fault for vpc in home_of(graph).vpcs for fault in _no_names(graph, vpc, interfaces))]


def _silent_names(endpoint: Resource, is_place: bool) -> Iterator[Fault]:
    value = endpoint.get("privateDnsEnabled")
    if value is None and not is_place:
        return
    if is_true(value) is not Match.YES:
        said = "not known before the update" if value is UNKNOWN else "not stated" if value is None else value
        yield Fault(endpoint.urn, f"does not answer by AWS's names: privateDnsEnabled is {said}")


def _no_names(graph: Graph, vpc: Resource, interfaces: list[Resource]) -> Iterator[Fault]:
    if is_false(vpc.get("enableDnsSupport")) is not Match.NO:
        yield Fault(vpc.urn, "has no resolver of its own: enableDnsSupport is not true, so its hosts ask somebody else's")
    here = [one for one in interfaces if graph.refer(one, "vpcId", one.get("vpcId"), VPCS).may_be(vpc)]
    names = vpc.get("enableDnsHostnames")
    silent = names is None and vpc.type == VPC and is_vended(graph)
    if here and (silent or is_false(names) is not Match.NO):
        yield Fault(
            vpc.urn, f"lets no endpoint answer by AWS's names: enableDnsHostnames is {'not stated' if names is None else 'not true'}"
        )


RULE = Rule(
    id="endpoints-answer-by-private-names",
    severity=Severity.MEDIUM,
    info="Interface endpoints answer by AWS's own names, and the VPC's DNS lets them.",
    why="the same calls then go out to the internet, where policy is for names and not for accounts",
    fix="state privateDnsEnabled: true on interface endpoints, enableDnsSupport and enableDnsHostnames: true on the VPC",
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
