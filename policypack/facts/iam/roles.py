"""The roles that agent hosts assume, and every policy that is attached to them.

A host assumes a role through an instance profile (its own, or its template's), a container through its task definition, a node
through its group, a pod through its profile or association. A role's permissions are in its inline and managed lists, in separate
policy and attachment resources, and in managed policies whose documents are elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from containment.iam.documents import UnreadableError
from policypack.facts.hosts import Host, find_hosts
from policypack.facts.iam.role_uses import RoleUse
from policypack.facts.iam.trust import find_token_use
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_items
from policypack.graph.plain_data import get_field as part
from policypack.graph.resources import Graph, Reference, Resource, Trace

_NAMED = ("name", "id", "arn")
_TASK_NAMES = ("arn", "arnWithoutRevision", "family", "id")


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy document, the resource that contains it, and its path there."""

    holder: Resource
    path: str
    value: Any


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A managed policy of a role: `policy` if the program has its document, else its ARN as far as it is known."""

    holder: Resource
    arn: str
    policy: Resource | None = None


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
            profiles = graph.resolve(holder, key, value, (kt.PROFILE,), _NAMED)
            roles.add_unseen(host.resource, "instance profile", profiles)
            for profile in profiles.found:
                if is_read(profile) and profile.get("role") in (None, ""):
                    roles.unseen[host.resource.urn, f"the role of {profile.label}"] = None
                roles.add(host.resource, "role", graph.resolve(profile, "role", profile.get("role"), (kt.ROLE,), _NAMED), RoleUse.HOST)
        if host.resource.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET):
            roles.add_unseen(host.resource, "task definition", _find_task(graph, host.resource))
        for holder, key, use in _find_direct(graph, host):
            roles.add(host.resource, "role", graph.resolve(holder, key, holder.get(key), (kt.ROLE,), ("arn",)), use)
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
            roles.add(one, "role", graph.resolve(one, key, one.get(key), (kt.ROLE,), ("arn",)), use)
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


def is_read(resource: Resource) -> bool:
    """Return whether a role, profile or policy was read from the account: only then its inputs include values that IAM assigns."""
    return resource.is_read or not {"id", "uniqueId"}.isdisjoint(resource.props)


def find_tasks(graph: Graph, service: Resource) -> tuple[Resource, ...]:
    """Return the task definitions of the program that a service starts."""
    return _find_task(graph, service).found


def _find_task(graph: Graph, service: Resource) -> Reference:
    """Return the task definition that a service starts: by its ARN, its family, or its family and revision."""
    reference = graph.resolve(service, "taskDefinition", service.get("taskDefinition"), (kt.TASK,), _TASK_NAMES)
    family, _, revision = reference.literal.rsplit("/", 1)[-1].partition(":")
    named = (one for one in graph.find_by_type(kt.TASK) if revision and one.get("family") == family)
    found = tuple(one for one in named if str(one.get_output("revision") or revision) == revision)
    return Reference(Trace.FOUND, found[:1]) if found else reference


def find_documents(graph: Graph, role: Resource) -> Iterator[PolicyDocument]:
    """Yield the inline policy documents of a role, in the role or in separate resources."""
    for number, one in enumerate(get_items(role.get("inlinePolicies"))):
        yield PolicyDocument(role, f"inlinePolicies[{number}].policy", part(one, "policy"))
    yield from (PolicyDocument(one, "policy", one.get("policy")) for one in find_inline_policies(graph, role))


def find_inline_policies(graph: Graph, role: Resource) -> Iterator[Resource]:
    """Yield the inline policies of a role that are separate resources."""
    for one in graph.find_by_type(kt.ROLE_POLICY):
        if graph.resolve(one, "role", one.get("role"), (kt.ROLE,), _NAMED).is_possibly(role):
            yield one


def find_unseen_policies(graph: Graph, role: Resource) -> Iterator[tuple[Resource, str]]:
    """Yield names of inline policies that the program gives a role and does not contain."""
    stated = [part(one, "name") for one in get_items(role.get("inlinePolicies"))]
    apart = list(find_inline_policies(graph, role))
    known = {*map(str, stated), *(str(value) for one in apart for value in (one.get("name"), one.get_output("name"), one.name) if value)}
    for one in graph.find_by_type(kt.ROLE_POLICIES):
        if graph.resolve(one, "roleName", one.get("roleName"), (kt.ROLE,), _NAMED).is_possibly(role):
            for name in get_items(one.get("policyNames")):
                if name is not UNKNOWN and str(name) not in known:
                    yield one, str(name)


def find_managed_policies(graph: Graph, role: Resource) -> Iterator[ManagedPolicy]:
    """Yield the managed policies of a role, however they are attached."""
    for arn in get_items(role.get("managedPolicyArns")):
        yield from _find_managed(graph, role, "managedPolicyArns", arn)
    for one in graph.find_by_type(kt.ROLE_ATTACHMENT):
        if graph.resolve(one, "role", one.get("role"), (kt.ROLE,), _NAMED).is_possibly(role):
            yield from _find_managed(graph, one, "policyArn", one.get("policyArn"))
    for one in graph.find_by_type(kt.ROLE_ATTACHMENTS):
        if graph.resolve(one, "roleName", one.get("roleName"), (kt.ROLE,), _NAMED).is_possibly(role):
            for arn in get_items(one.get("policyArns")):
                yield from _find_managed(graph, one, "policyArns", arn)
    for one in graph.find_by_type(kt.POLICY_ATTACHMENT):
        if any(graph.resolve(one, "roles", name, (kt.ROLE,), _NAMED).is_possibly(role) for name in get_items(one.get("roles"))):
            yield from _find_managed(graph, one, "policyArn", one.get("policyArn"))


def _find_managed(graph: Graph, holder: Resource, key: str, arn: Any) -> Iterator[ManagedPolicy]:
    reference = graph.resolve(holder, key, arn, (kt.POLICY,), ("arn", "id"))
    for one in reference.found:
        if is_read(one):  # its document can change outside of this program, like that of a policy given by its ARN
            yield ManagedPolicy(holder, str(one.get_output("arn") or one.get_output("id") or arn))
        else:
            yield ManagedPolicy(holder, one.name, one)
    if reference.trace is Trace.EXTERNAL:
        yield ManagedPolicy(holder, reference.literal)
    if reference.trace is Trace.UNTRACED:
        yield ManagedPolicy(holder, "that cannot be traced")


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
