"""IAM's policy simulator, which moto lacks, over moto's own evaluation of identity policies.

A principal that IAM does not contain gets its actual rights in the lab: all, because the lab's cloud enforces no IAM policy (AWS answers
NoSuchEntity). moto's evaluation is used on purpose, instead of `containment.iam`: preflight's check of the caller's rights must be answered
by code that this product did not write. Conditions without a value count as not met; permissions boundaries and organizations are not
evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult

Answer = dict[str, Any]


def simulate_principal_policy(request: Any) -> Answer:
    """Return allowed, explicitDeny or implicitDeny for each action and resource."""
    policies = _find_policies(request.backend, str(request._get_param("PolicySourceArn")))  # noqa: SLF001
    actions = request._get_param("ActionNames", [])  # noqa: SLF001
    resources = request._get_param("ResourceArns", []) or ["*"]  # noqa: SLF001
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _decide(policies, action, resource),
            "MatchedStatements": [],
        }
        for action in actions
        for resource in resources
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _find_policies(backend: Any, arn: str) -> list[IAMPolicy] | None:
    """Return the policies that apply to a user or role; None for a principal that IAM does not contain."""
    known = re.fullmatch(r"arn:aws[^:]*:iam::\d+:(user|role)/(?:.*/)?([^/]+)", arn)
    holder = (backend.users if known[1] == "user" else _collect_by_name(backend.roles)).get(known[2]) if known else None
    if holder is None:
        return None
    holders = [holder, *(group for group in getattr(backend, "groups", {}).values() if known[1] == "user" and holder in group.users)]  # type: ignore[index]
    return [policy for each in holders for policy in _extract_policies(each)]


def _extract_policies(holder: Any) -> Iterator[IAMPolicy]:
    inline = getattr(holder, "policies", {})
    yield from (IAMPolicy(document if isinstance(document, str) else document["policy_document"]) for document in inline.values())
    yield from (IAMPolicy(policy) for policy in getattr(holder, "managed_policies", {}).values())


def _collect_by_name(roles: Any) -> dict[str, Any]:
    return {role.name: role for role in roles.values()}


def _decide(policies: list[IAMPolicy] | None, action: str, resource: str) -> str:
    if policies is None:
        return "allowed"
    said = {policy.is_action_permitted(action, resource) for policy in policies}
    if PermissionResult.DENIED in said:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in said else "implicitDeny"
