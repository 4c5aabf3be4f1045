"""Holes in the end of an ephemeral host: a schedule that does more or less than ending it, and a host that stays."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.policypack.mutants.mutant import HOST, Add, Mutant, Set
from tests.policypack.mutants.program import Ref

_UNKNOWN_CALL: Final = "compute-and-routing-are-known"
_RULE: Final = "ephemeral-host-ends"
_CALL: Final = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"
_ACCOUNT: Final = {"aws:SourceAccount": "111122223333"}
_GROUP: Final = {"aws:SourceArn": "arn:aws:scheduler:us-east-1:111122223333:schedule-group/default"}
_ID: Final = "agent-instance-id"
_OWN: Final = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _hole(
    what: str,
    *,
    call: str = _CALL,
    action: str = "ec2:TerminateInstances",
    resource: str = _OWN,
    condition: dict[str, str] | None = None,
    service: str = "scheduler.amazonaws.com",
    host: dict[str, Any] | None = None,
    where: str = "ending",
    rule: str = _RULE,
    also: tuple[str, ...] = (),
    **schedule: Any,
) -> Mutant:
    """Return the whole end of the host with one fault; without a fault the schedule and its role are as the program makes them."""
    bound = {**_ACCOUNT, **_GROUP} if condition is None else condition
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        **({"Condition": {"StringEquals": bound}} if bound else {}),
    }
    rights = {"Effect": "Allow", "Action": action, "Resource": resource}
    stated = {
        "scheduleExpression": "at(2030-01-31T18:00:00)",
        "scheduleExpressionTimezone": "UTC",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": call, "roleArn": Ref("ending-role", "arn"), "input": json.dumps({"InstanceIds": [_ID]})},
        **schedule,
    }
    tags = {"tags/AgentDeadline": "2030-01-31T18:00:00Z", "instanceInitiatedShutdownBehavior": "terminate", **(host or {})}
    changes = (
        Add("aws:iam/role:Role", {"name": "ending", "assumeRolePolicy": _document(trust)}, "ending-role"),
        Add("aws:iam/rolePolicy:RolePolicy", {"role": Ref("ending-role"), "policy": _document(rights)}, "ending-rights"),
        Add("aws:scheduler/schedule:Schedule", stated, "ending"),
        *(Set(HOST, path, value) for path, value in tags.items()),
    )
    return Mutant(f"ephemeral-{what}", rule, changes, where=where, also=also)


TABLE: Final = (
    _hole("schedule-starts-machines", call="arn:aws:scheduler:::aws-sdk:ec2:runInstances", rule=_UNKNOWN_CALL, also=(_RULE,)),
    _hole("schedule-calls-a-function", call="arn:aws:lambda:us-east-1:111122223333:function:end", rule=_UNKNOWN_CALL, also=(_RULE,)),
    _hole("schedule-stops-only", call="arn:aws:scheduler:::aws-sdk:ec2:stopInstances", rule=_UNKNOWN_CALL, also=(_RULE,)),
    _hole("schedule-is-late", scheduleExpression="at(2030-01-31T18:01:00)"),
    _hole("schedule-is-in-another-zone", scheduleExpressionTimezone="America/New_York"),
    _hole("schedule-repeats", scheduleExpression="rate(1 day)"),
    _hole("schedule-is-disabled", state="DISABLED"),
    _hole("schedule-is-flexible", flexibleTimeWindow={"mode": "FLEXIBLE", "maximumWindowInMinutes": 60}),
    _hole("role-may-end-every-host", resource="*"),
    _hole("role-may-do-more", action="ec2:*"),
    _hole("role-is-anyones", service="lambda.amazonaws.com"),
    _hole("role-is-of-every-account", condition=dict(_GROUP)),
    _hole("role-is-of-every-group", condition=dict(_ACCOUNT)),
    _hole("host-stays", where=HOST, host={"instanceInitiatedShutdownBehavior": "stop"}),
)
"""Holes made in this repository's own compliant stacks, one change each, as data: see `mutant`."""
