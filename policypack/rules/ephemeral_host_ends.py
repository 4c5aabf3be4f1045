"""A schedule terminates an ephemeral host at its deadline, deletes its disk with it, and does nothing else.

A schedule of EventBridge Scheduler can call any API of AWS with its role's rights (a universal target), so every schedule is judged: it
terminates one agent host of this program, once, by a role that can do nothing else and that only Scheduler assumes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from containment.iam.documents import Statement, UnreadableError, read
from containment.names import AgentTag
from containment.times import convert_to_utc
from policypack.facts.role_policies import NAMED, find_inline_policies
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import INSTANCE, ROLE, SCHEDULE
from policypack.graph.plain_data import UNKNOWN, get_field
from policypack.graph.resources import Graph, Resource

_TARGET: Final = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:ec2:terminateInstances")
_AT: Final = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_ACTION: Final = "ec2:terminateinstances"
_KEYS: Final = frozenset({"arn", "roleArn", "input", "retryPolicy"})
_ATTACHMENTS: Final = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
)


def check_stack(graph: Graph) -> list[Violation]:
    """Return the faults of every schedule, and of every host that a schedule or its own deadline ends."""
    ended: dict[str, list[Resource]] = {}
    found: list[Violation] = []
    for schedule in graph.find_by_type(SCHEDULE):
        if not _may_end_hosts(schedule):
            continue
        host = _find_host(graph, schedule)
        if host is not None:
            ended.setdefault(host.urn, []).append(schedule)
        found += [Violation(schedule.urn, what) for what in _check_schedule(graph, schedule, host)]
    for host in graph.find_by_type(INSTANCE):
        if _read_deadline(host) is not None:
            found += [Violation(host.urn, what) for what in _check_host(host, ended.get(host.urn, []))]
    return found


def _may_end_hosts(schedule: Resource) -> bool:
    """Return whether a schedule's call ends hosts or is not known yet; the table of types refuses every other call."""
    arn = get_field(schedule.get("target"), "arn")
    return arn is UNKNOWN or (isinstance(arn, str) and _TARGET.fullmatch(arn) is not None)


def _read_deadline(host: Resource) -> Any:
    """Return the deadline in a host's tags, None without one; UNKNOWN tags may have one."""
    return get_field(host.get("tags"), AgentTag.DEADLINE.value)


def _find_host(graph: Graph, schedule: Resource) -> Resource | None:
    """Return the one instance that a schedule's input names, None if there is not exactly one."""
    value = get_field(schedule.get("target"), "input")
    ident: Any = UNKNOWN
    if value is not UNKNOWN:
        try:
            document = json.loads(value) if isinstance(value, str) else None
        except ValueError:
            return None
        listed = document.get("InstanceIds") if isinstance(document, dict) and document.keys() == {"InstanceIds"} else None
        if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], str):
            return None
        ident = listed[0]
        hits = [one for one in graph.find_by_type(INSTANCE) if one.get_output("id") == ident]
        return hits[0] if len(hits) == 1 else None
    hits = list(graph.resolve(schedule, "target", UNKNOWN, (INSTANCE,)).found)
    return hits[0] if len(hits) == 1 else None


def _check_schedule(graph: Graph, schedule: Resource, host: Resource | None) -> Iterator[str]:
    target = schedule.get("target")
    if isinstance(target, dict) and (more := sorted(key for key in set(target) - _KEYS if target[key] not in (None, [], {}))):
        yield f"has {', '.join(more)} in its target, which no schedule that ends a host needs"
    if host is None:
        yield 'does not name exactly one instance of this program in its input: {"InstanceIds": [ID]}'
    yield from _check_time(schedule, host)
    for role in _find_roles(graph, schedule):
        yield from _check_role(graph, role, host)
    if not _find_roles(graph, schedule):
        yield "has a role that is not of this program, so what it may do is not known"


def _check_time(schedule: Resource, host: Resource | None) -> Iterator[str]:
    expression, zone = schedule.get("scheduleExpression"), schedule.get("scheduleExpressionTimezone")
    moment = _AT.fullmatch(expression) if isinstance(expression, str) else None
    if moment is None:
        yield f"runs at {expression}, which is not one moment: at(YYYY-MM-DDTHH:MM:SS)"
    if zone not in (None, "UTC"):
        yield f"has the time zone {zone}, and deadlines are in UTC"
    if schedule.get("state") not in (None, "ENABLED"):
        yield "is not enabled, so the host is not ended"
    if get_field(schedule.get("flexibleTimeWindow"), "mode") != "OFF":
        yield "has a flexible window, so the host may outlive its deadline"
    for key in ("startDate", "endDate"):
        if schedule.get(key) is not None:
            yield f"sets {key}, which can keep it from running"
    deadline = _read_deadline(host) if host is not None else None
    if host is not None and deadline is None:
        yield f"ends {host.name}, which has no tag {AgentTag.DEADLINE.value}: only an ephemeral host has a schedule"
    if moment is not None and isinstance(deadline, str):
        end, wanted = _parse(f"{moment[1]}+00:00"), _parse(deadline)
        if wanted is None or end is None or end > wanted:
            yield f"runs at {moment[1]} UTC, later than the host's deadline, {deadline}"


def _parse(text: str) -> datetime | None:
    try:
        return convert_to_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def _find_roles(graph: Graph, schedule: Resource) -> tuple[Resource, ...]:
    value = get_field(schedule.get("target"), "roleArn")
    return graph.resolve(schedule, "target", value, (ROLE,), ("arn",)).found if value is not None else ()


def _check_role(graph: Graph, role: Resource, host: Resource | None) -> Iterator[str]:
    """Yield what a schedule's role may do or be beyond ending the host."""
    try:
        trust = [*read(role.get("assumeRolePolicy"))]
        rights = [(one, statement) for one in find_inline_policies(graph, role) for statement in read(one.get("policy"))]
    except UnreadableError as error:
        yield f"has a role whose policies cannot be read: {error}"
        return
    for statement in trust:
        if statement.allows and not _is_schedulers(statement):
            yield "has a role that others than EventBridge Scheduler of this account and group may assume"
    for key in ("managedPolicyArns", "inlinePolicies"):
        if role.get(key) not in (None, []):
            yield f"has a role with {key}; its only policy is the one that ends the host"
    for kind in _ATTACHMENTS:
        for one in graph.find_by_type(kind):
            keys = (key for key in ("role", "roleName", "roles") if one.get(key) is not None)
            if any(graph.follow(one, key, (ROLE,), NAMED).is_possibly(role) for key in keys):
                yield f"has a role to which {one.name} attaches another policy"
    for _, statement in rights:
        if not statement.allows:
            continue
        actions = {str(each).lower() for each in statement.actions if each is not UNKNOWN}
        if statement.not_actions or statement.not_resources or not actions <= {_ACTION}:
            more = ", ".join(sorted(actions - {_ACTION})) or "all but some actions"
            yield f"has a role that may do {more}; it may terminate the host only"
        for resource in statement.resources:
            if resource is not UNKNOWN and not _is_host(str(resource), host):
                yield f"has a role that may terminate {resource}; it may terminate its own host only"


def _is_host(resource: str, host: Resource | None) -> bool:
    """Return whether an ARN is the host's; while its id is not known, whether it is of one instance."""
    if host is not None and resource == host.get_output("arn"):
        return True
    ident = host.get_output("id") if host is not None else None
    match = re.fullmatch(r"arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:instance/(i-[0-9a-f]+)", resource)
    return match is not None and ident in (None, match[1])


def _is_schedulers(statement: Statement) -> bool:
    """Return whether a statement of a trust policy lets Scheduler alone, for one account and one group of schedules, assume the role."""
    services = {(kind, str(value).lower()) for kind, value in statement.principals if value is not UNKNOWN}
    actions = {str(each).lower() for each in statement.actions if each is not UNKNOWN}
    bound = {
        one.key
        for one in statement.conditions
        if one.operator in ("stringequals", "arnequals")
        and one.values
        and all(value is UNKNOWN or not set("*?") & set(str(value)) for value in one.values)
    }
    return (
        services <= {("service", "scheduler.amazonaws.com")}
        and bool(statement.principals)
        and not statement.not_principals
        and not statement.not_actions
        and actions <= {"sts:assumerole"}
        and {"aws:sourceaccount", "aws:sourcearn"} <= bound
    )


def _check_host(host: Resource, schedules: list[Resource]) -> Iterator[str]:
    behavior = host.get("instanceInitiatedShutdownBehavior")
    if behavior is not UNKNOWN and behavior != "terminate":
        yield f"is ephemeral, and instanceInitiatedShutdownBehavior is {behavior or 'not set'}: its own end would keep its disk"
    kept = get_field(host.get("rootBlockDevice"), "deleteOnTermination")
    if kept is not UNKNOWN and kept not in (None, True, "true"):
        yield "is ephemeral, and its root disk stays when it ends"
    if host.get("disableApiTermination") not in (None, False, UNKNOWN):
        yield "is ephemeral, and disableApiTermination keeps the schedule from ending it"
    if not schedules:
        yield "is ephemeral, and no schedule of this program ends it at its deadline"


RULE = Rule(
    id="ephemeral-host-ends",
    severity=Severity.HIGH,
    info="A schedule terminates each ephemeral host at its deadline, with its disk; every schedule does only that, for one host.",
    why="a host that outlives its task keeps what the task saw; a schedule can call any API of AWS with its role's rights",
    fix="declare the host by an agent file with ephemeral and deadline; give the schedule the target aws-sdk:ec2:terminateInstances, one"
    " instance, at() the deadline in UTC, and a role that Scheduler alone assumes and that may terminate this instance only",
    ids=("OWASP LLM06",),
    check_stack=check_stack,
    scope=Scope.EVERYWHERE,
)
