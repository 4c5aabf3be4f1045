"""The texts of a host's user data in every layer: plain, encoded, compressed, and nested.

Every program on the host can read its user data, and so can every principal that may describe instances. A container's environment
and command count as its user data. A value that is not known yet has no text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from policypack.facts.hosts import find_hosts
from policypack.facts.iam.roles import find_tasks
from policypack.facts.secrets.layers import read_layers
from policypack.graph.known_types import (
    ECS_SERVICE,
    ECS_TASK_SET,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    LIGHTSAIL,
    SPOT_FLEET,
    TASK,
)
from policypack.graph.plain_data import get_field, get_items
from policypack.graph.resources import Graph, Resource

_KEYS: Final = ("userData", "userDataBase64")


def find_holders(graph: Graph) -> list[Resource]:
    """Return the resources that give the agent hosts of a program their user data: hosts, templates, task definitions."""
    hosts = find_hosts(graph)
    services = (host.resource for host in hosts if host.resource.type in (ECS_SERVICE, ECS_TASK_SET))
    started = (task for service in services for task in find_tasks(graph, service))
    return list(dict.fromkeys((*(one for host in hosts for one in (host.resource, *host.templates)), *started)))


def read_texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, text) for every layer of the user data that a resource gives a host."""
    for path, value in _get_values(resource):
        if isinstance(value, str):
            yield from ((path, text) for text in read_layers(value).texts)


def read_documents(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, text) for the whole user data that a host's first-boot system reads.

    A container has none, and Lightsail runs any text as a script.
    """
    if resource.type not in (TASK, LIGHTSAIL):
        yield from ((path, value) for path, value in _get_values(resource) if isinstance(value, str))


def read_unreadable(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, reason) for every unreadable layer: encrypted, in an unsupported format, or beyond the bounds."""
    for path, value in _get_values(resource):
        if isinstance(value, str):
            yield from ((path, what) for what in read_layers(value).unreadable)


def _get_values(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in (*INSTANCES, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, LIGHTSAIL):
        yield from ((key, resource.get(key)) for key in _KEYS)
    if resource.type == SPOT_FLEET:
        for number, one in enumerate(get_items(resource.get("launchSpecifications"))):
            yield f"launchSpecifications[{number}].userData", get_field(one, "userData")
    if resource.type == TASK:
        yield "containerDefinitions", _format_containers(resource.get("containerDefinitions"))


def _format_containers(value: Any) -> Any:
    """Return the settings of containers as lines of a shell: `NAME=value` for environment and options, then commands."""
    try:
        containers = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
    lines: list[str] = []
    for container in get_items(containers):
        variables = [(get_field(one, "name"), get_field(one, "value")) for one in get_items(get_field(container, "environment"))]
        variables.extend(_get_options(container))
        lines.extend(f"{name}={text}" for name, text in variables if isinstance(text, str))
        image = get_field(container, "image")
        if isinstance(image, str):
            lines.append(image.rsplit("/", 1)[-1].partition("@")[0].partition(":")[0])  # an image named like a tool starts it
        check = get_field(get_field(container, "healthCheck"), "command")
        commands = (get_field(container, "entryPoint"), get_field(container, "command"), check)
        lines.extend(" ".join(word for word in get_items(one) if isinstance(word, str)) for one in commands)
    return "\n".join(line for line in lines if line)


def _get_options(container: Any) -> Iterator[tuple[str, Any]]:
    """Yield a container's options besides its environment: those of its log driver and router, and its labels."""
    blocks = (get_field(get_field(container, key), "options") for key in ("logConfiguration", "firelensConfiguration"))
    for block in (*blocks, get_field(container, "dockerLabels")):
        if isinstance(block, dict):
            yield from block.items()
