"""Every policy of a role: inline, in separate policy and attachment resources, and managed with its document elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_items
from policypack.graph.plain_data import get_field as part
from policypack.graph.resources import Graph, Resource, Trace

NAMED = ("name", "id", "arn")
"""Properties by which resources name a role or an instance profile."""


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


def is_read(resource: Resource) -> bool:
    """Return whether a role, profile or policy was read from the account: only then its inputs include values that IAM assigns."""
    return resource.is_read or not {"id", "uniqueId"}.isdisjoint(resource.props)


def find_documents(graph: Graph, role: Resource) -> Iterator[PolicyDocument]:
    """Yield the inline policy documents of a role, in the role or in separate resources."""
    for number, one in enumerate(get_items(role.get("inlinePolicies"))):
        yield PolicyDocument(role, f"inlinePolicies[{number}].policy", part(one, "policy"))
    yield from (PolicyDocument(one, "policy", one.get("policy")) for one in find_inline_policies(graph, role))


def find_inline_policies(graph: Graph, role: Resource) -> list[Resource]:
    """Return the inline policies of a role that are separate resources."""
    return graph.find_referrers(role, kt.ROLE_POLICY, "role", (kt.ROLE,), NAMED)


def find_unseen_policies(graph: Graph, role: Resource) -> Iterator[tuple[Resource, str]]:
    """Yield names of inline policies that the program gives a role and does not contain."""
    stated = [part(one, "name") for one in get_items(role.get("inlinePolicies"))]
    apart = find_inline_policies(graph, role)
    known = {*map(str, stated), *(str(value) for one in apart for value in (one.get("name"), one.get_output("name"), one.name) if value)}
    for one in graph.find_referrers(role, kt.ROLE_POLICIES, "roleName", (kt.ROLE,), NAMED):
        for name in get_items(one.get("policyNames")):
            if name is not UNKNOWN and str(name) not in known:
                yield one, str(name)


def find_managed_policies(graph: Graph, role: Resource) -> Iterator[ManagedPolicy]:
    """Yield the managed policies of a role, however they are attached."""
    for arn in get_items(role.get("managedPolicyArns")):
        yield from _find_managed(graph, role, "managedPolicyArns", arn)
    for one in graph.find_referrers(role, kt.ROLE_ATTACHMENT, "role", (kt.ROLE,), NAMED):
        yield from _find_managed(graph, one, "policyArn", one.get("policyArn"))
    for one in graph.find_referrers(role, kt.ROLE_ATTACHMENTS, "roleName", (kt.ROLE,), NAMED):
        for arn in get_items(one.get("policyArns")):
            yield from _find_managed(graph, one, "policyArns", arn)
    for one in graph.find_by_type(kt.POLICY_ATTACHMENT):
        if any(graph.resolve(one, "roles", name, (kt.ROLE,), NAMED).is_possibly(role) for name in get_items(one.get("roles"))):
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
