"""At least one agent host in a program about agents: judging nothing is a failure, not a success.

A program with Controller-wide objects only (enablement, default action, policy group) is not about hosts and passes. So does one whose
VPCs are all tagged as empty of hosts and that contains no compute: every agent of the stack has ended. A tag that makes an instance of
another program an agent host is refused: the agents' rules then apply to a host that nothing judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.names import HOSTS_TAG, NO_HOSTS
from policypack.facts.compute import is_tagged
from policypack.facts.hosts import find_hosts
from policypack.finding import Rule, Severity, Violation
from policypack.graph.known_types import AGENT_SIDE, COMPUTE, TAG, TEMPLATES, VPCS
from policypack.graph.resources import Graph, Resource, Trace

_INSTANCE: Final = "i-"
"""Start of an instance's id; the same tags on a network or disk make no host."""


def check_stack(graph: Graph) -> list[Violation]:
    """Return one fault for the stack when it is about hosts and none was found, and one per tag that makes a host elsewhere."""
    return [*_find_missing(graph), *_find_hosts_elsewhere(graph)]


def _find_hosts_elsewhere(graph: Graph) -> Iterator[Violation]:
    for tag in graph.find_by_type(TAG):
        if is_tagged({str(tag.get("key")): (tag.get("value"),)}):
            made = graph.resolve(tag, "resourceId", tag.get("resourceId"), (*COMPUTE, *TEMPLATES))
            if made.trace is Trace.EXTERNAL and made.literal.startswith(_INSTANCE):
                yield Violation(tag.urn, f"makes {made.literal}, which is not of this program, an agent host that no rule judges")


def _find_missing(graph: Graph) -> list[Violation]:
    about = [resource for resource in graph.resources if AGENT_SIDE.fullmatch(resource.type)]
    if not about or find_hosts(graph) or is_declared_empty(graph):
        return []
    return [Violation("", f"no agent host was found among {len(graph.resources)} resources, so nothing was judged")]


def is_declared_empty(graph: Graph) -> bool:
    """Return whether a program without any compute declares, on each of its VPCs, that it has no host."""
    vpcs = graph.find_by_type(*VPCS)
    if not vpcs or graph.find_by_type(*COMPUTE, *TEMPLATES):
        return False
    return all(_read_tag(vpc) == NO_HOSTS for vpc in vpcs)


def _read_tag(vpc: Resource) -> object:
    tags = vpc.props.get("tags")
    return tags.get(HOSTS_TAG) if isinstance(tags, dict) else None


RULE = Rule(
    id="agent-host-is-found",
    severity=Severity.HIGH,
    info="The pack found at least one agent host to judge, and no tag makes a host of another program one.",
    why="checks that had no host to judge prove nothing",
    fix="tag the host Role=openclaw-agent-harness or AgentStack=<stack>, or keep the host and its Aviatrix policy in one program",
    check_stack=check_stack,
)
