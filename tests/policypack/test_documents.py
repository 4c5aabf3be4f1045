"""Policy documents are read in every form they are written in, and what they allow or let through is told by meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.documents import UnreadableError, meet, read
from policypack.host_needs import beyond_need
from policypack.perimeter import openings
from policypack.plain import UNKNOWN

ACCOUNT = "111122223333"
SAME = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def beyond(*statements: Any) -> list[str]:
    return [what for one in read(document(*statements)) for what in beyond_need(one)]


def opens(*statements: Any) -> list[str]:
    return list(openings(document(*statements)))


@pytest.mark.parametrize(
    "form",
    [
        document(allow("iam:PassRole")),
        json.dumps({"Statement": allow(["iam:PassRole"], ["*"])}),
        {"Version": "2012-10-17", "Statement": [allow("iam:PassRole")]},
        {"version": "2012-10-17", "statements": [{"effect": "Allow", "actions": ["iam:PassRole"], "resources": ["*"]}]},
    ],
    ids=["text", "one statement", "object", "other keys"],
)
def test_every_form_of_a_document_is_read(form: Any) -> None:
    (statement,) = read(form)
    assert (statement.actions, statement.resources, statement.allows) == (("iam:PassRole",), ("*",), True)


@pytest.mark.parametrize("value", [None, "", UNKNOWN, {"Statement": UNKNOWN}])
def test_what_is_not_stated_or_not_known_yet_has_no_statements(value: Any) -> None:
    assert read(value) == ()


@pytest.mark.parametrize("value", ["{", "[]", 7, json.dumps({"Statement": ["x"]}), json.dumps({"Statement": [{"Action": "*"}]})])
def test_what_is_no_policy_is_an_error_and_not_an_empty_one(value: Any) -> None:
    with pytest.raises(UnreadableError):
        read(value)


@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6))
def test_two_patterns_meet_exactly_when_some_text_fits_both(one: str, other: str) -> None:
    def fits(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return fits(pattern[1:], text) or (bool(text) and fits(pattern, text[1:]))
        return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])

    texts = [""]
    for _ in range(len(one.replace("*", "")) + len(other.replace("*", ""))):
        texts += [text + char for text in texts if len(text) < 7 for char in "ab"]
        texts = list(dict.fromkeys(texts))[:300]
    found = any(fits(one, text) and fits(other, text) for text in texts)
    assert meet(one, other) or not found
    assert meet(one, other) == meet(other, one)


BEYOND = [
    allow("*"),
    allow("*:*"),
    allow("ec2:*", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
    allow("iam:PassRole", "arn:aws:iam::111122223333:role/x"),
    allow("IAM:passrole", "arn:aws:iam::111122223333:role/x"),
    allow("ssm:SendCommand", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"),
    allow("ssm:GetParameter", "arn:aws:ssm:us-east-1:111122223333:parameter/own"),
    allow("ssm:Get*", "arn:aws:ssm:us-east-1:111122223333:parameter/own"),
    allow("ssm:*Parameter*", "arn:aws:ssm:us-east-1:111122223333:parameter/own"),
    allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/x"),
    allow("sts:Assume*", "arn:aws:iam::111122223333:role/x"),
    allow("ec2:CreateTags", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"),
    allow("ec2:?reateRoute", "arn:aws:ec2:us-east-1:111122223333:route-table/rtb-1"),
    allow("route53resolver:UpdateFirewallRule", "arn:aws:route53resolver:us-east-1:111122223333:firewall-rule-group/x"),
    allow("logs:DeleteLogGroup", "arn:aws:logs:us-east-1:111122223333:log-group:/x"),
    allow("lambda:CreateFunction", "arn:aws:lambda:us-east-1:111122223333:function:x"),
    allow("s3:GetObject"),
    allow("s3:GetObject", "arn:aws:s3:::*"),
    allow("s3:GetObject", ["arn:aws:s3:::own/*", "arn:aws:s3:::*/*"]),
    allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:*"),
    allow("kms:Decrypt", "arn:aws:kms:*:*:*"),
    {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::private/*"},
    allow("iam:CreateUser", "*", Condition={"StringEquals": SAME}),
]


@pytest.mark.parametrize("statement", BEYOND, ids=lambda one: json.dumps(one)[20:90])
def test_more_than_a_host_needs_is_told(statement: dict[str, Any]) -> None:
    assert beyond(statement)


ENOUGH = [
    allow(["ssm:UpdateInstanceInformation", "ssmmessages:OpenDataChannel", "ec2messages:GetMessages"]),
    allow("ssmmessages:*"),
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:us-east-1:111122223333:log-group:/agents/x:*"),
    allow("logs:DescribeLogGroups"),
    allow("ecr:GetAuthorizationToken"),
    allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "arn:aws:ecr:us-east-1:111122223333:repository/agent"),
    allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::reports-of-agents/*"),
    allow("s3:Get*", "arn:aws:s3:::reports-of-agents/*"),
    allow("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000"),
    allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agents/api-??????"),
    allow("ec2:Describe*"),
    allow("sts:GetCallerIdentity"),
    {"Effect": "Deny", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": "ssm:*", "Resource": "*"},
]


@pytest.mark.parametrize("statement", ENOUGH, ids=lambda one: json.dumps(one)[20:90])
def test_what_a_host_is_operated_with_is_enough(statement: dict[str, Any]) -> None:
    assert beyond(statement) == []


def perimeter(operator: str = "StringEquals", keys: Any = None, **changes: Any) -> dict[str, Any]:
    return {**allow("*", Principal="*", Condition={operator: SAME if keys is None else keys}), **changes}


def deny(operator: str, **keys: str) -> dict[str, Any]:
    condition = {operator: {f"aws:{key}": value for key, value in keys.items()}}
    return {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}


EVERYBODY = allow("*", Principal="*")
ORGANISATION = {"aws:PrincipalOrgID": "o-abcdefghij", "aws:ResourceOrgID": "o-abcdefghij"}
OPEN = {
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
def test_a_policy_that_lets_others_through_is_told(case: str) -> None:
    assert opens(*OPEN[case])


@pytest.mark.parametrize("case", CLOSED)
def test_a_policy_bound_on_both_sides_is_closed(case: str) -> None:
    assert opens(*CLOSED[case]) == []


def test_what_came_near_is_in_the_words() -> None:
    (what,) = opens(*OPEN["if exists"])
    assert what.startswith("statement 0 takes any principal and any resource (stringequalsifexists of aws:principalaccount binds nothing")
    (what,) = opens(*OPEN["a pattern of buckets"])
    assert what == "statement 0 takes any resource (arn:aws:s3:::corp-*/* spans accounts)"
