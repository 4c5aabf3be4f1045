"""Checks of a stack's own files.

The last scheduled observation is there, complete and recent; somebody is named to approve decisions about the stack's class; provider keys
are behind the credential gateway.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from containment.config.open_questions import ROUTES_KEY, SWITCH_KEY, find_gateway_question, list_direct_models
from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.approvers import FILE, Approvers, load_approvers
from containment.loaders.observation_runs import ObservationRun, find_results_folder, read_last_run
from containment.names import REGULATED_CLASSES
from containment.preflight.finding import Finding, Status
from containment.times import CLOCK_SLACK

OBSERVATION: Final = "observation"


def check_last_observation(spec: ContainmentSpec, now: datetime, *, folder: Path = Path()) -> Finding:
    """Return whether a stack was observed in time.

    FAIL for a run that is missing, changed, of the future or too old; WARN for one that read no new line or no decision of the gateway;
    SKIPPED where observation is not scheduled.

    Args:
        spec: the stack.
        now: the present moment.
        folder: the folder with the stack files.
    """
    results = spec.config.observe_results
    if not results:
        what = f"no observation of {spec.stack} is scheduled: observeResults is not set"
        return Finding(OBSERVATION, Status.SKIPPED, what, f"containment observe --stack {spec.stack} --write-timer FOLDER")
    place = find_results_folder(results, spec.stack, folder)
    command = f"containment observe --stack {spec.stack} --since 14d --results {results}"
    try:
        run = read_last_run(place, spec.stack, command)
    except InputError as error:
        problem = error.problems[0]
        return Finding(OBSERVATION, Status.FAIL, f"{problem.where}: {problem.what}", f"{problem.fix}; look at the timer's log")
    return _judge_run(run, spec.config.observe_max_age_hours, now, command)


def _judge_run(run: ObservationRun, hours: int, now: datetime, command: str) -> Finding:
    if run.at > now + CLOCK_SLACK:
        return Finding(
            OBSERVATION, Status.FAIL, f"the last observation is of {run.at.isoformat()}, in the future", "correct the clock, observe again"
        )
    age = now - run.at
    when = f"{_format_hours(age)} ago"
    if age > timedelta(hours=hours):
        what = f"the last observation is of {run.at.isoformat()}, {when}; at most {hours} h are allowed (observeMaxAgeHours)"
        return Finding(OBSERVATION, Status.FAIL, what, f"{command}; look at the timer's log")
    found = f"observed {when}: enforce mode would deny {run.would_be_denied} destinations ({run.evidence})"
    if run.window_end is None or now - run.window_end > timedelta(hours=hours):
        newest = "there is none" if run.window_end is None else f"it is of {run.window_end.isoformat()}"
        what = f"observed {when}, but the newest log line is too old: {newest}"
        return Finding(OBSERVATION, Status.WARN, what, "an idle agent has no lines; else find out why the logs are not delivered")
    if not run.is_judged:
        what = f"observed {when}, but the logs have no decision of the gateway, so denials are NOT TESTED"
        return Finding(OBSERVATION, Status.WARN, what, "give the timer the log group or the bucket of the gateway's logs")
    return Finding(OBSERVATION, Status.PASS, found)


def _format_hours(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


APPROVERS = "approvers"


def check_approvers(agent_class: str, *, is_regulated: bool, folder: Path = Path()) -> Finding:
    """Return whether approvers are named for a class: WARN for a regulated class without any, FAIL for an unusable file.

    Args:
        agent_class: the stack's class.
        is_regulated: whether its preset demands strict logging.
        folder: the folder with approvers.yaml.
    """
    try:
        approvers = load_approvers(folder)
    except InputError as error:
        what = "; ".join(f"{one.where}: {one.what}" for one in error.problems)
        return Finding(APPROVERS, Status.FAIL, f"{FILE} cannot be used: {what}", error.problems[0].fix)
    rule = approvers.get_rule(agent_class)
    if rule is not None:
        names = ", ".join(_list_names(approvers, rule.roles))
        return Finding(APPROVERS, Status.PASS, f"{agent_class}: {rule.persons} of {names} approve enforce mode, promotions and waivers")
    what = f"{FILE} names no approvers for {agent_class}, so a person who can edit its files decides alone"
    if is_regulated or agent_class in REGULATED_CLASSES:
        return Finding(
            APPROVERS, Status.WARN, f"{what}; its data is regulated", f"name people, and {agent_class} with persons: 2, in {FILE}"
        )
    return Finding(APPROVERS, Status.PASS, f"{what}; none are required for this class")


def _list_names(approvers: Approvers, roles: frozenset[str]) -> list[str]:
    return [one.name for one in approvers.people if one.roles & roles]


CREDENTIAL_GATEWAY: Final = "credential-gateway"


def check_credential_gateway(spec: ContainmentSpec) -> Finding:
    """Return whether the stack's model providers are behind the credential gateway.

    WARN if their keys are on the hosts, with the open question; SKIPPED where the stack permits no model provider by name.

    Args:
        spec: the stack.
    """
    gateway = spec.credential_gateway
    if gateway is not None:
        hosts = ", ".join(route.host for route in gateway.routes.routes)
        return Finding(CREDENTIAL_GATEWAY, Status.PASS, f"the keys of {hosts} are behind the gateway", "")
    direct = list_direct_models(spec)
    if not direct:
        return Finding(CREDENTIAL_GATEWAY, Status.SKIPPED, "the stack permits no model provider by name, so there is no key to keep", "")
    if question := find_gateway_question(spec):
        return Finding(
            CREDENTIAL_GATEWAY, Status.WARN, f"provider keys are on the hosts: {ROUTES_KEY} is empty", f"{question}: {ROUTES_KEY}"
        )
    what = f"is off ({SWITCH_KEY}): the keys of {', '.join(direct)} are on the hosts"
    return Finding(CREDENTIAL_GATEWAY, Status.WARN, what, f"set {SWITCH_KEY}: true, and name the secrets in {ROUTES_KEY}")
