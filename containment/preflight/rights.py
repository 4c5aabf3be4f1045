"""Check that the caller has the rights that a deployment needs.

IAM's policy simulator answers for the resource names of the stack; where the caller may not use it, EC2 dry runs test a few rights. Only
those calls are made whose `DryRun` both real AWS and the lab honor.

The account and the Controller that are read: clients and address, or why there are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.preflight.facts import UnreadFact
from containment.preflight.needs import find_actions

Clients = Callable[[str], Any]

DRY_RUNS: Mapping[str, Mapping[str, Any]] = {
    "ec2:AllocateAddress": {},
    "ec2:CreateSecurityGroup": {"GroupName": "containment-preflight", "Description": "dry run"},
}


def read_rights(clients: Clients, spec: ContainmentSpec, account: str, arn: str) -> tuple[Mapping[str, bool] | UnreadFact, str]:
    """Return action -> allowed, and the source of the answer; `Unread` if neither the simulator nor dry runs answered."""
    if arn.endswith(":root"):
        return {action: True for asked in find_actions(spec, account).values() for action in asked}, "the root user may do everything"
    try:
        iam, out = clients("iam"), dict[str, bool]()
        principal = _find_principal(iam, arn)
        for resource, asked in find_actions(spec, account).items():
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=principal, ActionNames=list(asked), ResourceArns=[resource]
            )
            out |= {each["EvalActionName"]: each["EvalDecision"] == "allowed" for page in pages for each in page["EvaluationResults"]}
    except ClientError as refused:
        return _try_dry_runs(clients, refused)
    return out, f"IAM's simulator, for {principal}"


def _find_principal(iam: Any, arn: str) -> str:
    """Return the ARN whose policies apply: for a session its role, whose path the session's ARN lacks."""
    session = re.fullmatch(r"arn:aws[^:]*:sts::\d+:assumed-role/([^/]+)/.*", arn)
    return str(iam.get_role(RoleName=session.group(1))["Role"]["Arn"]) if session else arn


def _try_dry_runs(clients: Clients, refused: ClientError) -> tuple[Mapping[str, bool] | UnreadFact, str]:
    ec2, out = clients("ec2"), dict[str, bool]()
    for action, arguments in DRY_RUNS.items():
        call = getattr(ec2, re.sub(r"(?<!^)(?=[A-Z])", "_", action.partition(":")[2]).lower())
        try:
            call(DryRun=True, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("DryRunOperation", "UnauthorizedOperation"):
                out[action] = code == "DryRunOperation"
    said = f"dry runs of {len(out)} calls only: the simulator does not answer ({refused.response['Error']['Code']})"
    return (out, said) if out else (UnreadFact(said), said)


@dataclass(frozen=True)
class LiveSystems:
    """The systems to read: clients and address, or why there are none.

    `said` is the report's heading, `overrides` is configuration that the place provides (the lab's access account), and `demanded` are
    the systems whose absence is a failure.
    """

    said: str
    clients: Clients | UnreadFact
    controller: ControllerAddress | UnreadFact
    overrides: Mapping[str, str]
    demanded: frozenset[str]
