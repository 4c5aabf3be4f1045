"""Name servers and answers that a container's definition sets, past the resolver of the agents' VPC.

Source: Amazon ECS API Reference, ContainerDefinition (`dnsServers`, `extraHosts`, `links`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from policypack.facts.hosts import find_hosts
from policypack.facts.iam.roles import find_tasks
from policypack.finding import Violation
from policypack.graph.known_types import ECS_SERVICE, ECS_TASK_SET
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Graph, Resource

_KEYS: Final = {"dnsServers": "queries the name servers", "extraHosts": "answers names itself, by extraHosts"}


def find_container_answers(graph: Graph) -> Iterator[Violation]:
    """Yield a fault for each container of the hosts whose DNS queries do not end at the VPC's resolver."""
    for task, container in find_containers(graph):
        for key, words in _KEYS.items():
            stated = get_items(get_field(container, key))
            if stated:
                yield Violation(task.urn, f"container {get_field(container, 'name')} {words}: {_format_items(stated)}")


def find_containers(graph: Graph) -> Iterator[tuple[Resource, Any]]:
    """Yield the containers of the agent hosts' tasks, each with its task definition."""
    services = (host.resource for host in find_hosts(graph) if host.resource.type in (ECS_SERVICE, ECS_TASK_SET))
    for task in dict.fromkeys(task for service in services for task in find_tasks(graph, service)):
        yield from ((task, container) for container in _read_containers(task))


def _read_containers(task: Resource) -> list[Any]:
    """Return the containers of a task; none of a text that is not JSON, which AWS refuses, or that is not known yet."""
    value = task.get("containerDefinitions")
    try:
        return [one for one in get_items(json.loads(value) if isinstance(value, str) else value) if one is not UNKNOWN]
    except ValueError:
        return []


def _format_items(values: list[Any]) -> str:
    shown = (f"{get_field(one, 'hostname')} = {get_field(one, 'ipAddress')}" if isinstance(one, dict) else str(one) for one in values)
    return ", ".join(shown)
