"""The answers of `fleet plan`, `fleet status` and a fleet run: tables for a person, and the same as data.

The answer of a run lists what was done on each stack, what was not and why, and the next step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from containment.errors import Problem
from containment.exit_code import Exit
from containment.fleet.backend import BackendName, Deployment, Ended, Result, Verb, choose_worst
from containment.fleet.members import Member
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


_COLUMNS: Final = ("stack", "result", "exit", "changes", "seconds")
_PAST: Final = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "same": "unchanged",
    "read": "read",
    "import": "imported",
    "discard": "discarded",
}
_STATUSES: Final = {Result.SUCCEEDED: Status.PASS, Result.NOT_STARTED: Status.SKIPPED}


def build_run_answer(verb: Verb, ended: Sequence[Ended], backend: BackendName) -> Answer:
    """Return the answer of a run; its exit code is the worst of all stacks."""
    counts = Counter(one.result for one in ended)
    words = ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
    code = choose_worst(one.outcome.exit for one in ended)
    rows = tuple(
        (
            one.task.label,
            one.result.value,
            str(int(one.outcome.exit)),
            format_changes(one.outcome.changes, planned=verb is Verb.PREVIEW) or "-",
            f"{one.seconds:.0f}" if one.seconds else "-",
        )
        for one in ended
    )
    sections = [Section("Stacks", _COLUMNS, rows, ("seconds", "changes"))]
    if open_ := [one for one in ended if one.result is not Result.SUCCEEDED]:
        lines = tuple((one.task.label, one.outcome.reason, one.outcome.fix) for one in open_)
        sections.append(Section("Not done", ("stack", "why", "next"), lines))
    return Answer(
        verb=f"fleet-{verb}",
        headline=f"fleet {verb} ({backend.value}): {words or 'no stacks'}; exit code {int(code)}: {code.meaning}",
        exit=code,
        sections=tuple(sections),
        cases=tuple(_build_case(one) for one in ended),
        sections_tell=True,
        data={"backend": backend.value, "stacks": [_describe(one) for one in ended]},
    )


def format_changes(changes: Mapping[str, int], *, planned: bool = False) -> str:
    """Return counts of changes in words, `79 created` or, for a preview, `79 to create`."""
    return ", ".join(
        f"{count} to {kind}" if planned and kind != "same" else f"{count} {_PAST.get(kind, kind)}"
        for kind, count in changes.items()
        if count
    )


def format_end(ended: Ended) -> str:
    """Return the line of a stack that ended or was not started."""
    if ended.result is Result.SUCCEEDED:
        changes = format_changes(ended.outcome.changes, planned=ended.task.verb is Verb.PREVIEW)
        return f"{ended.task.label}: succeeded: {changes or 'no changes'} ({ended.seconds:.0f} s)"
    return f"{ended.task.label}: {ended.result}: {ended.outcome.reason}"


def _build_case(one: Ended) -> Case:
    title = format_end(one).partition(": ")[2]
    return Case("fleet", title, _STATUSES.get(one.result, Status.FAIL), one.task.label, one.outcome.fix)


def _describe(one: Ended) -> dict[str, Any]:
    return {
        "stack": one.task.label,
        "result": one.result.value,
        "exitCode": int(one.outcome.exit),
        "changes": dict(one.outcome.changes),
        "seconds": round(one.seconds, 1),
        "reason": one.outcome.reason,
        "next": one.outcome.fix,
    }


def build_refusal(verb: Verb, answer: Answer) -> Answer:
    """Return the plan's answer as that of a run that was refused: nothing was started."""
    return Answer(
        verb=f"fleet-{verb}",
        headline=f"REFUSED: {len(answer.cases)} problem{'s' if len(answer.cases) > 1 else ''}; nothing was started",
        exit=Exit.NO,
        cases=answer.cases,
        data={"backend": answer.data["backend"], "stacks": [], "problems": answer.data["problems"]},
    )
