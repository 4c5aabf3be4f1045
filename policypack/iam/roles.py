"""The roles an agent host acts with, and every policy that is attached to them.

A host takes a role through an instance profile (its own, or its template's), a container through its task definition, a node
through its group, a pod through its profile or association. What a role may do is in its own inline and managed lists, in
policies and attachments declared apart, and in managed policies whose documents are in another place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from policypack.graph import Graph, Reference, Resource, Trace
from policypack.hosts import Host, find_hosts
from policypack.iam.documents import UnreadableError
from policypack.iam.role_uses import RoleUse
from policypack.iam.trust import token_use
from policypack.known_types import (
    ECS_SERVICE,
    ECS_TASK_SET,
    FARGATE_PROFILE,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    POD_IDENTITY,
    POLICY,
    POLICY_ATTACHMENT,
    PROFILE,
    ROLE,
    ROLE_ATTACHMENT,
    ROLE_ATTACHMENTS,
    ROLE_POLICIES,
    ROLE_POLICY,
    SPOT_FLEET,
    TASK,
)
from policypack.plain import UNKNOWN, items
from policypack.plain import field as part

_NAMED = ("name", "id", "arn")
_TASK_NAMES = ("arn", "arnWithoutRevision", "family", "id")


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


@dataclass(slots=True)
class Roles:
    """The roles of a program's agent hosts with their uses, and per host the roles and profiles that are not in the program."""

    uses: dict[Resource, frozenset[RoleUse]] = field(default_factory=dict)
    unseen: dict[tuple[str, str], None] = field(default_factory=dict)

    def add(self, host: Resource, kind: str, reference: Reference, use: RoleUse) -> None:
        """Add what a reference to a role leads to."""
        for role in reference.found:
            self.uses[role] = self.uses.get(role, frozenset()) | {use}
        self.add_unseen(host, kind, reference)

    def add_unseen(self, host: Resource, kind: str, reference: Reference) -> None:
        """Add a reference that leads out of the program."""
        if reference.trace is Trace.EXTERNAL:
            self.unseen[host.urn, f"{kind} {reference.literal}"] = None
        if reference.trace is Trace.UNTRACED:
            self.unseen[host.urn, f"{kind} that cannot be traced"] = None


def roles_of(graph: Graph) -> Roles:
    """Return the roles that the agent hosts of a program act with."""
    return graph.once(roles_of, lambda: _roles_of(graph))


def _roles_of(graph: Graph) -> Roles:
    roles = Roles()
    hosts = find_hosts(graph)
    for host in hosts:
        for holder, key, value in _profiles(host):
            profiles = graph.refer(holder, key, value, (PROFILE,), _NAMED)
            roles.add_unseen(host.resource, "instance profile", profiles)
            for profile in profiles.found:
                if is_read(profile) and profile.get("role") in (None, ""):
                    roles.unseen[host.resource.urn, f"the role of {profile.label}"] = None
                roles.add(host.resource, "role", graph.refer(profile, "role", profile.get("role"), (ROLE,), _NAMED), RoleUse.HOST)
        if host.resource.type in (ECS_SERVICE, ECS_TASK_SET):
            roles.add_unseen(host.resource, "task definition", _task_of(graph, host.resource))
        for holder, key, use in _direct(graph, host):
            roles.add(host.resource, "role", graph.refer(holder, key, holder.get(key), (ROLE,), ("arn",)), use)
    if hosts:
        _add_associated(graph, roles)
    if any(host.resource.type in (NODE_GROUP, FARGATE_PROFILE) for host in hosts):
        _add_by_token(graph, roles)
    return roles


def _add_associated(graph: Graph, roles: Roles) -> None:
    """Add the roles that an association gives to pods: of the hosts' cluster, or of one whose pods cannot be told from agents."""
    for one in graph.of(POD_IDENTITY):
        use = RoleUse.CNI if (one.get("namespace"), one.get("serviceAccount")) == ("kube-system", "aws-node") else RoleUse.POD
        for key in ("roleArn", "targetRoleArn"):
            roles.add(one, "role", graph.refer(one, key, one.get(key), (ROLE,), ("arn",)), use)


def _add_by_token(graph: Graph, roles: Roles) -> None:
    """Add the roles that pods on the hosts take with a token of their cluster."""
    for role in graph.of(ROLE):
        with suppress(UnreadableError):  # reported where the role's trust is judged
            found = token_use(graph, role)
            if found is not None:
                roles.uses[role] = roles.uses.get(role, frozenset()) | {found}


def _direct(graph: Graph, host: Host) -> Iterator[tuple[Resource, str, RoleUse]]:
    """Yield the properties that name a role without a profile."""
    if host.resource.type == NODE_GROUP:
        yield host.resource, "nodeRoleArn", RoleUse.NODE
    if host.resource.type == FARGATE_PROFILE:
        yield host.resource, "podExecutionRoleArn", RoleUse.FARGATE
    if host.resource.type in (ECS_SERVICE, ECS_TASK_SET):
        for task in tasks_of(graph, host.resource):
            yield task, "taskRoleArn", RoleUse.TASK
            yield task, "executionRoleArn", RoleUse.EXECUTION


def is_read(resource: Resource) -> bool:
    """Return whether a role, profile or policy was read from the account: only then does it state what IAM assigns."""
    return resource.is_read or not {"id", "uniqueId"}.isdisjoint(resource.props)


def tasks_of(graph: Graph, service: Resource) -> tuple[Resource, ...]:
    """Return the task definitions of the program that a service starts."""
    return _task_of(graph, service).found


def _task_of(graph: Graph, service: Resource) -> Reference:
    """Return which task definition a service starts: one of the program by its ARN, its family, or both family and revision."""
    reference = graph.refer(service, "taskDefinition", service.get("taskDefinition"), (TASK,), _TASK_NAMES)
    family, _, revision = reference.literal.rsplit("/", 1)[-1].partition(":")
    named = (one for one in graph.of(TASK) if revision and one.get("family") == family)
    found = tuple(one for one in named if str(one.output("revision") or revision) == revision)
    return Reference(Trace.FOUND, found[:1]) if found else reference


def documents_of(graph: Graph, role: Resource) -> Iterator[Document]:
    """Yield the documents that apply to a role alone: inline ones, wherever they are declared."""
    for number, one in enumerate(items(role.get("inlinePolicies"))):
        yield Document(role, f"inlinePolicies[{number}].policy", part(one, "policy"))
    yield from (Document(one, "policy", one.get("policy")) for one in inline_policies(graph, role))


def inline_policies(graph: Graph, role: Resource) -> Iterator[Resource]:
    """Yield the inline policies of a role that are declared apart."""
    for one in graph.of(ROLE_POLICY):
        if graph.refer(one, "role", one.get("role"), (ROLE,), _NAMED).may_be(role):
            yield one


def policies_unseen(graph: Graph, role: Resource) -> Iterator[tuple[Resource, str]]:
    """Yield names of inline policies that a role is stated to have, and that the program does not contain."""
    stated = [part(one, "name") for one in items(role.get("inlinePolicies"))]
    apart = list(inline_policies(graph, role))
    known = {*map(str, stated), *(str(value) for one in apart for value in (one.get("name"), one.output("name"), one.name) if value)}
    for one in graph.of(ROLE_POLICIES):
        if graph.refer(one, "roleName", one.get("roleName"), (ROLE,), _NAMED).may_be(role):
            for name in items(one.get("policyNames")):
                if name is not UNKNOWN and str(name) not in known:
                    yield one, str(name)


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
    for one in reference.found:
        if is_read(one):  # its document can change without this program, as that of a policy given by its ARN
            yield Managed(holder, str(one.output("arn") or one.output("id") or arn))
        else:
            yield Managed(holder, one.name, one)
    if reference.trace is Trace.EXTERNAL:
        yield Managed(holder, reference.literal)
    if reference.trace is Trace.UNTRACED:
        yield Managed(holder, "that cannot be traced")


def _profiles(host: Host) -> Iterator[tuple[Resource, str, Any]]:
    for one in (host.resource, *host.templates):
        if one.type in (*INSTANCES, LAUNCH_CONFIGURATION):
            yield one, "iamInstanceProfile", one.get("iamInstanceProfile")
        if one.type == LAUNCH_TEMPLATE:
            block = one.get("iamInstanceProfile")
            yield from ((one, "iamInstanceProfile", part(each, key)) for each in items(block) for key in _stated_keys(each))
        if one.type == SPOT_FLEET:
            for block in items(one.get("launchSpecifications")):
                yield from ((one, "launchSpecifications", part(block, key)) for key in ("iamInstanceProfile", "iamInstanceProfileArn"))


def _stated_keys(block: Any) -> tuple[str, ...]:
    """Return the keys by which a template names a profile; of a block that is unknown, one."""
    return ("name",) if block is UNKNOWN else ("name", "arn")
