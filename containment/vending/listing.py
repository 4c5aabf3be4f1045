"""Answers about agents: those of `containment vend list` and `vend show`, and the check of preflight.

The check is FAIL from 14 days before an agent's end, and after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from containment.config.spec import ContainmentSpec
from containment.config.stack_name import parse_stack_name
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.fixes.nearest_word import make_proposal
from containment.loaders.stack_file import find_stacks
from containment.preflight.finding import Finding, Status
from containment.queries.results import Answer, Case, Section
from containment.times import format_time
from containment.vending.agent import DAYS_OF_NOTICE, FOLDER, NOT_ENFORCED, Agent
from containment.vending.hosts import PlannedHost, describe_renewal, plan_hosts
from containment.vending.loader import find_unknown_stacks, read_agents


class AgentState(StrEnum):
    """Whether an agent has a host, and for how long."""

    ACTIVE = "active"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    NO_STACK = "no stack"
    STACK_UNUSABLE = "stack unusable"


class AgentNotFoundError(InputError):
    """An agent that has no file: wrong usage."""

    exit_code = Exit.USAGE


def make_not_found_error(name: str, known: Sequence[str]) -> AgentNotFoundError:
    """Return the error for an agent without a file."""
    fix = (
        make_proposal(name, sorted(known), "list them with containment vend list", verb="use")
        if known
        else f"vend it: containment vend {name}"
    )
    return AgentNotFoundError("no such agent", [Problem(f"{FOLDER}/{name}.yaml", "does not exist", "an agent is its file", fix)])


def find_state(agent: Agent, today: date, *, has_stack: bool) -> AgentState:
    """Return the state of an agent."""
    if not has_stack:
        return AgentState.NO_STACK
    if not agent.is_active(today):
        return AgentState.ENDED
    return AgentState.ENDS_SOON if agent.count_days_left(today) <= DAYS_OF_NOTICE else AgentState.ACTIVE


def describe_agents(agents: Sequence[Agent], specs: Mapping[str, ContainmentSpec], today: date, unusable: Collection[str] = ()) -> Answer:
    """Return the answer of `vend list`: every agent with its stack, owner, end and days left.

    Args:
        agents: the agents.
        specs: the usable stacks, by name.
        today: the day with which ends are compared.
        unusable: the stacks whose files have mistakes.
    """
    rows, entries, cases = [], [], []
    for agent in agents:
        spec = specs.get(agent.stack)
        state, days = find_state(agent, today, has_stack=spec is not None), agent.count_days_left(today)
        state = AgentState.STACK_UNUSABLE if agent.stack in unusable else state
        kind = (spec.config.agent_class, spec.mode.value) if spec else ("-", "-")
        rows.append((agent.name, agent.stack, *kind, agent.owner.business, str(agent.until), str(days), state.value, agent.purpose))
        entries.append({**dump_agent(agent), "class": kind[0], "mode": kind[1], "daysLeft": days, "state": state.value})
        if state is not AgentState.ACTIVE:
            cases.append(Case(f"agent-{state.name.lower().replace('_', '-')}", agent.name, Status.FAIL, agent.file, f"{days} days left"))
    counts = {state: sum(entry["state"] == state.value for entry in entries) for state in AgentState}
    counted = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    columns = ("agent", "stack", "class", "mode", "owner", "until", "days left", "state", "purpose")
    return Answer(
        verb="vend list",
        headline=f"{today}: {len(rows)} agents: {counted}" if rows else f"there is no agent file in {FOLDER}/",
        exit=Exit.OK if rows else Exit.NOTHING,
        sections=(Section("Agents", columns, tuple(rows), ("purpose", "mode", "class")),) if rows else (),
        cases=tuple(cases),
        document={"schema": "containment-vend-list/v1", "today": str(today), "agents": entries},
        sections_tell=True,
    )


def describe_agent(agent: Agent, spec: ContainmentSpec, others: Sequence[Agent], today: date, classes: Sequence[str]) -> Answer:
    """Return the answer of `vend show`.

    Args:
        agent: the agent.
        spec: its stack.
        others: every agent of the stack.
        today: the day with which the end is compared.
        classes: the known classes, by which the site is read from the stack's name.
    """
    state, days = find_state(agent, today, has_stack=True), agent.count_days_left(today)
    host = next((one for one in plan_hosts(spec, others, today).hosts if one.agent == agent), None)
    site = parse_stack_name(spec.stack, classes).site
    derived = {"class": spec.config.agent_class, "mode": spec.mode.value, "site": site, "region": spec.config.aws_region}
    rows = (
        *build_rows(agent),
        ("class, mode, site", f"{spec.config.agent_class}, {spec.mode.value}, {site or 'none'} (from {spec.stack})"),
        ("state", f"{state.value}, {days} days left"),
        *build_host_rows(host),
    )
    document = {"schema": "containment-vend-show/v1", **dump_agent(agent), **derived, "daysLeft": days, "state": state.value}
    document["host"] = None if host is None else dump_host(host)
    return Answer(
        verb="vend show",
        headline=f"{agent.name} of {agent.stack}: {state.value}, {days} days left",
        exit=Exit.OK,
        sections=(Section("Agent", ("field", "value"), rows),),
        document=document,
        sections_tell=True,
    )


def build_rows(agent: Agent) -> tuple[tuple[str, str], ...]:
    """Return an agent's file as rows of field and value."""
    actions = ", ".join(action.value for action in agent.forbidden_actions)
    return (
        ("file", agent.file),
        ("stack", agent.stack),
        ("business owner", agent.owner.business),
        ("security approver", agent.owner.security_approver),
        ("data steward", agent.owner.data_steward),
        ("purpose", agent.purpose),
        ("data classification", agent.data_classification.value),
        ("until", str(agent.until)),
        *((("deadline", f"{format_time(agent.deadline)}, then the host ends with its disk"),) if agent.deadline else ()),
        ("forbidden actions", f"{actions} ({NOT_ENFORCED})" if actions else "none recorded"),
    )


def build_host_rows(host: PlannedHost | None) -> tuple[tuple[str, str], ...]:
    """Return a host as rows of field and value; one row for an agent without a host."""
    if host is None:
        return (("host", "none: the agent has ended"),)
    return (("host", host.object_name), ("harness", host.spec.harness.value), ("instance type", host.instance_type))


def dump_agent(agent: Agent) -> dict[str, Any]:
    """Return an agent as data, with the keys of its file."""
    return agent.model_dump(mode="json", by_alias=True)


def dump_host(host: PlannedHost) -> dict[str, str]:
    """Return a host as data."""
    return {
        "logicalName": host.logical_name,
        "name": host.object_name,
        "instanceType": host.instance_type,
        "harness": host.spec.harness.value,
    }


ID: Final = "agents"


def check_agents(stack: str, today: date, folder: Path = Path()) -> Finding | None:
    """Return whether the agents of a stack have an end that is far enough: FAIL for a near or past one, and for unusable files.

    None, no finding, for a folder without agent files.

    Args:
        stack: the stack.
        today: the day with which the ends are compared.
        folder: the folder with `agents/`.
    """
    files = read_agents(folder)
    if not files.names and not files.problems and not files.by_request:
        return None
    try:
        agents = files.find_agents(stack)
    except InputError as error:
        what = "; ".join(f"{one.where}: {one.what}" for one in error.problems)
        return Finding(ID, Status.FAIL, f"{FOLDER}/ cannot be used: {what}", error.problems[0].fix)
    due = [agent for agent in agents if agent.count_days_left(today) <= DAYS_OF_NOTICE]
    if due:
        return Finding(ID, Status.FAIL, "; ".join(_describe_end(agent, today) for agent in due), describe_renewal(due[0]))
    if lost := list(find_unknown_stacks(files, find_stacks(folder))):
        return Finding(ID, Status.WARN, "; ".join(f"{one.where} {one.what}" for one in lost), lost[0].fix)
    if not agents and stack in files.by_request:
        return Finding(ID, Status.PASS, f"no file in {FOLDER}/ names {stack}, and its hosts are made by request: it has no host")
    if not agents:
        return Finding(ID, Status.PASS, f"no file in {FOLDER}/ names {stack}: it has its single host, which has no owner and no end")
    listed = ", ".join(f"{agent.name} until {agent.until}" for agent in agents)
    return Finding(ID, Status.PASS, f"{listed}; each ends in more than {DAYS_OF_NOTICE} days")


def _describe_end(agent: Agent, today: date) -> str:
    days = agent.count_days_left(today)
    if days < 0:
        return f"{agent.name} ended on {agent.until}: its host is not made any more"
    when = "today" if not days else f"in {days} day{'s' if days > 1 else ''}"
    return f"{agent.name} ends on {agent.until}, {when}; from the next day on no host is made for it"
