"""An endpoint's policy is closed only when a principal and a resource are bound to accounts that it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policypack.facts.iam.perimeter import find_admitted_accounts, find_openings

ACCOUNT = "111122223333"
SAME = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def opens(*statements: Any) -> list[str]:
    return list(find_openings(json.dumps({"Version": "2012-10-17", "Statement": list(statements)})))


def perimeter(operator: str = "StringEquals", keys: Any = None, **changes: Any) -> dict[str, Any]:
    return {**allow("*", Principal="*", Condition={operator: SAME if keys is None else keys}), **changes}


def deny(operator: str, **keys: str) -> dict[str, Any]:
    condition = {operator: {f"aws:{key}": value for key, value in keys.items()}}
    return {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}


EVERYBODY = allow("*", Principal="*")
ORGANISATION = {"aws:PrincipalOrgID": "o-abcdefghij", "aws:ResourceOrgID": "o-abcdefghij"}
ITSELF = {"aws:PrincipalAccount": "${aws:PrincipalAccount}", "aws:ResourceAccount": "${aws:ResourceAccount}"}
OPEN = {
    "compared with itself": [perimeter(keys=ITSELF)],
    "a variable with a default": [perimeter(keys={"aws:PrincipalAccount": "${aws:PrincipalTag/account, '111122223333'}"})],
    "no value": [perimeter(keys={"aws:PrincipalAccount": [], "aws:ResourceAccount": []})],
    "an empty value": [perimeter(keys={"aws:PrincipalAccount": "", "aws:ResourceAccount": ""})],
    "one value of two binds": [perimeter("StringLike", {"aws:PrincipalAccount": [ACCOUNT, "*"], "aws:ResourceAccount": ACCOUNT})],
    "no organization": [perimeter(keys={"aws:PrincipalOrgID": "*", "aws:ResourceOrgID": "o"})],
    "every path": [perimeter("ForAnyValue:StringLike", {"aws:PrincipalOrgPaths": "*", "aws:ResourceOrgPaths": "o-*/*"})],
    "null": [perimeter("Null", {"aws:PrincipalAccount": "false", "aws:ResourceAccount": "false"})],
    "a flag": [perimeter("Bool", {"aws:SecureTransport": "true"})],
    "a date": [perimeter("DateGreaterThan", {"aws:CurrentTime": "2020-01-01T00:00:00Z"})],
    "everything but an action": [{"Effect": "Allow", "Principal": "*", "NotAction": "iam:*", "Resource": "*"}],
    "everything but a resource": [{"Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": "arn:aws:s3:::x/*"}],
    "any role of any account": [perimeter("ArnLike", {"aws:PrincipalArn": "arn:aws:iam::*:role/x", "aws:ResourceAccount": ACCOUNT})],
    "somebody's bucket to read": [allow("s3:GetObject", "arn:aws:s3:::drop-off/*", Principal="*")],
    "a bucket by a variable": [
        perimeter(keys={"aws:PrincipalAccount": ACCOUNT}, Action="s3:PutObject", Resource="arn:aws:s3:::${aws:username}/*")
    ],
    "denied unless itself": [
        EVERYBODY,
        deny("StringNotEquals", PrincipalAccount="${aws:PrincipalAccount}"),
        deny("StringNotEquals", ResourceAccount=ACCOUNT),
    ],
    "everybody": [EVERYBODY],
    "if exists": [perimeter("StringEqualsIfExists")],
    "for all values": [perimeter("ForAllValues:StringEquals")],
    "principal only": [perimeter(keys={"aws:PrincipalAccount": ACCOUNT})],
    "resource only": [perimeter(keys={"aws:ResourceAccount": ACCOUNT})],
    "a pattern of accounts": [perimeter("StringLike", {"aws:PrincipalAccount": "1111*", "aws:ResourceAccount": ACCOUNT})],
    "any organisation": [perimeter("StringLike", {"aws:PrincipalOrgID": "*", "aws:ResourceOrgID": "o-*"})],
    "not equals": [perimeter("StringNotEquals")],
    "another condition": [perimeter(keys={"aws:SourceVpc": "vpc-1"})],
    "a pattern of buckets": [perimeter(keys={"aws:PrincipalAccount": ACCOUNT}, Action="s3:PutObject", Resource="arn:aws:s3:::corp-*/*")],
    "a write for anybody": [allow("s3:PutObject", "arn:aws:s3:::corp/*", Principal="*")],
    "one sound and one open": [perimeter(), allow("sts:*", Principal={"AWS": "*"})],
    "not this principal": [{"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "*", "Resource": "*"}],
    "two keys in one denial": [EVERYBODY, deny("StringNotEquals", PrincipalAccount=ACCOUNT, ResourceAccount=ACCOUNT)],
    "half denied": [EVERYBODY, deny("StringNotEquals", PrincipalAccount=ACCOUNT)],
}
CLOSED = {
    "this account": [perimeter()],
    "this organisation": [perimeter(keys=ORGANISATION)],
    "paths of an organisation": [
        perimeter("ForAnyValue:StringLike", {"aws:PrincipalOrgPaths": "o-a/r-b/ou-c/*", "aws:ResourceOrgPaths": ["o-a/r-b/*"]})
    ],
    "named on both sides": [
        allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    ],
    "reading what AWS offers": [perimeter(), allow("s3:GetObject", "arn:aws:s3:::amazon-ssm-us-east-1/*", Principal="*")],
    "an own bucket": [
        perimeter(keys={"aws:PrincipalAccount": ACCOUNT}, Action="s3:*", Resource=["arn:aws:s3:::corp", "arn:aws:s3:::corp/*"])
    ],
    "denied unless": [
        EVERYBODY,
        deny("StringNotEquals", PrincipalAccount=ACCOUNT),
        deny("StringNotEqualsIfExists", ResourceAccount=ACCOUNT),
    ],
    "nothing": [],
}


@pytest.mark.parametrize("case", OPEN)
def test_a_policy_that_lets_others_through_is_reported(case: str) -> None:
    assert opens(*OPEN[case])


@pytest.mark.parametrize("case", CLOSED)
def test_a_policy_bound_on_both_sides_is_closed(case: str) -> None:
    assert opens(*CLOSED[case]) == []


def test_what_came_near_is_in_the_words() -> None:
    (what,) = opens(*OPEN["if exists"])
    assert what.startswith("statement 0 takes any principal and any resource (stringequalsifexists of aws:principalaccount binds nothing")
    (what,) = opens(*OPEN["a pattern of buckets"])
    assert what == "statement 0 takes any resource (arn:aws:s3:::corp-*/* spans accounts)"


def test_a_variable_is_named_in_the_words() -> None:
    (what,) = opens(*OPEN["compared with itself"])
    assert "stringequals of aws:principalaccount with ${aws:PrincipalAccount} binds nothing" in what


def test_the_accounts_that_a_policy_names_are_those_of_every_statement_that_lets_through() -> None:
    other = {"aws:PrincipalAccount": "999988887777", "aws:ResourceAccount": ["444455556666", ACCOUNT]}
    document = {"Statement": [perimeter(), perimeter(keys=other), deny("StringNotEquals", PrincipalAccount="222233334444")]}
    assert find_admitted_accounts(document) == {ACCOUNT, "999988887777", "444455556666", "222233334444"}


def test_images_of_aws_for_nodes_are_no_second_account() -> None:
    images = perimeter(
        keys={"aws:PrincipalAccount": ACCOUNT}, Action="ecr:BatchGetImage", Resource="arn:aws:ecr:us-east-1:602401143452:repository/eks/*"
    )
    assert find_admitted_accounts({"Statement": [perimeter(), images]}) == {ACCOUNT}
