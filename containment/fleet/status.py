"""The status of a fleet: per stack deployed or not, drift from the reviewed files, the last attestation, and its agents.

Rules kept here: what is unknown is not a yes (UNSURE); what was not attested is NOT TESTED; a stale or failed attestation is FAIL, and so
is a deployed stack that no file describes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from containment.attestation.storage import Freshness, LatestAttestation, find_latest, read_attestation
from containment.errors import InputError, Problem
from containment.fleet.backend import Deployment
from containment.fleet.members import Member
from containment.policy.builder import build_ruleset
from containment.preflight.finding import Status
from containment.queries.results import Case
from containment.record.digests import digest_ruleset
from containment.vending.agent import DAYS_OF_NOTICE, Agent
from containment.vending.hosts import plan_hosts

_ATTESTED: Final = {
    Freshness.NONE: Status.NOT_TESTED,
    Freshness.PASSED: Status.PASS,
    Freshness.INCOMPLETE: Status.INCONCLUSIVE,
    Freshness.FAILED: Status.FAIL,
    Freshness.STALE: Status.FAIL,
    Freshness.UNUSABLE: Status.FAIL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackStatus:
    """The status of one stack: a case per question, and its agents; `reviewed` is the digest of the policy that its files describe."""

    stack: str
    agent_class: str
    mode: str
    site: str
    reviewed: str | None
    deployment: Deployment | None
    deployed: Case
    drift: Case
    attested: Case
    agents: tuple[Agent, ...]
    hosts: tuple[Case, ...]
    latest: LatestAttestation

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases."""
        return (self.deployed, self.drift, self.attested, *self.hosts)


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What is read besides the stack files: the folder of attestations, the deployed stacks, the time and the oldest valid age.

    `by_request` has the stacks that have no host without an agent.
    """

    folder: Path
    deployments: Mapping[str, Deployment]
    now: datetime
    max_age: timedelta
    by_request: frozenset[str] = frozenset()


def digest_member(member: Member) -> str | None:
    """Return the digest of the policy that a member's files describe, None if they cannot be used."""
    return None if member.spec is None else digest_ruleset(build_ruleset(member.spec))


def build_status(member: Member, agents: Sequence[Agent], seen: Observed) -> StackStatus:
    """Return the status of one stack of the fleet."""
    deployment = seen.deployments.get(member.stack)
    reviewed = digest_member(member)
    own = tuple(agent for agent in agents if agent.stack == member.stack)
    latest = find_latest(member.stack, seen.folder, now=seen.now, longest=seen.max_age)
    return StackStatus(
        stack=member.stack,
        agent_class=member.agent_class,
        mode=member.mode,
        site=member.site_name,
        reviewed=reviewed,
        deployment=deployment,
        deployed=judge_deployment(member.stack, deployment),
        drift=judge_drift(member.stack, digest_member(member), deployment),
        attested=judge_attestation(member.stack, reviewed, deployment, latest),
        agents=own,
        hosts=tuple(judge_agents(member, own, deployment, seen.now.astimezone(UTC).date(), by_request=member.stack in seen.by_request)),
        latest=latest,
    )


def judge_deployment(stack: str, deployment: Deployment | None) -> Case:
    """Return whether a stack is deployed, completely and still."""
    up = f"containment fleet up {stack}"
    if deployment is None:
        return Case("deployed", "not deployed", Status.WARN, stack, f"deploy it: {up}")
    if deployment.lost:
        return Case("deployed", deployment.lost, Status.FAIL, stack, f"deploy it again: {up}")
    if deployment.interrupted:
        what = f"{deployment.interrupted} operations of an ended run are unfinished"
        return Case("deployed", what, Status.FAIL, stack, f"finish it: {up}")
    hosts = f"{deployment.hosts} host{'' if deployment.hosts == 1 else 's'}"
    return Case("deployed", f"{deployment.resources} resources, {hosts}", Status.PASS, stack)


def judge_drift(stack: str, reviewed: str | None, deployment: Deployment | None) -> Case:
    """Return whether the deployed policy is the reviewed one, by digest."""
    if deployment is None:
        return Case("drift", "not deployed", Status.SKIPPED, stack)
    if reviewed is None:
        return Case("drift", "the stack's files cannot be used", Status.INCONCLUSIVE, stack, "correct what fleet plan lists")
    if deployment.policy_digest is None:
        return Case("drift", deployment.unknown, Status.INCONCLUSIVE, stack, f"finish it: containment fleet up {stack}")
    if deployment.policy_digest != reviewed:
        what = f"the deployed policy {shorten_digest(deployment.policy_digest)} is not the reviewed {shorten_digest(reviewed)}"
        fix = f"see what differs with fleet plan --preview {stack}, then containment fleet up {stack}"
        return Case("drift", what, Status.FAIL, stack, fix)
    return Case("drift", f"none: {shorten_digest(reviewed)}", Status.PASS, stack)


def judge_attestation(stack: str, reviewed: str | None, deployment: Deployment | None, latest: LatestAttestation) -> Case:
    """Return whether the stack's enforcement was attested lately, for the policy that is reviewed now."""
    again = f"run containment attest {stack}"
    if deployment is None:
        return Case("attested", "not deployed", Status.SKIPPED, stack)
    status, words = _ATTESTED[latest.status], f"{latest.status}: {latest.detail}"
    if status is Status.NOT_TESTED:
        return Case("attested", "no attestation", status, stack, again)
    if status is not Status.FAIL and latest.path is not None:
        attested = _read_policy(latest.path)
        if reviewed is not None and attested != reviewed:
            what = f"{words}, for the policy {shorten_digest(attested or '?')}, and {shorten_digest(reviewed)} is reviewed now"
            return Case("attested", what, Status.FAIL, stack, again)
        if reviewed is None:
            return Case(
                "attested", f"{words}; the stack's files cannot be used", Status.INCONCLUSIVE, stack, "correct what fleet plan lists"
            )
    return Case("attested", words, status, stack, "" if status is Status.PASS else f"correct what it names, then {again}")


def _read_policy(path: Path) -> str | None:
    """Return the digest of the policy that an attestation is about; `find_latest` has checked its signature."""
    try:
        return read_attestation(path, None).attestation.reviewed_policy
    except InputError:
        return None


def judge_agents(
    member: Member, agents: Sequence[Agent], deployment: Deployment | None, today: date, *, by_request: bool = False
) -> Iterator[Case]:
    """Yield ended agents, agents that end soon, and a number of hosts that is not that of the agents.

    Args:
        member: the stack.
        agents: its agents.
        deployment: what is deployed; None if nothing is.
        today: the day with which ends are compared.
        by_request: whether the stack has no host without an agent.
    """
    for agent in agents:
        if not agent.is_active(today):
            yield Case(
                "agents", f"{agent.name} ended on {agent.until}", Status.FAIL, agent.file, "remove it: containment fleet reap --write"
            )
        elif (days := agent.count_days_left(today)) <= DAYS_OF_NOTICE:
            what = f"{agent.name} ends on {agent.until}, in {days} days"
            yield Case("agents", what, Status.WARN, agent.file, "write a later day by pull request, or let it end")
    if deployment is None or member.spec is None:
        return
    try:
        planned = len(plan_hosts(member.spec, agents, today, by_request=by_request).hosts)
    except InputError:  # a problem of the fleet's files, which has a case of its own
        return
    if deployment.hosts != planned:
        what = f"{deployment.hosts} hosts are deployed, and the files describe {planned}"
        yield Case("hosts", what, Status.FAIL, member.stack, f"containment fleet up {member.stack}")


def find_unreviewed(members: Sequence[Member], known: Sequence[str], deployments: Mapping[str, Deployment]) -> Iterator[Case]:
    """Yield deployed stacks that no stack file describes.

    Args:
        members: the members of the fleet.
        known: all stacks with a file, also those left out of the fleet.
        deployments: the deployed stacks.
    """
    for stack in sorted(deployments.keys() - {member.stack for member in members} - set(known)):
        what = f"is deployed ({deployments[stack].resources} resources), and Pulumi.{stack}.yaml does not exist"
        yield Case("unreviewed", what, Status.FAIL, stack, "restore its stack file, or destroy it with the engine that deployed it")


def list_problem_cases(problems: Sequence[Problem]) -> list[Case]:
    """Return a case per problem of the fleet's files."""
    return [Case("files", one.what, Status.FAIL, one.where, one.fix) for one in problems]


def shorten_digest(digest: str) -> str:
    """Return the first characters of a digest, enough to compare by eye."""
    return digest.removeprefix("sha256:")[:12]
