"""Regional services of AWS in a region where the agents' network has no endpoint for them.

In the network's own region, a VPC endpoint answers for such a name, and its policy names this account's principals and resources. In
every other region the name leads to the public service, which takes any account's credentials and serves any account's buckets and
queues. Names below a service (a bucket's, an API's) say whose they are, and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from containment.patterns.domain import normalize_or_keep
from policypack.facts.agent_environment import find_environments
from policypack.facts.network.region import get_region
from policypack.graph.resources import Graph

_SERVICE: Final = re.compile(r"[a-z0-9-]+(?:\.dualstack)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")


def find_foreign_regions(graph: Graph, names: Iterable[Any]) -> Iterator[str]:
    """Yield a description of each name that is a service in a region other than the agents'; none while no region is known."""
    homes = _find_regions(graph)
    for raw in names:
        found = _SERVICE.fullmatch(normalize_or_keep(raw)) if isinstance(raw, str) else None
        if found and homes and found[1] not in homes:
            own = ", ".join(sorted(homes))
            yield f"permits {raw}, a service of AWS in {found[1]}, and no endpoint of the agents' network ({own}) limits it to this account"


def _find_regions(graph: Graph) -> frozenset[str]:
    """Return the regions that the agents' VPCs and their gateways state."""
    places = find_environments(graph)
    stated = [get_region(vpc) for place in places for vpc in place.vpcs] + [one.get("vpcReg") for place in places for one in place.gateways]
    return frozenset(one for one in stated if isinstance(one, str) and one)
