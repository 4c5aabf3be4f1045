"""The analyser asked about a program's policy: `containment.model.reach` over what the resources state, made once a graph.

Rules that ask whether something is reachable, covered or decided ask it here; what resources state is read by `ruleset`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from containment.model.reach.analysis import Analysis
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.ruleset import Rule
from policypack.dcf import DcfRule, read_rules
from policypack.graph import Graph
from policypack.hosts import Host, find_hosts
from policypack.plain import UNKNOWN
from policypack.ruleset import ruleset_of
from policypack.space import parse


@dataclass(frozen=True, eq=False)
class Analysed:
    """A policy that can be asked about, and the rules it was read from, in its order."""

    analysis: Analysis
    read: tuple[DcfRule, ...]

    def stated(self, rule: Rule) -> DcfRule:
        """Return what a rule of the analysis was read from; its priority is its place."""
        return self.read[rule.priority - 1]


def analysed(graph: Graph) -> Analysed | None:
    """Return a program's policy for flows of its agents, None when it states no rule."""
    return graph.once(analysed, lambda: _analysed(graph))


def _analysed(graph: Graph) -> Analysed | None:
    stated = ruleset_of(graph)
    if stated is None:
        return None
    return Analysed(Analysis(stated.ruleset, tuple(agents_of(find_hosts(graph))) or ANYBODY), tuple(read_rules(graph)))


def agents_of(hosts: Iterable[Host]) -> Iterator[Sources]:
    """Yield every way to be an agent: a host's tags at any address, and any address of its subnets without tags."""
    for host in hosts:
        tags = {key: str(values[0]) for key, values in host.tags.items() if len(values) == 1 and values[0] is not UNKNOWN}
        yield Sources(None, tags)
        networks = tuple(
            network for place in host.placements if place.subnet is not None and (network := parse(place.subnet.get("cidrBlock")))
        )
        if networks:
            yield Sources(networks, {})
