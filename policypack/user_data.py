"""What a host's user data contains, in every layer: as it is, encoded, compressed, and each inside the others.

Whatever runs on the host can read its user data, and so can whoever may describe instances. A container's environment and command
are its user data. What is not known yet has no text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts
from policypack.iam.roles import tasks_of
from policypack.known_types import ECS_SERVICE, ECS_TASK_SET, INSTANCES, LAUNCH_CONFIGURATION, LAUNCH_TEMPLATE, LIGHTSAIL, SPOT_FLEET, TASK
from policypack.plain import field, items
from policypack.secrets.layers import read_layers

_KEYS: Final = ("userData", "userDataBase64")


def holders_of(graph: Graph) -> list[Resource]:
    """Return the resources that give the agent hosts of a program their user data: hosts, templates, task definitions."""
    hosts = find_hosts(graph)
    services = (host.resource for host in hosts if host.resource.type in (ECS_SERVICE, ECS_TASK_SET))
    started = (task for service in services for task in tasks_of(graph, service))
    return list(dict.fromkeys((*(one for host in hosts for one in (host.resource, *host.templates)), *started)))


def texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, text) for every layer of what a resource gives a host to run."""
    for path, value in _values(resource):
        if isinstance(value, str):
            yield from ((path, text) for text in read_layers(value).texts)


def unreadable(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, what) for every layer that cannot be read here: encrypted, packed in a foreign format, or beyond the bounds."""
    for path, value in _values(resource):
        if isinstance(value, str):
            yield from ((path, what) for what in read_layers(value).unreadable)


def _values(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in (*INSTANCES, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, LIGHTSAIL):
        yield from ((key, resource.get(key)) for key in _KEYS)
    if resource.type == SPOT_FLEET:
        for number, one in enumerate(items(resource.get("launchSpecifications"))):
            yield f"launchSpecifications[{number}].userData", field(one, "userData")
    if resource.type == TASK:
        yield "containerDefinitions", _of_containers(resource.get("containerDefinitions"))


def _of_containers(value: Any) -> Any:
    """Return what containers are given as lines a shell would have: `NAME=value` for the environment and options, then commands."""
    try:
        containers = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    lines: list[str] = []
    for container in items(containers):
        variables = [(field(one, "name"), field(one, "value")) for one in items(field(container, "environment"))]
        variables.extend(_options_of(container))
        lines.extend(f"{name}={text}" for name, text in variables if isinstance(text, str))
        check = field(field(container, "healthCheck"), "command")
        commands = (field(container, "entryPoint"), field(container, "command"), check)
        lines.extend(" ".join(word for word in items(one) if isinstance(word, str)) for one in commands)
    return "\n".join(line for line in lines if line)


def _options_of(container: Any) -> Iterator[tuple[str, Any]]:
    """Yield options that a container is started with besides its environment: of its log driver and router, and its labels."""
    blocks = (field(field(container, key), "options") for key in ("logConfiguration", "firelensConfiguration"))
    for block in (*blocks, field(container, "dockerLabels")):
        if isinstance(block, dict):
            yield from block.items()
