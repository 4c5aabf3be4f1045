"""The roles that agent hosts assume.

A host assumes a role through an instance profile (its own, or its template's), a container through its task definition, a node
through its group, a pod through its profile or association.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from containment.iam.documents import UnreadableError
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.facts.iam.role_uses import RoleUse
from policypack.facts.iam.trust import find_token_use
from policypack.facts.role_policies import NAMED, is_read
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_items
from policypack.graph.plain_data import get_field as part
from policypack.graph.resources import Graph, Reference, Resource, Trace

_TASK_NAMES = ("arn", "arnWithoutRevision", "family", "id")


@dataclass(slots=True)
class HostRoles:
    """The roles of a program's agent hosts with their uses, and per host the roles and profiles that are not in the program."""

    uses: dict[Resource, frozenset[RoleUse]] = field(default_factory=dict)
    unseen: dict[tuple[str, str], None] = field(default_factory=dict)

    def add(self, host: Resource, kind: str, reference: Reference, use: RoleUse) -> None:
        """Add the roles that a reference leads to."""
        for role in reference.found:
            self.uses[role] = self.uses.get(role, frozenset()) | {use}
        self.add_unseen(host, kind, reference)

    def add_unseen(self, host: Resource, kind: str, reference: Reference) -> None:
        """Add a reference that leads to a resource outside of the program."""
        if reference.trace is Trace.EXTERNAL:
            self.unseen[host.urn, f"{kind} {reference.literal}"] = None
        if reference.trace is Trace.UNTRACED:
            self.unseen[host.urn, f"{kind} that cannot be traced"] = None


def find_roles(graph: Graph) -> HostRoles:
    """Return the roles that the agent hosts of a program assume."""
    return graph.compute_once(find_roles, lambda: _find_roles(graph))


def _find_roles(graph: Graph) -> HostRoles:
    roles = HostRoles()
    hosts = find_hosts(graph)
    for host in hosts:
        for holder, key, value in _find_profiles(host):
            profiles = graph.resolve(holder, key, value, (kt.PROFILE,), NAMED)
            roles.add_unseen(host.resource, "instance profile", profiles)
            for profile in profiles.found:
                if is_read(profile) and profile.get("role") in (None, ""):
                    roles.unseen[host.resource.urn, f"the role of {profile.label}"] = None
                roles.add(host.resource, "role", graph.follow(profile, "role", (kt.ROLE,), NAMED), RoleUse.HOST)
        if host.resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET):
            roles.add_unseen(host.resource, "task definition", _find_task(graph, host.resource))
        for holder, key, use in _find_direct(graph, host):
            roles.add(host.resource, "role", graph.follow(holder, key, (kt.ROLE,), ("arn",)), use)
    if hosts:
        _add_associated(graph, roles)
    if any(host.resource.type in (kt.NODE_GROUP, kt.FARGATE_PROFILE) for host in hosts):
        _add_by_token(graph, roles)
    return roles


def _add_associated(graph: Graph, roles: HostRoles) -> None:
    """Add the roles that associations and add-ons give to pods: of the hosts' cluster, or of a cluster whose pods may be agents."""
    for one in graph.find_by_type(kt.POD_IDENTITY):
        use = RoleUse.CNI if (one.get("namespace"), one.get("serviceAccount")) == ("kube-system", "aws-node") else RoleUse.POD
        for key in ("roleArn", "targetRoleArn"):
            roles.add(one, "role", graph.follow(one, key, (kt.ROLE,), ("arn",)), use)
    for one in graph.find_by_type(kt.ADDON):
        use = RoleUse.CNI if one.get("addonName") == "vpc-cni" else RoleUse.POD
        for key, value in _find_addon_roles(one):
            roles.add(one, "role", graph.resolve(one, key, value, (kt.ROLE,), ("arn",)), use)


def _find_addon_roles(addon: Resource) -> Iterator[tuple[str, Any]]:
    """Yield the roles that an add-on's pods act with: by a token of the cluster, or by Pod Identity."""
    yield "serviceAccountRoleArn", addon.get("serviceAccountRoleArn")
    yield from (("podIdentityAssociations", part(one, "roleArn")) for one in get_items(addon.get("podIdentityAssociations")))


def _add_by_token(graph: Graph, roles: HostRoles) -> None:
    """Add the roles that pods on the hosts assume with a token of their cluster."""
    for role in graph.find_by_type(kt.ROLE):
        with suppress(UnreadableError):  # reported where the role's trust is judged
            found = find_token_use(graph, role)
            if found is not None:
                roles.uses[role] = roles.uses.get(role, frozenset()) | {found}


def _find_direct(graph: Graph, host: Host) -> Iterator[tuple[Resource, str, RoleUse]]:
    """Yield the properties that name a role without a profile."""
    if host.resource.type == kt.NODE_GROUP:
        yield host.resource, "nodeRoleArn", RoleUse.NODE
    if host.resource.type == kt.FARGATE_PROFILE:
        yield host.resource, "podExecutionRoleArn", RoleUse.FARGATE
    if host.resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET):
        for task in find_tasks(graph, host.resource):
            yield task, "taskRoleArn", RoleUse.TASK
            yield task, "executionRoleArn", RoleUse.EXECUTION


def find_tasks(graph: Graph, service: Resource) -> tuple[Resource, ...]:
    """Return the task definitions of the program that a service starts."""
    return _find_task(graph, service).found


def _find_task(graph: Graph, service: Resource) -> Reference:
    """Return the task definition that a service starts: by its ARN, its family, or its family and revision."""
    reference = graph.follow(service, "taskDefinition", (kt.TASK,), _TASK_NAMES)
    family, _, revision = reference.literal.rsplit("/", 1)[-1].partition(":")
    named = (one for one in graph.find_by_type(kt.TASK) if revision and one.get("family") == family)
    found = tuple(one for one in named if str(one.get_output("revision") or revision) == revision)
    return Reference(Trace.FOUND, found[:1]) if found else reference


def _find_profiles(host: Host) -> Iterator[tuple[Resource, str, Any]]:
    for one in (host.resource, *host.templates):
        if one.type in (*kt.INSTANCES, kt.LAUNCH_CONFIGURATION):
            yield one, "iamInstanceProfile", one.get("iamInstanceProfile")
        if one.type == kt.LAUNCH_TEMPLATE:
            block = one.get("iamInstanceProfile")
            yield from ((one, "iamInstanceProfile", part(each, key)) for each in get_items(block) for key in _get_profile_keys(each))
        if one.type == kt.SPOT_FLEET:
            for block in get_items(one.get("launchSpecifications")):
                yield from ((one, "launchSpecifications", part(block, key)) for key in ("iamInstanceProfile", "iamInstanceProfileArn"))


def _get_profile_keys(block: Any) -> tuple[str, ...]:
    """Return the keys by which a template names a profile; only one for an unknown block."""
    return ("name",) if block is UNKNOWN else ("name", "arn")
