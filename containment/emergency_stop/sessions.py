"""Revoke the sessions of a host's role, as IAM's console does: deny everything to credentials that were issued before now.

The policy remains when a host returns, because credentials that were copied before the stop stay valid for hours without it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from containment.emergency_stop.hosts import LiveHost
from containment.emergency_stop.steps import Outcome, StepError

POLICY: Final = "AWSRevokeOlderSessions"
"""The name that IAM's console gives this policy (IAM User Guide, "Revoke IAM role temporary security credentials")."""
LONGEST_SESSION: Final = timedelta(hours=12)
"""The longest session that a role can have (IAM User Guide)."""
_CONDITION: Final = "aws:TokenIssueTime"


def build_revocation(moment: datetime) -> str:
    """Return the policy that denies everything to credentials that were issued before a moment."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": {"DateLessThan": {_CONDITION: text}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def revoke_sessions(iam: Any, host: LiveHost, moment: datetime) -> tuple[Outcome, str]:
    """Revoke every session of a host's role that was issued before a moment."""
    roles = _find_roles(iam, host)
    for role in roles:
        iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=build_revocation(moment))
    if not roles:
        return Outcome.SKIPPED, "the host has no role"
    return Outcome.DONE, f"role {', '.join(roles)}: credentials issued before {moment:%Y-%m-%dT%H:%M:%SZ} are denied"


def retire_revocation(iam: Any, host: LiveHost, now: datetime) -> tuple[Outcome, str]:
    """Remove a revocation that is older than every session it is about; keep a younger one."""
    roles = _find_roles(iam, host)
    if not roles:
        return Outcome.SKIPPED, "the host has no role"
    kept, removed = [], []
    for role in roles:
        moment = _read_moment(iam, role)
        if moment is None:
            continue
        if now - moment > LONGEST_SESSION:
            iam.delete_role_policy(RoleName=role, PolicyName=POLICY)
            removed.append(role)
        else:
            kept.append(f"{role} (until {moment + LONGEST_SESSION:%Y-%m-%dT%H:%MZ})")
    if removed:
        return Outcome.DONE, f"removed from {', '.join(removed)}: no older session is left"
    return Outcome.SKIPPED, f"kept on {', '.join(kept)}: older credentials stay denied" if kept else "there is none"


def _find_roles(iam: Any, host: LiveHost) -> list[str]:
    if not host.profile:
        return []
    try:
        profile = iam.get_instance_profile(InstanceProfileName=host.profile)["InstanceProfile"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            raise StepError(f"the instance profile {host.profile} does not exist: revoke the sessions of the host's role by hand") from None
        raise
    return [each["RoleName"] for each in profile["Roles"]]


def _read_moment(iam: Any, role: str) -> datetime | None:
    """Return the moment of a role's revocation, None without one; raise StepError for a policy of another form."""
    try:
        found = iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise
    document = json.loads(found) if isinstance(found, str) else found
    try:
        text = document["Statement"][0]["Condition"]["DateLessThan"][_CONDITION]
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (KeyError, IndexError, TypeError, ValueError):
        raise StepError(f"the policy {POLICY} of {role} has another form: look at it, and remove it by hand") from None
