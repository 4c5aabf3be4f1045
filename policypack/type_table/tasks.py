"""Containers of the agents' tasks: refuse privileges by which a container takes over its machine.

Such a container has the machine's network and the roles of its other tasks. Fargate refuses most of these settings; a machine of EC2
does not. Volumes and namespaces of the machine are bounds of the type's line.
Source: Amazon ECS API Reference, ContainerDefinition (`privileged`) and LinuxParameters (`capabilities`, `devices`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.network.containers import find_containers
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_false
from policypack.graph.resources import Graph, Resource

_CAPABILITIES: Final = frozenset({"SYS_PTRACE"})
"""Linux capabilities that a container may have besides the defaults: it acts on processes of the same task."""


def find_violations(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield tasks of agent hosts whose containers have privileges on their machine, with the reason."""
    for task, container in find_containers(graph):
        for what in _find_privileges(container):
            yield task, f"starts container {get_field(container, 'name')} {what}: it can take over its machine"


def _find_privileges(container: Any) -> Iterator[str]:
    privileged = get_field(container, "privileged")
    if privileged is not None and is_false(privileged) is not Ternary.YES:
        yield "as privileged"
    linux = get_field(container, "linuxParameters")
    added = [one for one in get_items(get_field(get_field(linux, "capabilities"), "add")) if one not in _CAPABILITIES]
    if added:
        shown = ", ".join("an unknown one" if one is UNKNOWN else str(one) for one in added)
        yield f"with more Linux capabilities ({shown})"
    if get_items(get_field(linux, "devices")):
        yield "with devices of the machine"
