"""The roles an agent host acts with, and every policy that speaks for them.

A host takes a role through an instance profile (its own, or its template's), a container through its task definition. What a
role may do stands in its own inline and managed lists, in policies and attachments declared apart, and in managed policies
whose documents are somewhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policypack.graph import Graph, Reference, Resource, Trace
from policypack.hosts import Host
from policypack.known_types import (
    ECS_SERVICE,
    ECS_TASK_SET,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    POLICY,
    POLICY_ATTACHMENT,
    PROFILE,
    ROLE,
    ROLE_ATTACHMENT,
    ROLE_ATTACHMENTS,
    ROLE_POLICY,
    SPOT_FLEET,
    TASK,
)
from policypack.plain import field, items

_NAMED = ("name", "id", "arn")


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document, the resource that states it, and where in it."""

    holder: Resource
    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class Managed:
    """A managed policy that a role is given: `policy` when the program has its document, else its ARN as far as it is known."""

    holder: Resource
    arn: str
    policy: Resource | None = None


def roles_of(graph: Graph, host: Host) -> tuple[tuple[Resource, ...], tuple[str, ...]]:
    """Return the roles a host acts with, and the names of profiles and roles of its that are not in the program."""
    roles: dict[str, Resource] = {}
    unseen: list[str] = []
    for holder, key, value in _profiles(host):
        profiles = graph.refer(holder, key, value, (PROFILE,), _NAMED)
        unseen.extend(_missing("instance profile", profiles))
        for profile in profiles.found:
            _collect(graph.refer(profile, "role", profile.get("role"), (ROLE,), _NAMED), roles, unseen)
    for task in _tasks(graph, host):
        _collect(graph.refer(task, "taskRoleArn", task.get("taskRoleArn"), (ROLE,), ("arn",)), roles, unseen)
    return tuple(roles.values()), tuple(dict.fromkeys(unseen))


def documents_of(graph: Graph, role: Resource) -> Iterator[Document]:
    """Yield the documents that speak for a role by themselves: inline ones, wherever they stand."""
    for number, one in enumerate(items(role.get("inlinePolicies"))):
        yield Document(role, f"inlinePolicies[{number}].policy", field(one, "policy"))
    for one in graph.of(ROLE_POLICY):
        if graph.refer(one, "role", one.get("role"), (ROLE,), _NAMED).may_be(role):
            yield Document(one, "policy", one.get("policy"))


def managed_of(graph: Graph, role: Resource) -> Iterator[Managed]:
    """Yield the managed policies of a role, however they are attached."""
    for arn in items(role.get("managedPolicyArns")):
        yield from _managed(graph, role, "managedPolicyArns", arn)
    for one in graph.of(ROLE_ATTACHMENT):
        if graph.refer(one, "role", one.get("role"), (ROLE,), _NAMED).may_be(role):
            yield from _managed(graph, one, "policyArn", one.get("policyArn"))
    for one in graph.of(ROLE_ATTACHMENTS):
        if graph.refer(one, "roleName", one.get("roleName"), (ROLE,), _NAMED).may_be(role):
            for arn in items(one.get("policyArns")):
                yield from _managed(graph, one, "policyArns", arn)
    for one in graph.of(POLICY_ATTACHMENT):
        if any(graph.refer(one, "roles", name, (ROLE,), _NAMED).may_be(role) for name in items(one.get("roles"))):
            yield from _managed(graph, one, "policyArn", one.get("policyArn"))


def _managed(graph: Graph, holder: Resource, key: str, arn: Any) -> Iterator[Managed]:
    reference = graph.refer(holder, key, arn, (POLICY,), ("arn", "id"))
    yield from (Managed(holder, one.name, one) for one in reference.found)
    if reference.trace is Trace.EXTERNAL:
        yield Managed(holder, reference.literal)


def _profiles(host: Host) -> Iterator[tuple[Resource, str, Any]]:
    for one in (host.resource, *host.templates):
        if one.type in (*INSTANCES, LAUNCH_CONFIGURATION):
            yield one, "iamInstanceProfile", one.get("iamInstanceProfile")
        if one.type == LAUNCH_TEMPLATE:
            block = one.get("iamInstanceProfile")
            yield from ((one, "iamInstanceProfile", field(each, key)) for each in items(block) for key in ("name", "arn"))
        if one.type == SPOT_FLEET:
            for block in items(one.get("launchSpecifications")):
                yield from ((one, "launchSpecifications", field(block, key)) for key in ("iamInstanceProfile", "iamInstanceProfileArn"))


def _tasks(graph: Graph, host: Host) -> tuple[Resource, ...]:
    if host.resource.type not in (ECS_SERVICE, ECS_TASK_SET):
        return ()
    return graph.refer(host.resource, "taskDefinition", host.resource.get("taskDefinition"), (TASK,), ("arn", "family", "id")).found


def _collect(reference: Reference, roles: dict[str, Resource], unseen: list[str]) -> None:
    roles.update({role.urn: role for role in reference.found})
    unseen.extend(_missing("role", reference))


def _missing(kind: str, reference: Reference) -> list[str]:
    return [f"{kind} {reference.literal}"] if reference.trace is Trace.EXTERNAL else []
