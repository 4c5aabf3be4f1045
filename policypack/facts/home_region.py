"""The AWS region of the agent hosts, by whatever in the program proves it.

The hosts' own region or that of their providers counts first. While neither is known, the regions that the program writes for the hosts'
VPC count: those of its gateways, and those in the names of its VPC endpoints. Two different answers prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from policypack.facts.endpoints import find_endpoints
from policypack.facts.hosts import find_hosts
from policypack.facts.routing.region import get_region
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.graph.resources import Graph

_IN_SERVICE: Final = re.compile(r"(?:cn\.)?com\.amazonaws\.(?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d)\..+")


def find_home_region(graph: Graph) -> str | None:
    """Return the region of the agent hosts; None if nothing in the program proves one, or if there are several."""
    found: str | None = graph.compute_once(find_home_region, lambda: _find_home_region(graph))
    return found


def _find_home_region(graph: Graph) -> str | None:
    for proofs in (_find_stated(graph), _find_implied(graph)):
        regions = {one for one in proofs if isinstance(one, str) and one}
        if regions:
            return regions.pop() if len(regions) == 1 else None
    return None


def _find_stated(graph: Graph) -> Iterator[Any]:
    yield from (get_region(host.resource) for host in find_hosts(graph))


def _find_implied(graph: Graph) -> Iterator[Any]:
    yield from (one.get("vpcReg") for one in graph.find_by_type(SPOKE_GATEWAY))
    for endpoint in find_endpoints(graph):
        match = _IN_SERVICE.fullmatch(str(endpoint.get("serviceName")))
        if match is not None:
            yield match["region"]
