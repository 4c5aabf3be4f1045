"""IAM's policy simulator, which moto lacks, over moto's own evaluation of identity policies.

A principal IAM does not know gets what the lab gives it: everything, because the lab's cloud checks nobody's rights (AWS answers
NoSuchEntity). Conditions without a value count as not met; permissions boundaries and organisations are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult

Answer = dict[str, Any]


def simulate_principal_policy(request: Any) -> Answer:
    """Return, for each action and resource, allowed, explicitDeny or implicitDeny."""
    policies = _policies_of(request.backend, str(request._get_param("PolicySourceArn")))  # noqa: SLF001
    actions = request._get_param("ActionNames", [])  # noqa: SLF001
    resources = request._get_param("ResourceArns", []) or ["*"]  # noqa: SLF001
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _decision(policies, action, resource),
            "MatchedStatements": [],
        }
        for action in actions
        for resource in resources
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def _policies_of(backend: Any, arn: str) -> list[IAMPolicy] | None:
    """Return the policies that count for a user or role; None for a principal IAM does not know."""
    known = re.fullmatch(r"arn:aws[^:]*:iam::\d+:(user|role)/(?:.*/)?([^/]+)", arn)
    holder = (backend.users if known[1] == "user" else _by_name(backend.roles)).get(known[2]) if known else None
    if holder is None:
        return None
    holders = [holder, *(group for group in getattr(backend, "groups", {}).values() if known[1] == "user" and holder in group.users)]  # type: ignore[index]
    return [policy for each in holders for policy in _of(each)]


def _of(holder: Any) -> Iterator[IAMPolicy]:
    inline = getattr(holder, "policies", {})
    yield from (IAMPolicy(document if isinstance(document, str) else document["policy_document"]) for document in inline.values())
    yield from (IAMPolicy(policy) for policy in getattr(holder, "managed_policies", {}).values())


def _by_name(roles: Any) -> dict[str, Any]:
    return {role.name: role for role in roles.values()}


def _decision(policies: list[IAMPolicy] | None, action: str, resource: str) -> str:
    if policies is None:
        return "allowed"
    said = {policy.is_action_permitted(action, resource) for policy in policies}
    if PermissionResult.DENIED in said:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in said else "implicitDeny"


CALLS = (simulate_principal_policy,)
