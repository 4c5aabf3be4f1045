"""What may pass a VPC endpoint: callers and things of this account or organisation, and files of AWS's own buckets to read.

Rules kept here: both conditions in one statement, without IfExists, so that a request that says nothing is refused;
AWS's buckets by exact name, objects to read alone; no pattern spans accounts or buckets. Pure.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from containment import strict_yaml

_BUCKETS = Path(__file__).with_name("aws_buckets.yaml")


def perimeter(account: str, organization: str) -> str:
    """Return the policy of an interface endpoint."""
    return _document(_inside(account, organization))


def s3_perimeter(account: str, organization: str, region: str) -> str:
    """Return the policy of the S3 endpoint: the same, and AWS's own buckets of the region to read from.

    Readers of AWS's buckets are not asked who they are: agents read unsigned, and ECR signs for whoever pulls.
    """
    objects = [f"arn:aws:s3:::{bucket}/*" for bucket in aws_buckets(region)]
    read = {"Sid": "AwsOwnedBucketsReadOnly", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": objects}
    return _document(_inside(account, organization), read)


def aws_buckets(region: str) -> tuple[str, ...]:
    """Return the exact names of AWS's own buckets that a host of a region reads."""
    data = _data()
    everywhere = (str(each["name"]).format(region=region) for each in data["everyRegion"])
    return tuple(sorted((*everywhere, *data["regions"].get(region, ()))))


@functools.cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = strict_yaml.read(_BUCKETS)
    return data


def _inside(account: str, organization: str) -> dict[str, Any]:
    if organization:
        same = {"aws:PrincipalOrgID": organization, "aws:ResourceOrgID": organization}
    else:
        same = {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}
    sid = "OwnOrganizationOnly" if organization else "OwnAccountOnly"
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": same}}


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
