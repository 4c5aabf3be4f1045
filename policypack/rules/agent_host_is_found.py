"""A program about agents contains at least one agent host, because a run that judges no host must not pass.

A program with only Controller-wide objects (enablement, default action, policy group) needs no host and passes. A program without
compute whose VPCs are all tagged as empty passes as well: every agent of the stack has ended. A tag that makes an instance of another
program an agent host is refused, because the agents' rules would apply to a host that the pack does not judge.
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
            made = graph.follow(tag, "resourceId", (*COMPUTE, *TEMPLATES))
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
    info="The program has at least one agent host to judge, and no tag makes a host of another program an agent host.",
    why="checks that had no host to judge prove nothing",
    fix="tag the host Role=openclaw-agent-harness or AgentStack=<stack>, or keep the host and its Aviatrix policy in one program",
    check_stack=check_stack,
)
