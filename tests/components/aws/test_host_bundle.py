"""With `policyBundle` the host's role reads exactly one prefix, through the stack's endpoint; without it nothing is added."""

from __future__ import annotations

import json

from components.aws.endpoint_policies import build_s3_policy
from components.aws.host_policies import build_boundary, build_bundle_policy, build_deny_policy, build_operation_policy
from containment.host.facts import build_facts
from tests.components.conftest import spec_of
from tests.support.iam import Identity

SOURCE = "s3://bundles-of-acme/coding"
ACCOUNT = "123456789012"
HERE = {
    "aws:SourceVpc": "vpc-1",
    "aws:ViaAWSService": "false",
    "aws:VpcSourceIp": "10.42.10.7",
    "aws:Ec2InstanceSourcePrivateIPv4": "10.42.10.7",
    "aws:PrincipalAccount": ACCOUNT,
    "aws:ResourceAccount": ACCOUNT,
}


def may(action: str, resource: str, **context: str) -> bool:
    """Return whether role, denials, boundary and endpoint together permit a call."""
    role = (json.loads(build_operation_policy()), json.loads(build_bundle_policy(SOURCE)), json.loads(build_deny_policy("vpc-1")))
    around = {**HERE, **{key.replace("_", ":"): value for key, value in context.items()}}
    layers = (Identity(role), Identity((json.loads(build_boundary()),)), Identity((json.loads(build_s3_policy(ACCOUNT, "", "us-east-1")),)))
    return all(layer.may(action, around, resource) for layer in layers)


def test_the_role_reads_the_objects_of_its_prefix_only() -> None:
    assert may("s3:GetObject", "arn:aws:s3:::bundles-of-acme/coding/bundle.yaml")
    others = ("bundles-of-acme/coding-other/bundle.yaml", "bundles-of-acme/bundle.yaml", "bundles-of-acme/codin", "secrets/coding/x")
    for resource in others:
        assert not may("s3:GetObject", f"arn:aws:s3:::{resource}")
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketPolicy", "s3:GetObjectVersion"):
        assert not may(action, "arn:aws:s3:::bundles-of-acme/coding/bundle.yaml")


def test_the_credentials_are_useless_elsewhere_and_for_a_bucket_of_another_account() -> None:
    own = "arn:aws:s3:::bundles-of-acme/coding/bundle.yaml"
    assert not may("s3:GetObject", own, aws_SourceVpc="vpc-2")
    assert not may("s3:GetObject", own, aws_ResourceAccount="999999999999")


def test_the_host_knows_its_source_only_where_one_is_set() -> None:
    assert build_facts(spec_of(policyBundle=SOURCE))["POLICY_BUNDLE"] == SOURCE
    assert "POLICY_BUNDLE" not in build_facts(spec_of())
