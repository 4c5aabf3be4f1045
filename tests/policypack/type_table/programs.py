"""Small programs with an agent host, and what the rule about types finds in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policypack.graph.known_types import INSTANCE, VPC_ENDPOINT
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Provider, Resource
from policypack.rules import compute_and_routing_are_known as rule

OWN, OTHER = "111122223333", "999988887777"


def urn_of(name: str) -> str:
    """Return the URN of a resource of these programs."""
    return f"urn:pulumi:dev::types::any::{name}"


def made(
    kind: str, name: str = "one", props: Mapping[str, Any] | None = None, *, by: Provider | None = None, **from_: Sequence[str]
) -> Resource:
    """Return a resource without an id; `from_` names, for each property, the resources that its value is made from."""
    depends = {key: tuple(urn_of(one) for one in names) for key, names in from_.items()}
    return Resource(urn_of(name), kind, name, dict(props or {}), {}, property_dependencies=depends, provider=by)


def known(resource: Resource, **outputs: Any) -> Resource:
    """Return a resource as it is once it is made."""
    answered = {**resource.props, "id": f"{resource.name}-id", **outputs}
    return Resource(resource.urn, resource.type, resource.name, resource.props, answered, provider=resource.provider)


def host(*, by: Provider | None = None, **outputs: Any) -> Resource:
    """Return an agent host."""
    return Resource(urn_of("host"), INSTANCE, "host", {"tags": {"AgentStack": "types"}}, outputs, provider=by)


def endpoint(account: str = OWN) -> Resource:
    """Return an endpoint whose policy demands principals of an account."""
    condition = {"StringEquals": {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}}
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}]}
    return made(VPC_ENDPOINT, "endpoint", {"policy": policy})


def found_in(*resources: Resource, agent: Resource | None = None) -> dict[str, str]:
    """Return what is wrong with each resource next to an agent host, by its name; the last fault when there are several."""
    graph = Graph([agent or host(), *resources])
    return {fault.where.rsplit("::", 1)[-1]: fault.what for fault in rule.check_stack(graph)}


def allow(principal: Any, **more: Any) -> dict[str, Any]:
    """Return a policy that allows everything to a principal."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*", **more}]}


__all__ = ["OTHER", "OWN", "UNKNOWN", "allow", "endpoint", "found_in", "host", "known", "made", "urn_of"]
