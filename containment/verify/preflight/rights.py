"""Whether the caller has the rights that a deployment needs.

Asked of IAM's own simulator, against the names this stack uses; where that is not allowed, EC2's dry runs tell a few. Only calls that
real AWS and the lab's cloud honour `DryRun` for are made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from containment.model.spec import ContainmentSpec
from containment.verify.preflight.facts import Unread
from containment.verify.preflight.needs import actions

Clients = Callable[[str], Any]

DRY_RUNS: Mapping[str, Mapping[str, Any]] = {
    "ec2:AllocateAddress": {},
    "ec2:CreateSecurityGroup": {"GroupName": "containment-preflight", "Description": "dry run"},
}


def read_rights(clients: Clients, spec: ContainmentSpec, account: str, arn: str) -> tuple[Mapping[str, bool] | Unread, str]:
    """Return action -> allowed, and who said so; Unread when nobody would."""
    if arn.endswith(":root"):
        return {action: True for asked in actions(spec, account).values() for action in asked}, "the root user may do everything"
    try:
        iam, out = clients("iam"), dict[str, bool]()
        principal = _principal(iam, arn)
        for resource, asked in actions(spec, account).items():
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=principal, ActionNames=list(asked), ResourceArns=[resource]
            )
            out |= {each["EvalActionName"]: each["EvalDecision"] == "allowed" for page in pages for each in page["EvaluationResults"]}
    except ClientError as refused:
        return _dry_runs(clients, refused)
    return out, f"IAM's simulator, for {principal}"


def _principal(iam: Any, arn: str) -> str:
    """Return the ARN whose policies count: a session's role, which has a path the session's ARN does not show."""
    session = re.fullmatch(r"arn:aws[^:]*:sts::\d+:assumed-role/([^/]+)/.*", arn)
    return str(iam.get_role(RoleName=session.group(1))["Role"]["Arn"]) if session else arn


def _dry_runs(clients: Clients, refused: ClientError) -> tuple[Mapping[str, bool] | Unread, str]:
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
    return (out, said) if out else (Unread(said), said)
