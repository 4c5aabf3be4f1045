"""Checks of KMS keys that AWS makes and moto does not: keys of log groups, volumes and parameters.

A key that is missing, disabled, scheduled for deletion, or in another region or account encrypts nothing, and AWS refuses calls that refer
to it. Sources: CloudWatch Logs `CreateLogGroup` and `AssociateKmsKey`, EC2 error codes, Systems Manager `PutParameter`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from moto.core.exceptions import JsonRESTError
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.kms.models import kms_backends
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend
from moto.ssm.models import SimpleSystemManagerBackend

from containment_lab.cloud.checks.call_checks import add_check

_ARN: Final = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>(?:key|alias)/.+)")
_OF_AWS: Final = frozenset({"alias/aws/ebs", "alias/aws/ssm"})
"""Keys that AWS creates at their first use."""


def add() -> None:
    """Add the checks of keys to moto in this process."""
    add_check(LogsBackend, "create_log_group", lambda self, given: require_log_key(self, given["log_group_name"], given.get("kmsKeyId")))
    add_check(EC2Backend, "create_volume", lambda self, given: require_disk_key(self, given.get("kms_key_id")))
    add_check(SimpleSystemManagerBackend, "put_parameter", lambda self, given: _require_parameter_key(self, given.get("keyid")))


def require_log_key(backend: Any, group: str, stated: str | None) -> None:
    """Refuse a log group's key that does not exist, or whose policy does not let CloudWatch Logs use it.

    Args:
        backend: moto's backend of an account and region (any service's).
        group: The log group's name.
        stated: The key's ARN; None for an AWS-owned key.
    """
    if not stated:
        return
    key = find_key(backend, stated) if _ARN.fullmatch(stated) and ":key/" in stated else None
    if key is None or not _is_logs_allowed(key, backend.region_name):
        arn = f"arn:aws:logs:{backend.region_name}:{backend.account_id}:log-group:{group}"
        raise InvalidParameterException(f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'")


def require_disk_key(backend: Any, stated: str | None) -> None:
    """Refuse a disk's key that does not exist. EC2 accepts the call, and the volume or instance fails with this reason a moment later."""
    if stated and stated not in _OF_AWS and find_key(backend, stated) is None:
        raise EC2ClientError(
            "InvalidKMSKey.InvalidState", f"The KMS key provided is in an incorrect state ({stated} does not exist or is not enabled)"
        )


def _require_parameter_key(backend: Any, stated: str | None) -> None:
    if stated and stated not in _OF_AWS and find_key(backend, stated) is None:
        raise JsonRESTError("InvalidKeyId", f"Invalid keyId {stated}")


def find_key(backend: Any, stated: str) -> Any | None:
    """Return the enabled key of an id, an alias, or the ARN of either; None if there is none.

    Args:
        backend: moto's backend of the account and region of the call.
        stated: The id, alias or ARN in the call.
    """
    account, region, name = backend.account_id, backend.region_name, stated
    if found := _ARN.fullmatch(stated):
        account, name = found["account"], found["name"].removeprefix("key/")
        if found["region"] != region:
            return None
    kms = kms_backends[account][region]
    ident = kms.get_key_id_from_alias(name) if name.startswith("alias/") else name
    key = kms.keys.get(ident.rpartition("/")[2]) if ident else None
    return key if key is not None and key.enabled and key.key_state == "Enabled" else None


def _is_logs_allowed(key: Any, region: str) -> bool:
    """Return whether a key's policy lets CloudWatch Logs of a region use it."""
    try:
        statements = json.loads(key.policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    services = {f"logs.{region}.amazonaws.com", "logs.amazonaws.com", "*"}
    for each in [statements] if isinstance(statements, dict) else statements:
        principal = each.get("Principal")
        named = principal.get("Service", ()) if isinstance(principal, dict) else principal or ()
        if each.get("Effect") == "Allow" and services & ({named} if isinstance(named, str) else set(named)):
            return True
    return False
