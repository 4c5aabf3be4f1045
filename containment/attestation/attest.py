"""Attest one stack: read everything back, send the canaries, and return the results of all checks."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from containment.attestation.canaries import Sender, make_lab_sender, make_ssm_sender, plan_canaries
from containment.attestation.canary_checks import LogPlaces, check_canaries
from containment.attestation.log_checks import check_collectors, check_log_groups
from containment.attestation.policy_checks import check_policy
from containment.attestation.reviewed import ReviewedPolicy
from containment.attestation.statement import Attestation, CheckedItem
from containment.exit_code import Exit
from containment.preflight.access import LiveSystems
from containment.preflight.facts import UnreadFact
from containment.preflight.finding import Status
from containment.queries.account.check import check_account
from containment.queries.account.joined_stack import find_scope
from containment.queries.subject.state_policy import find_region
from containment_lab.home import LabHome
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph, Resource

ACCOUNT: Final = "account-is-contained"
_WHAT: Final = "no rule of the policy pack is violated by the live account and Controller, and nothing was added to the agents' network"
_LAB_SECONDS, _AWS_SECONDS = 20.0, 660.0
"""How long a canary is looked for: AWS aggregates flow logs over up to ten minutes."""
_NO_GATEWAY_LOG: Final = "no source of the gateway's log is configured here"


@dataclass(frozen=True)
class AttestOptions:
    """Options of a run: paths of the gateway's log, and the longest search in seconds (None: by the place)."""

    gateway_logs: tuple[str, ...] = ()
    seconds: float | None = None


def attest(
    reviewed: ReviewedPolicy, state: Iterable[Resource], place: LiveSystems, home: LabHome | None, options: AttestOptions = AttestOptions()
) -> Attestation:
    """Return the attestation of a stack.

    Args:
        reviewed: the policy that the stack's files build.
        state: the stack's recorded resources.
        place: the account and the Controller to read.
        home: the lab that is read, or None.
        options: where and how long canaries are looked for.
    """
    time, resources = datetime.now(UTC), list(state)
    graph, spec = Graph(resources), reviewed.spec
    region = find_region(graph)
    policy = check_policy(reviewed, resources, place.controller)
    scope = find_scope(graph, region)
    clients = place.clients
    seconds = options.seconds if options.seconds is not None else _LAB_SECONDS if home else _AWS_SECONDS
    gateway = options.gateway_logs or ((f"lab:{spec.stack}",) if home else _NO_GATEWAY_LOG)
    logs = f"the account was not read: {clients.why}" if isinstance(clients, UnreadFact) else clients("logs")
    checks = (
        reviewed.check(),
        *policy.checks,
        _check_account(spec.stack, resources, place, region, is_lab=home is not None),
        *check_collectors(spec, place.controller),
        *check_log_groups(spec, clients, scope.vpcs),
        *check_canaries(
            reviewed,
            plan_canaries(spec, secrets.token_hex(6)),
            _choose_sender(spec.stack, place, home, scope.hosts),
            LogPlaces(gateway=gateway, logs=logs, seconds=seconds),
            policy.names,
            _find_addresses(graph),
            partial(datetime.now, UTC),
        ),
    )
    return Attestation(
        stack=spec.stack,
        time=time.replace(microsecond=0),
        mode=spec.mode,
        place=place.said,
        is_simulated=home is not None,
        revision=reviewed.commit,
        reviewed_policy=reviewed.digest,
        live_policy=policy.digest,
        checks=checks,
    )


def _check_account(stack: str, state: list[Resource], place: LiveSystems, region: str, *, is_lab: bool) -> CheckedItem:
    answer = check_account(stack, state, place, region, is_lab=is_lab)
    failed = [one for one in answer.cases if one.status is Status.FAIL]
    if failed:
        witness = "; ".join(f"{one.id}: {one.where}" for one in failed[:5])
        return CheckedItem(ACCOUNT, _WHAT, Status.FAIL, answer.headline, witness, f"see containment check --account {stack}")
    if answer.exit is not Exit.OK:
        unread = "; ".join(f"{one.title}: {one.text}" for one in answer.cases if one.status is Status.INCONCLUSIVE)
        return CheckedItem(ACCOUNT, _WHAT, Status.NOT_TESTED, unread or answer.headline, fix="make it readable, and repeat")
    return CheckedItem(ACCOUNT, _WHAT, Status.PASS, answer.headline)


def _choose_sender(stack: str, place: LiveSystems, home: LabHome | None, hosts: Sequence[str]) -> Sender | str:
    if home is not None:
        return make_lab_sender(home, stack)
    if isinstance(place.clients, UnreadFact):
        return place.clients.why
    if not hosts:
        return "the state has no host: a scaling group or a fleet starts it"
    return make_ssm_sender(place.clients("ssm"), hosts[0])


def _find_addresses(graph: Graph) -> list[str]:
    found = (one.get_output("privateIp") for one in graph.find_by_type(kt.INSTANCE))
    return [one for one in found if isinstance(one, str) and one]
