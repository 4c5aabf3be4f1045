"""VPC endpoint policies: callers and resources of this account or organization only, and read access to AWS's own buckets.

Pure functions. Rules kept here: both conditions in one statement, without IfExists, so that a request without the keys is refused;
AWS's buckets by exact name, for reading objects only; no pattern spans accounts or buckets.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.aws.policy_document import format_document
from containment.loaders import strict_yaml

_BUCKETS = Path(__file__).with_name("aws_buckets.yaml")


def build_interface_policy(account: str, organization: str) -> str:
    """Return the policy of an interface endpoint; an empty `organization` means this account only."""
    return format_document(_permit_own(account, organization))


def build_s3_policy(account: str, organization: str, region: str) -> str:
    """Return the policy of the S3 endpoint: as for an interface endpoint, plus read access to AWS's own buckets of the region.

    The statement for AWS's buckets has no condition on the principal: agents of AWS read unsigned, and ECR signs for the puller.
    """
    objects = [f"arn:aws:s3:::{bucket}/*" for bucket in read_aws_buckets(region)]
    read = {"Sid": "AwsOwnedBucketsReadOnly", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects}
    return format_document(_permit_own(account, organization), read)


def build_secrets_policy(account: str, organization: str, secrets: Sequence[str]) -> str:
    """Return the policy of the Secrets Manager endpoint: reading these secrets, within the account or the organization."""
    own = _permit_own(account, organization)
    return format_document({**own, "Action": "secretsmanager:GetSecretValue", "Resource": sorted(secrets)})


def read_aws_buckets(region: str) -> tuple[str, ...]:
    """Return the exact names of AWS's own buckets that a host in a region reads (`aws_buckets.yaml`)."""
    data = _read_file()
    everywhere = (str(each["name"]).format(region=region) for each in data["everyRegion"])
    return tuple(sorted((*everywhere, *data["regions"].get(region, ()))))


@functools.cache
def _read_file() -> dict[str, Any]:
    data: dict[str, Any] = strict_yaml.read(_BUCKETS)
    return data


def _permit_own(account: str, organization: str) -> dict[str, Any]:
    if organization:
        same = {"aws:PrincipalOrgID": organization, "aws:ResourceOrgID": organization}
    else:
        same = {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}
    sid = "OwnOrganizationOnly" if organization else "OwnAccountOnly"
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": same}}
