"""An endpoint is no exit: callers and things of this account or organisation, and AWS's own buckets to read, exactly named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from components.aws import endpoint_policies
from components.aws.endpoint_policies import build_interface_policy, build_s3_policy, read_aws_buckets
from tests.support.iam import Identity

ACCOUNT, OTHER, ORGANIZATION = "123456789012", "999999999999", "o-a1b2c3d4e5"
REGIONS = yaml.safe_load((Path(endpoint_policies.__file__).with_name("aws_buckets.yaml")).read_text())["regions"]


def passes(policy: str, action: str, resource: str = "*", **context: str) -> bool:
    return Identity((json.loads(policy),)).may(action, {key.replace("_", ":"): value for key, value in context.items()}, resource)


def test_both_sides_must_be_of_this_account() -> None:
    policy = build_interface_policy(ACCOUNT, "")
    ours = {"aws_PrincipalAccount": ACCOUNT, "aws_ResourceAccount": ACCOUNT}
    assert passes(policy, "ssm:UpdateInstanceInformation", **ours)
    assert not passes(policy, "sts:AssumeRole", **{**ours, "aws_ResourceAccount": OTHER})
    assert not passes(policy, "s3:PutObject", **{**ours, "aws_PrincipalAccount": OTHER})


@pytest.mark.parametrize("missing", ["aws_PrincipalAccount", "aws_ResourceAccount"])
def test_a_request_without_an_owner_is_refused(missing: str) -> None:
    ours = {"aws_PrincipalAccount": ACCOUNT, "aws_ResourceAccount": ACCOUNT}
    del ours[missing]
    assert not passes(build_interface_policy(ACCOUNT, ""), "s3:PutObject", **ours)


def test_an_organisation_takes_the_accounts_place() -> None:
    policy = build_interface_policy(ACCOUNT, ORGANIZATION)
    ours = {"aws_PrincipalOrgID": ORGANIZATION, "aws_ResourceOrgID": ORGANIZATION}
    assert passes(policy, "ecr:BatchGetImage", **ours)
    assert not passes(policy, "ecr:BatchGetImage", **{**ours, "aws_ResourceOrgID": "o-zzzzzzzzzz"})
    assert not passes(policy, "ecr:BatchGetImage", aws_PrincipalAccount=ACCOUNT, aws_ResourceAccount=ACCOUNT)


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_aws_owned_buckets_are_read_only_and_no_pattern_spans_two(region: str) -> None:
    policy = build_s3_policy(ACCOUNT, "", region)
    for bucket in read_aws_buckets(region):
        assert re.fullmatch(r"[a-z0-9-]{3,63}", bucket), f"{bucket} is no exact bucket name"
        assert region in bucket
        assert passes(policy, "s3:GetObject", f"arn:aws:s3:::{bucket}/latest/agent.deb")
        assert not passes(policy, "s3:PutObject", f"arn:aws:s3:::{bucket}/x")
        assert not passes(policy, "s3:GetObject", f"arn:aws:s3:::{bucket}-evil/x")
        assert not passes(policy, "s3:GetObject", f"arn:aws:s3:::evil-{bucket}/x")
    assert not passes(policy, "s3:GetObject", "arn:aws:s3:::somebodys-bucket/x", aws_PrincipalAccount=ACCOUNT, aws_ResourceAccount=OTHER)
    assert len(policy) < 20480, "AWS's limit of an endpoint policy"


def test_a_region_nobody_listed_gets_no_guessed_bucket() -> None:
    assert all(not bucket.startswith("patch-baseline") for bucket in read_aws_buckets("mx-central-1"))


def test_every_region_has_its_own_two_buckets() -> None:
    for region, buckets in REGIONS.items():
        assert len(buckets) == 2
        assert all(region in bucket for bucket in buckets), region
    names = [bucket for buckets in REGIONS.values() for bucket in buckets]
    assert len(names) == len(set(names))
