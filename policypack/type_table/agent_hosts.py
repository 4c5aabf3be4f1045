"""Agent hosts and tasks: no private key that the program creates, and no container with privileges by which it takes over its machine.

A key in user data or in a tag is readable on the host and by every principal that may describe the host. In a preview the key is
unknown, so the dependencies of each property of a host and of its templates decide.

A container with privileges has the machine's network and the roles of its other tasks. Fargate refuses most of these settings; a
machine of EC2 does not. Volumes and namespaces of the machine are bounds of the type's line.
Source: Amazon ECS API Reference, ContainerDefinition (`privileged`) and LinuxParameters (`capabilities`, `devices`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.hosts import find_hosts
from policypack.facts.network.containers import find_containers
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_false
from policypack.graph.resources import Graph, Resource

_KEY_TYPES: Final = (
    "tls:index/privateKey:PrivateKey",
    "tls:index/certRequest:CertRequest",
    "tls:index/locallySignedCert:LocallySignedCert",
    "tls:index/selfSignedCert:SelfSignedCert",
)
"""Types with a private key among their inputs or outputs."""
_CAPABILITIES: Final = frozenset({"SYS_PTRACE"})
"""Linux capabilities that a container may have besides the defaults: it acts on processes of the same task."""


def find_violations(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield hosts and templates made from a private key, and tasks whose containers have privileges on their machine, with the reason."""
    yield from _find_keys(graph)
    for task, container in find_containers(graph):
        for what in _find_privileges(container):
            yield task, f"starts container {get_field(container, 'name')} {what}: it can take over its machine"


def _find_keys(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield hosts and templates with a property that depends on a private key."""
    keys = {one.urn: one for one in graph.find_by_type(*_KEY_TYPES)}
    if not keys:
        return
    for holder in dict.fromkeys(one for host in find_hosts(graph) for one in (host.resource, *host.templates)):
        for name, urns in holder.property_dependencies.items():
            for key in (keys[urn] for urn in urns if urn in keys):
                yield holder, f"has {name} made from {key.label}: a private key does not belong on an agent host"


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
