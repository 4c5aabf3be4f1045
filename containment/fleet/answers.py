"""The answers of `fleet plan` and `fleet status`: tables for a person, and the same as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from containment.errors import Problem
from containment.exit_code import Exit
from containment.fleet.deployment import Deployment
from containment.fleet.members import Member
from containment.fleet.names import BackendName
from containment.fleet.status import StackStatus, digest_member
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section
from containment.vending.agent import Agent

_PLAN: Final = ("stack", "class", "mode", "site", "network", "region", "agents", "deployed", "up")
_STATUS: Final = ("stack", "class", "mode", "site", "deployed", "drift", "attested", "agents")
_OPEN: Final = ("status", "stack", "what", "fix")


def build_plan(
    members: Sequence[Member],
    agents: Sequence[Agent],
    deployments: Mapping[str, Deployment],
    problems: Sequence[Problem],
    excluded: Mapping[str, str],
    backend: BackendName,
    today: date,
) -> Answer:
    """Return the plan of a fleet; the exit code is NO if a file has a problem.

    Args:
        members: the stacks of the fleet.
        agents: all agents.
        deployments: the deployed stacks.
        problems: every problem of the files.
        excluded: the stacks that are left out, with the reason.
        backend: the engine.
        today: the day with which ends are compared.
    """
    stacks = [_describe_member(member, agents, deployments.get(member.stack), today) for member in members]
    rows = tuple(
        (
            one["stack"], one["class"], one["mode"], one["site"] or "-", one["network"] or "?", one["region"] or "?",
            str(len(one["agents"])),
            f"{one['resources']} resources" if one["resources"] else "no", one["action"],
        )
        for one in stacks
    )  # fmt: skip
    count = len(problems)
    head = f"{len(members)} stacks, {sum(one['resources'] > 0 for one in stacks)} deployed ({backend.value})"
    verdict = f"REFUSED: {count} problem{'s' if count > 1 else ''}; nothing would be started" if count else "nothing stops fleet up"
    data = {
        "backend": backend.value,
        "stacks": stacks,
        "problems": [{"where": one.where, "what": one.what, "why": one.why, "fix": one.fix} for one in problems],
        "excluded": dict(excluded),
    }
    sections = [Section("Stacks", _PLAN, rows, ("region", "agents", "site"))]
    if excluded:
        sections.append(Section("Left out of the fleet", ("stack", "reason"), tuple(excluded.items())))
    return Answer(
        verb="fleet-plan",
        headline=f"{head}; {verdict}",
        exit=Exit.NO if problems else Exit.OK,
        sections=tuple(sections),
        cases=tuple(Case("fleet", one.what, Status.FAIL, one.where, f"{one.why}\nfix: {one.fix}") for one in problems),
        data=data,
    )


def _describe_member(member: Member, agents: Sequence[Agent], deployment: Deployment | None, today: date) -> dict[str, Any]:
    reviewed = digest_member(member)
    resources = deployment.resources if deployment else 0
    if member.spec is None:
        action = "fail"
    elif deployment is None or deployment.lost:
        action = "create"
    elif deployment.interrupted:
        action = "finish"
    else:
        action = "policy current" if deployment.policy_digest == reviewed else "update policy"
    return {
        "stack": member.stack,
        "class": member.agent_class,
        "mode": member.mode,
        "site": member.site_name,
        "account": member.site.account if member.site else None,
        "controller": member.controller or None,
        "network": str(member.network) if member.network else None,
        "region": member.spec.config.aws_region if member.spec else None,
        "agents": [agent.name for agent in agents if agent.stack == member.stack and agent.is_active(today)],
        "resources": resources,
        "action": action,
        "reviewedPolicy": reviewed,
    }


def build_status_answer(found: Sequence[StackStatus], more: Iterable[Case], backend: BackendName) -> Answer:
    """Return the status of a fleet: NO if anything failed, INCONCLUSIVE if anything is unknown or was not tested, else OK.

    Args:
        found: the status of each stack.
        more: cases that belong to no stack of the fleet.
        backend: the engine.
    """
    cases = tuple([case for one in found for case in one.cases] + list(more))
    statuses = {case.status for case in cases}
    if Status.FAIL in statuses:
        code = Exit.NO
    elif statuses & {Status.INCONCLUSIVE, Status.NOT_TESTED}:
        code = Exit.INCONCLUSIVE
    else:
        code = Exit.OK if found else Exit.NOTHING
    rows = tuple(
        (
            one.stack, one.agent_class, one.mode, one.site or "-", _format_case(one.deployed), _format_case(one.drift),
            _format_case(one.attested), _format_agents(one.agents),
        )
        for one in found
    )  # fmt: skip
    open_ = tuple(
        (case.status.value, case.where, case.title, case.text) for case in cases if case.status not in (Status.PASS, Status.SKIPPED)
    )
    counts = ", ".join(f"{n} {word}" for word in Status if (n := sum(case.status is word for case in cases)) and word is not Status.PASS)
    deployed = sum(one.deployment is not None for one in found)
    sections = [Section("Stacks", _STATUS, rows, ("mode", "class", "site"))]
    if open_:
        sections.append(Section("Open", _OPEN, open_))
    return Answer(
        verb="fleet-status",
        headline=f"{len(found)} stacks, {deployed} deployed ({backend.value}): {counts or 'all PASS'}",
        exit=code,
        sections=tuple(sections),
        cases=cases,
        sections_tell=True,
        data={"backend": backend.value, "stacks": [_describe_status(one) for one in found]},
    )


def _format_case(case: Case) -> str:
    return f"{case.status.value} {case.title}"


def _format_agents(agents: Sequence[Agent]) -> str:
    return "\n".join(f"{agent.name} until {agent.until}" for agent in agents) or "-"


def _describe_status(one: StackStatus) -> dict[str, Any]:
    deployment, latest = one.deployment, one.latest
    return {
        "stack": one.stack,
        "class": one.agent_class,
        "mode": one.mode,
        "site": one.site,
        "deployed": one.deployed.status.case_word,
        "drift": one.drift.status.case_word,
        "attested": one.attested.status.case_word,
        "resources": deployment.resources if deployment else 0,
        "hosts": deployment.hosts if deployment else 0,
        "networks": deployment.networks if deployment else 0,
        "interrupted": deployment.interrupted if deployment else 0,
        "reviewedPolicy": one.reviewed,
        "deployedPolicy": deployment.policy_digest if deployment else None,
        "attestation": str(latest.path) if latest.path else None,
        "attestedAt": latest.time.isoformat() if latest.time else None,
        "agents": [{"name": agent.name, "until": agent.until.isoformat()} for agent in one.agents],
    }
