"""Checks of roles, boundaries and instance profiles that AWS makes and moto does not.

AWS refuses a role whose boundary or principal does not exist. Sources: IAM `CreateRole`, `UpdateAssumeRolePolicy`, KMS `CreateKey`, EC2
`RunInstances`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from moto.core.exceptions import JsonRESTError
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import iam_instance_profile as profile_models
from moto.ec2.responses import instances as instance_calls
from moto.iam.exceptions import MalformedPolicyDocument, NoSuchEntity, NotFoundException
from moto.iam.models import IAMBackend, iam_backends
from moto.kms.models import KmsBackend

from containment_lab.cloud.checks.call_checks import add_check

_PRINCIPAL: Final = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):(?P<kind>role|user)/(?P<path>.+)")


def add() -> None:
    """Add the checks of roles, key policies and launches to moto in this process."""
    add_check(IAMBackend, "create_role", _check_role)
    add_check(IAMBackend, "put_role_permissions_boundary", _check_boundary)
    add_check(IAMBackend, "update_assume_role_policy", lambda self, given: _check_trust(self, given["policy_document"]))
    add_check(KmsBackend, "create_key", _key_policy)
    add_check(KmsBackend, "put_key_policy", _key_policy)
    for module in (instance_calls, profile_models):
        module.filter_iam_instance_profiles = _require_profile(module.filter_iam_instance_profiles)


def _check_role(backend: Any, given: Mapping[str, Any]) -> None:
    _check_trust(backend, given["assume_role_policy_document"])
    _check_boundary(backend, given)


def _check_boundary(backend: Any, given: Mapping[str, Any]) -> None:
    arn = given.get("permissions_boundary")
    if arn and arn not in {each.arn for each in backend.managed_policies.values()}:
        raise NoSuchEntity(f"Scope ARN: {arn} does not exist or is not attachable.")


def _check_trust(backend: Any, document: str) -> None:
    try:
        policy = json.loads(document)
    except ValueError:
        raise MalformedPolicyDocument("This policy contains invalid Json") from None
    if unknown := next(_find_unknown_principals(policy, backend.account_id), None):
        raise MalformedPolicyDocument(f'Invalid principal in policy: "AWS":"{unknown}"')


def _key_policy(backend: Any, given: Mapping[str, Any]) -> None:
    if not given.get("policy"):
        return
    try:
        policy = json.loads(given["policy"])
    except ValueError:
        raise JsonRESTError("MalformedPolicyDocumentException", "The key policy is not valid JSON") from None
    if next(_find_unknown_principals(policy, backend.account_id), None):
        raise JsonRESTError("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")


def _find_unknown_principals(policy: Any, account: str) -> Iterator[str]:
    """Yield the roles and users of an account that are principals of a policy and do not exist."""
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    for each in [statements] if isinstance(statements, dict) else statements or ():
        principal = each.get("Principal") if isinstance(each, dict) else None
        named = principal.get("AWS", ()) if isinstance(principal, dict) else ()
        for arn in [named] if isinstance(named, str) else named:
            found = _PRINCIPAL.fullmatch(arn)
            if found and found["account"] == account:
                iam = iam_backends[account][found["partition"]]
                there = iam.roles if found["kind"] == "role" else iam.users
                if arn not in {one.arn for one in there.values()}:
                    yield arn


def _require_profile(original: Any) -> Any:
    @functools.wraps(original)
    def found(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except NotFoundException:
            arn, name = kwargs.get("iam_instance_profile_arn"), kwargs.get("iam_instance_profile_name")
            kind, noun = ("arn", "ARN") if arn else ("name", "name")
            text = f"Value ({arn or name}) for parameter iamInstanceProfile.{kind} is invalid. Invalid IAM Instance Profile {noun}"
            raise EC2ClientError("InvalidParameterValue", text) from None

    return found
