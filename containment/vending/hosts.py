"""The hosts of a stack: one per agent whose file has not ended, or the single host of a stack that never had an agent file.

The host of an agent has a logical name of its own (`agent-<name>`), so another agent's file never renames it. The first agent of a stack,
by name, also gets the logical name of the single host (`agent`) as an alias. The alias matters in one update only, the one in which the
state still has the single host: that host is then renamed and kept. Its state keeps the names that its role and groups had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.names import AgentTag
from containment.times import format_time
from containment.vending.agent import INSTANCE_TYPES, Agent, make_marker_name

SINGLE_HOST: Final = "agent"
"""The logical name of the host of a stack without agent files."""

_LONGEST_ROLE_NAME: Final = 64
"""Characters of an IAM role's name (IAM API)."""

_DIGEST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHost:
    """One host of a stack.

    Attributes:
        logical_name: the name of its component.
        object_name: the name of its role, groups and instance.
        instance_type: its instance type.
        spec: the stack's spec, with the agent's harness.
        agent: the agent, None for the single host of a stack without agent files.
        former_name: the logical name that the host had before, as an alias; "" for none.
        tags: tags of the instance in addition to the stack's.
        deadline: the moment at which the host ends by itself; None for a host that stays.
    """

    logical_name: str
    object_name: str
    instance_type: str
    spec: ContainmentSpec
    agent: Agent | None = None
    former_name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostPlan:
    """The hosts of a stack, and a warning for each agent whose file has ended."""

    hosts: tuple[PlannedHost, ...]
    warnings: tuple[Problem, ...] = ()


def plan_hosts(
    spec: ContainmentSpec, agents: Sequence[Agent], today: date, *, by_request: bool = False, now: datetime | None = None
) -> HostPlan:
    """Return the hosts of a stack; raise InputError for agents that the stack cannot have.

    Args:
        spec: the stack.
        agents: the agents whose files name the stack.
        today: the day with which their ends are compared.
        by_request: whether the stack has a marker, so that it has no host without an agent.
        now: the moment with which deadlines are compared; None to compare days only.
    """
    if not agents and by_request:
        return HostPlan((), (_make_empty_warning(spec.stack),))
    if not agents:
        name = make_object_name(spec.object_prefix)
        single = PlannedHost(
            logical_name=SINGLE_HOST,
            object_name=name,
            instance_type=spec.config.agent_instance_type,
            spec=spec,
            tags=_build_owner_tag(spec),
        )
        return HostPlan((single,))
    over = [agent for agent in agents if agent.is_active(today) and now is not None and agent.has_passed_deadline(now)]
    active = sorted((agent for agent in agents if agent.is_active(today) and agent not in over), key=lambda agent: agent.name)
    problems = [*_find_harness_problems(spec, active), *_find_address_problems(spec, active)]
    if problems:
        raise InputError(f"{spec.stack} cannot have these agents", problems)
    hosts = (_plan_host(spec, agent, former_name="" if place else SINGLE_HOST) for place, agent in enumerate(active))
    ended = (_make_warning(agent, today) for agent in agents if not agent.is_active(today))
    return HostPlan(tuple(hosts), (*ended, *map(_make_deadline_warning, over)))


def make_object_name(prefix: str, agent: str = "") -> str:
    """Return the name of a host's role and groups, unique in an account and short enough for a role.

    Args:
        prefix: the prefix of the stack's objects.
        agent: the agent's name, "" for the single host. A long one is cut, and a digest of the whole keeps it unique.
    """
    head = f"{prefix}-host"
    if not agent:
        return head
    room = _LONGEST_ROLE_NAME - len(head) - 1
    if len(agent) <= room:
        return f"{head}-{agent}"
    digest = hashlib.sha256(agent.encode()).hexdigest()[:_DIGEST]
    start = agent[: max(0, room - _DIGEST - 1)].strip("-")
    return f"{head}-{start}-{digest}" if start else f"{head}-{digest}"


def build_agent_tags(agent: Agent) -> dict[str, str]:
    """Return the tags that name an agent, its owners and its end, by which logs of the host are attributed."""
    return {
        AgentTag.NAME.value: agent.name,
        AgentTag.OWNER.value: agent.owner.business,
        AgentTag.SECURITY_APPROVER.value: agent.owner.security_approver,
        AgentTag.DATA_STEWARD.value: agent.owner.data_steward,
        AgentTag.DATA_CLASSIFICATION.value: agent.data_classification.value,
        AgentTag.UNTIL.value: agent.until.isoformat(),
        **({AgentTag.DEADLINE.value: format_time(agent.deadline)} if agent.deadline else {}),
    }


def _build_owner_tag(spec: ContainmentSpec) -> dict[str, str]:
    """Return the owner tag of the single host, which operators' sessions need; raise InputError if the stack names no owner."""
    if not spec.config.operator_sessions:
        return {}
    if not spec.config.session_owner:
        what = "is not set, with operatorSessions: true and no agent file that has an owner"
        why = "operators open hosts whose owner tag equals their own, so no operator could open this one"
        fix = "set sessionOwner to the value of your operators' owner tag, such as platform-team"
        problem = Problem(f"Pulumi.{spec.stack}.yaml:sessionOwner", what, why, fix)
        raise InputError(f"{spec.stack} has a host without an owner", [problem])
    return {AgentTag.OWNER.value: spec.config.session_owner}


def _plan_host(spec: ContainmentSpec, agent: Agent, *, former_name: str) -> PlannedHost:
    return PlannedHost(
        logical_name=f"{SINGLE_HOST}-{agent.name}",
        object_name=make_object_name(spec.object_prefix, agent.name),
        instance_type=INSTANCE_TYPES[agent.size] if agent.size else spec.config.agent_instance_type,
        spec=replace(spec, harness=agent.harness) if agent.harness else spec,
        agent=agent,
        former_name=former_name,
        tags=build_agent_tags(agent),
        deadline=agent.deadline,
    )


def _find_harness_problems(spec: ContainmentSpec, agents: Sequence[Agent]) -> list[Problem]:
    """Return a problem for each agent whose harness needs services that the stack does not permit."""
    out = []
    for agent in agents:
        if agent.harness is None or agent.harness in spec.usable_harnesses:
            continue
        usable = ", ".join(sorted(spec.usable_harnesses))
        what = f"is {agent.harness.value}, and {spec.stack} permits the core services of {usable} only"
        fix = f"write one of {usable}, or have the agent in a stack with installMode: {agent.harness.value}"
        out.append(Problem(f"{agent.file}:harness", what, "the harness could not reach its services", fix))
    return out


def _find_address_problems(spec: ContainmentSpec, agents: Sequence[Agent]) -> list[Problem]:
    """Return a problem if a fixed address is set and several hosts would get it."""
    address = spec.config.agent_private_ip
    if address is None or len(agents) <= 1:
        return []
    names = ", ".join(agent.name for agent in agents)
    what = f"is {address}, and the stack has the agents {names}"
    return [Problem(f"Pulumi.{spec.stack}.yaml:agentPrivateIp", what, "two hosts cannot have one address", "remove the key")]


def _make_warning(agent: Agent, today: date) -> Problem:
    what = f"{agent.name} ended on {agent.until}, and today is {today}: no host is made for it"
    return Problem(f"{agent.file}:until", what, "an agent works until the end that its owners agreed to", describe_renewal(agent))


def _make_deadline_warning(agent: Agent) -> Problem:
    assert agent.deadline is not None, "only a deadline passes"
    what = f"the deadline of {agent.name}, {format_time(agent.deadline)}, has passed: no host is made for it"
    fix = f"remove the file (containment vend remove {agent.name}), or set a new deadline for a new task"
    return Problem(f"{agent.file}:deadline", what, "an ephemeral host is for one task", fix)


def _make_empty_warning(stack: str) -> Problem:
    fix = f"containment vend NAME --stack {stack}, or destroy the stack and remove the file"
    return Problem(make_marker_name(stack), f"no agent file names {stack}: no host is made", "a host is made by request only", fix)


def describe_renewal(agent: Agent) -> str:
    """Return the fix for an agent that ends soon or has ended."""
    return f"remove it by pull request (containment vend remove {agent.name}), or have {agent.owner.business} set a later until"
