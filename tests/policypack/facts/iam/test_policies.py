"""A resource policy grants nothing beyond the account that the program proves to be the hosts'."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.facts.iam.account import find_own_accounts
from policypack.facts.iam.policies import OwnPrincipals, find_grants
from policypack.graph.resources import Graph, Provider, Resource
from tests.policypack.type_table.programs import OTHER, OWN, allow, endpoint, found_in, host, made

OURS = OwnPrincipals(frozenset({OWN}), frozenset({"role-arn"}))
EQUAL = "StringEquals"


@pytest.mark.parametrize(
    "document",
    [
        allow({"AWS": OWN}),
        allow({"AWS": f"arn:aws:iam::{OWN}:root"}),
        allow({"AWS": [f"arn:aws:iam::{OWN}:role/any", "role-arn"]}),
        allow({"Service": "logs.us-east-1.amazonaws.com"}),
        allow({"Service": ["cloudtrail.amazonaws.com", "delivery.logs.amazonaws.com"]}),
        allow("*", Condition={EQUAL: {"aws:PrincipalAccount": OWN}}),
        allow({"AWS": "*"}, Condition={EQUAL: {"AWS:SourceOwner": OWN}}),
        allow("*", Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        {"Statement": []},
        json.dumps(allow({"AWS": OWN})),
        "",
        None,
    ],
)
def test_a_policy_for_this_account_opens_nothing(document: Any) -> None:
    assert list(find_grants(document, OURS)) == []


@pytest.mark.parametrize(
    "document",
    [
        allow("*"),
        allow({"AWS": "*"}),
        allow({"AWS": OTHER}),
        allow({"AWS": [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OTHER}:root"]}),
        allow({"AWS": "arn:aws:iam::cloudfront:user/any"}),
        allow({"AWS": "AIDAEXAMPLE"}),
        allow({"Federated": "accounts.google.com"}),
        allow({"CanonicalUser": "abc"}),
        allow({"Service": "cloudfront.amazonaws.com"}),
        allow({"Service": "lambda.amazonaws.com"}),
        allow({"Service": "logs.us-east-1.example.com"}),
        allow("*", Condition={"StringLike": {"aws:PrincipalAccount": "*"}}),
        allow("*", Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}}),
        allow("*", Condition={"ForAllValues:StringEquals": {"aws:PrincipalAccount": OWN}}),
        allow("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": OTHER}}),
        allow("*", Condition={EQUAL: {"aws:PrincipalAccount": [OWN, OTHER]}}),
        allow("*", Condition={EQUAL: {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}),
        allow("*", Condition={EQUAL: {"aws:PrincipalOrgID": "o-example"}}),
        allow("*", Condition={EQUAL: {"aws:sourceVpce": "vpce-0a"}}),
        allow("*", Condition={EQUAL: {"aws:PrincipalAccount": []}}),
        {"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "*", "Resource": "*"}},
    ],
)
def test_a_policy_for_others_is_an_opening(document: Any) -> None:
    assert list(find_grants(document, OURS))


def test_an_account_that_nothing_proves_is_no_yes() -> None:
    (what,) = find_grants(allow({"AWS": OWN}), OwnPrincipals())
    assert "nothing proves" in what
    assert "allowedAccountIds" in what


PROVIDER = Provider("urn:provider", "pulumi:providers:aws", {"allowedAccountIds": f'["{OWN}"]'})
ROLE = Provider("urn:provider", "pulumi:providers:aws", {"assumeRoles": json.dumps([{"roleArn": f"arn:aws:iam::{OWN}:role/deploy"}])})
CHAIN = json.dumps([{"role_arn": f"arn:aws:iam::{OTHER}:role/hop"}, {"role_arn": f"arn:aws:iam::{OWN}:role/deploy"}])
KEY = made("aws:kms/key:Key", "key", {"policy": allow({"AWS": f"arn:aws:iam::{OWN}:root"})})


@pytest.mark.parametrize(
    "resources",
    [
        (host(arn=f"arn:aws:ec2:us-east-1:{OWN}:instance/i-0a"), endpoint(OTHER)),
        (host(by=PROVIDER), endpoint(OTHER)),
        (host(by=ROLE),),
        (host(by=Provider("urn:provider", "pulumi:providers:aws", {"assumeRoles": CHAIN})),),
        (host(), endpoint()),
        (host(), KEY),
    ],
    ids=["hosts' ARN", "allowed accounts", "assumed role", "last of a chain of roles", "endpoint policy", "key policy"],
)
def test_the_hosts_account_is_proved_by_the_strongest_evidence(resources: tuple[Resource, ...]) -> None:
    assert find_own_accounts(Graph(resources)) == {OWN}


@pytest.mark.parametrize(
    "key",
    [
        made("aws:kms/key:Key", props={"policy": allow({"AWS": [OWN, OTHER]})}),
        made("aws:kms/key:Key", props={"policy": allow({"AWS": OTHER}), "bypassPolicyLockoutSafetyCheck": True}),
        made("aws:s3/bucketPolicy:BucketPolicy", props={"policy": allow({"AWS": OTHER})}),
    ],
    ids=["two accounts", "no check by AWS", "no key"],
)
def test_a_policy_of_its_own_proves_no_account(key: Resource) -> None:
    assert find_own_accounts(Graph([host(), key])) == frozenset()
    assert set(found_in(key)) == {"one"}
