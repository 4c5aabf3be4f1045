"""The session to verify: its document from the stack's files, and its host from the deployed state."""

from __future__ import annotations

from collections.abc import Sequence

from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.session_check.opening import SessionTarget
from containment.sessions.documents import build_shell_content, make_log_group_name, make_shell_name
from policypack.facts.hosts import find_hosts
from policypack.graph.known_types import INSTANCES
from policypack.graph.resources import Graph, Resource

_TITLE = "no session can be verified"


def require_sessions(spec: ContainmentSpec) -> ContainmentSpec:
    """Return the spec of a stack with operators' sessions; raise InputError for any other."""
    if not spec.config.operator_sessions:
        where, why = (
            f"Pulumi.{spec.stack}.yaml:operatorSessions",
            "without it the stack has no session document, record or operators' policy",
        )
        fix = "set operatorSessions: true and sessionOwner, and deploy the stack"
        raise InputError(_TITLE, [Problem(where, "is false", why, fix)])
    return spec


def find_target(spec: ContainmentSpec, resources: Sequence[Resource], instance: str) -> SessionTarget:
    """Return the session to verify; raise InputError if there is not exactly one host to choose.

    Args:
        spec: the stack.
        resources: its deployed state.
        instance: the id of a host, or "" for the stack's only one.
    """
    config = spec.config
    group = make_log_group_name(spec.stack)
    return SessionTarget(
        instance=_choose_host(spec.stack, resources, instance),
        document=make_shell_name(spec.object_prefix),
        content=build_shell_content(group, config.session_idle_minutes, config.session_max_minutes),
        log_group=group,
        region=config.aws_region,
        mode=spec.mode,
    )


def _choose_host(stack: str, resources: Sequence[Resource], instance: str) -> str:
    hosts = (one.resource for one in find_hosts(Graph(resources)))
    ids = sorted(str(one.get_output("id")) for one in hosts if one.type in INSTANCES and one.get_output("id"))
    if instance in ids or (not instance and len(ids) == 1):
        return instance or ids[0]
    known = ", ".join(ids) or "none"
    if instance:
        problem = Problem(f"--instance {instance}", f"is no host of {stack}: {known}", "only agent hosts are verified", "name one of them")
    elif ids:
        problem = Problem(stack, f"has several hosts: {known}", "one session is verified at a time", f"--instance {ids[0]}")
    else:
        problem = Problem(stack, "has no host in its deployed state", "a session needs a host", "deploy the stack first")
    raise InputError(_TITLE, [problem])
