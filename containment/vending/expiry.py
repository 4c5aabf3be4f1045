"""The check of agents in preflight: FAIL from 14 days before an agent's end, and after it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from containment.errors import InputError
from containment.preflight.finding import Finding, Status
from containment.vending.agent import DAYS_OF_NOTICE, FOLDER, Agent
from containment.vending.hosts import describe_renewal
from containment.vending.loader import find_stacks, find_unknown_stacks, read_agents

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
