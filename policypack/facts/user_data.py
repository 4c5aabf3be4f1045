"""The texts of a host's user data in every layer: plain, encoded, compressed, and nested.

Every program on the host can read its user data, and so can every principal that may describe instances. A container's environment
and command count as its user data. A value that is not known yet has no text.

Depth, bytes and number of layers are bounded. A layer beyond a bound, and every form that cannot be read here (encrypted, or in a
format that Python does not read), is reported as unreadable and never skipped.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from policypack.facts.hosts import find_hosts
from policypack.facts.iam.roles import find_tasks
from policypack.facts.secrets.archives import UnreadableLayer, find_unreadable, unpack
from policypack.facts.secrets.encodings import decode_payloads, drop_packed, rewrite_text
from policypack.graph import known_types as kt
from policypack.graph.plain_data import get_field, get_items
from policypack.graph.resources import Graph, Resource

_DEPTH: Final = 6
_LAYERS: Final = 4096
_BYTES: Final = 1 << 21
"""Maximum size in bytes of all layers together; EC2 accepts 16 KiB of user data."""


@dataclass(frozen=True, slots=True)
class TextLayers:
    """The layers of a text, itself first, and its unreadable parts in words."""

    texts: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def read_layers(text: str) -> TextLayers:
    """Return every layer of a text; cached, because several rules read it, for the resource and for the stack."""
    texts, unreadable = dict.fromkeys([text]), dict[str, None]()
    waiting, budget = deque([(text, 0)]), _BYTES
    while waiting:
        layer, depth = waiting.popleft()
        unreadable.update(dict.fromkeys(find_unreadable(layer)))
        for found in _unpack_layer(layer):
            if isinstance(found, UnreadableLayer):
                unreadable[found.why] = None
            elif found not in texts:
                budget -= len(found)
                if depth == _DEPTH or budget < 0 or len(texts) == _LAYERS:
                    unreadable["more layers than can be read here"] = None
                    return TextLayers(tuple(texts), tuple(unreadable))
                texts[found] = None
                waiting.append((found, depth + 1))
    return TextLayers(tuple(map(drop_packed, texts)), tuple(unreadable))


@lru_cache(maxsize=128)
def _unpack_layer(text: str) -> list[str | UnreadableLayer]:
    """Return the layers directly inside one layer; cached, because similar hosts share most of their files."""
    found: list[str | UnreadableLayer] = list(rewrite_text(text))
    for raw in decode_payloads(text):
        found.extend(unpack(raw))
    return found


_KEYS: Final = ("userData", "userDataBase64")


def find_holders(graph: Graph) -> list[Resource]:
    """Return the resources that give the agent hosts of a program their user data: hosts, templates, task definitions."""
    hosts = find_hosts(graph)
    services = (host.resource for host in hosts if host.resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET))
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
    if resource.type not in (kt.TASK, kt.LIGHTSAIL):
        yield from ((path, value) for path, value in _get_values(resource) if isinstance(value, str))


def read_unreadable(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, reason) for every unreadable layer: encrypted, in an unsupported format, or beyond the bounds."""
    for path, value in _get_values(resource):
        if isinstance(value, str):
            yield from ((path, what) for what in read_layers(value).unreadable)


def _get_values(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in (*kt.INSTANCES, kt.LAUNCH_TEMPLATE, kt.LAUNCH_CONFIGURATION, kt.LIGHTSAIL):
        yield from ((key, resource.get(key)) for key in _KEYS)
    if resource.type == kt.SPOT_FLEET:
        for number, one in enumerate(get_items(resource.get("launchSpecifications"))):
            yield f"launchSpecifications[{number}].userData", get_field(one, "userData")
    if resource.type == kt.TASK:
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
