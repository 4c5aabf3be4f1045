"""A request for an agent: its values, checked together, and the text of its file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import yaml

from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.fixes.unfit_value import UnfitError
from containment.loaders import strict_yaml
from containment.times import format_time
from containment.vending.agent import (
    FIXES,
    FOLDER,
    Agent,
    find_agent_name_problem,
    make_marker_name,
    parse_day,
    parse_moment,
)
from containment.vending.hosts import HostPlan, plan_hosts
from containment.vending.loader import AgentFiles, parse_agent

SCHEMA_LINE: Final = "# yaml-language-server: $schema=../docs/schema/agent.schema.json\n"
"""The first line of an agent file, by which editors find the published JSON Schema."""

OPTIONS: Final[Mapping[str, str]] = {
    "stack": "--stack",
    "owner.business": "--owner-business",
    "owner.securityApprover": "--owner-security-approver",
    "owner.dataSteward": "--owner-data-steward",
    "purpose": "--purpose",
    "dataClassification": "--data-classification",
    "until": "--until",
    "harness": "--harness",
    "size": "--size",
    "forbiddenActions": "--forbid",
    "ephemeral": "--deadline",
    "deadline": "--deadline",
}
"""The option of `containment vend` for each key of an agent file, in the order of the file."""

REQUIRED: Final = tuple(OPTIONS)[:7]
"""Keys that an agent file must have."""

_TITLE: Final = "the agent's request cannot be used"


@dataclass(frozen=True, slots=True)
class Vended:
    """A checked request: the agent, the text of its file, and the hosts of its stack with it.

    `marker` is the file that is added with it, "" where the stack has it already. `stack_file` is the stack's file where it is new.
    """

    agent: Agent
    text: str
    plan: HostPlan
    is_adopting: bool
    marker: str = ""
    stack_file: str = ""


def build_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of an agent file from values by dotted key, in the order of the file; unset values are left out."""
    document: dict[str, Any] = {}
    for key in OPTIONS:
        value = values.get(key)
        if value is None or value == "" or value == []:
            continue
        outer, _, inner = key.partition(".")
        if inner:
            document.setdefault(outer, {})[inner] = value
        else:
            document[outer] = value
    return document


def find_missing(values: Mapping[str, Any]) -> list[str]:
    """Return the required keys that have no value."""
    return [key for key in REQUIRED if not values.get(key)]


def find_value_problems(values: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of the values that are set, each located at its option; missing values are none."""
    _, _, problems = parse_agent("x", build_document(values))
    return [_locate_at_option(one) for one in problems if one.what != "is not set"]


def check_request(name: str, values: Mapping[str, Any], files: AgentFiles, stack_problems: Sequence[Problem], now: datetime) -> Agent:
    """Return the agent of a request; raise InputError with every problem of its name and its values at once.

    Args:
        name: the agent's name.
        values: the values by dotted key.
        files: the agent files of the folder.
        stack_problems: what is wrong with the stack that the request names.
        now: the time with which the end and the deadline are compared.
    """
    problems = [*find_name_problems(name, files), *_find_past_ends(values, now)]
    agent, _, mistakes = parse_agent(name, build_document(values))
    problems += [_locate_at_option(one, f"{FOLDER}/{name}.yaml:") for one in mistakes if one.what != "is not set"]
    for key in find_missing(values):
        what = "is not given, and stdin is not a terminal on which it could be entered"
        problems.append(Problem(OPTIONS[key], what, "an agent file has every owner, a purpose and an end", FIXES[key]))
    if not any(one.where == OPTIONS["stack"] for one in problems):
        problems += stack_problems
    if problems or agent is None:
        raise InputError(_TITLE, problems)
    return agent


def _find_past_ends(values: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    """Yield a Problem for an end and for a deadline that has passed; a text that is none is a mistake of its own."""
    why = "the agent would have no host"
    with contextlib.suppress(UnfitError):
        if (until := parse_day(values.get("until"))) < now.date():
            fix = f"give a later day, such as {now.date() + timedelta(days=90)}"
            yield Problem(OPTIONS["until"], f"{until} has passed; today is {now.date()}", why, fix)
    with contextlib.suppress(UnfitError):
        if (deadline := parse_moment(values.get("deadline"))) <= now:
            fix = f"give a later time, such as {format_time(now + timedelta(hours=8))}"
            yield Problem(OPTIONS["deadline"], f"{format_time(deadline)} has passed; now it is {format_time(now)}", why, fix)


def find_name_problems(name: str, files: AgentFiles) -> list[Problem]:
    """Return the problems of a new agent's name: its form, or that its file exists."""
    if wrong := find_agent_name_problem(name):
        return [Problem(f"agent name {name!r}", wrong[0], "it is part of the names of its file, host and role", wrong[1])]
    if name in files.names:
        fix = f"choose another name, or edit it by pull request; containment vend show {name} prints it"
        return [Problem(f"{FOLDER}/{name}.yaml", "exists already", "an agent file is never overwritten", fix)]
    return []


def complete_request(agent: Agent, spec: ContainmentSpec, files: AgentFiles, today: date, stack_file: str = "") -> Vended:
    """Return the text of an agent's file and its stack's hosts; raise InputError for an agent that the stack cannot have.

    Args:
        agent: the agent.
        spec: its stack.
        files: the agent files of the folder.
        today: the day on which it is vended.
        stack_file: the name of the stack's file where it is written with the agent's, "" where it exists.
    """
    others = files.find_agents(spec.stack)
    plan = plan_hosts(spec, (*others, agent), today)
    marker = "" if spec.stack in files.by_request else make_marker_name(spec.stack)
    is_adopting = not others and not files.by_request & {spec.stack}
    return Vended(agent, render_file(agent), plan, is_adopting=is_adopting, marker=marker, stack_file=stack_file)


def render_file(agent: Agent) -> str:
    """Return the text of an agent file; the text is read back and compared."""
    content = agent.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"name"})
    content["until"] = agent.until
    if not agent.forbidden_actions:
        del content["forbiddenActions"]
    if not agent.ephemeral:
        del content["ephemeral"]
    ordered = {key: content[key] for key in dict.fromkeys(key.partition(".")[0] for key in OPTIONS) if key in content}
    text = SCHEMA_LINE + yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=1000)
    assert parse_agent(agent.name, strict_yaml.load(text))[0] == agent, f"{agent.file} would not be read as it was written"
    return text


def _locate_at_option(problem: Problem, prefix: str = f"{FOLDER}/x.yaml:") -> Problem:
    """Return the problem with the option that sets the key as its location."""
    key = problem.where.removeprefix(prefix)
    found = next((option for known, option in OPTIONS.items() if key == known or key.startswith(f"{known}.")), None)
    return problem if found is None else Problem(found, problem.what, problem.why, problem.fix)
