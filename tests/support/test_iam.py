"""The evaluator that judges deployed documents decides known cases as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.iam import Identity


def document(effect: str, actions: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": actions, "Resource": "*", **more} | ({"Condition": condition} if condition else {})
    return {"Version": "2012-10-17", "Statement": [statement]}


ADMIN = document("Allow", "*")


def test_nothing_is_allowed_unless_configured() -> None:
    assert not Identity(()).may("ec2:RunInstances", {})


def test_an_explicit_deny_wins_over_an_allow_whatever_their_order() -> None:
    deny = document("Deny", ["ec2:*"])
    assert not Identity((ADMIN, deny)).may("ec2:RunInstances", {})
    assert not Identity((deny, ADMIN)).may("EC2:runInstances", {})
    assert Identity((ADMIN, deny)).may("s3:GetObject", {})


def test_a_boundary_allows_nothing_and_caps_everything() -> None:
    cap = document("Allow", ["s3:Get*"])
    assert Identity((ADMIN,), cap).may("s3:GetObject", {})
    assert not Identity((ADMIN,), cap).may("s3:PutObject", {})
    assert not Identity((), cap).may("s3:GetObject", {})
    assert not Identity((ADMIN,), document("Deny", "s3:GetObject")).may("s3:GetObject", {})


def test_not_action_is_everything_else() -> None:
    deny = {"Statement": {"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"}}
    assert Identity((ADMIN, deny)).may("s3:PutObject", {})
    assert not Identity((ADMIN, deny)).may("ec2:RunInstances", {})


@pytest.mark.parametrize(
    ("condition", "context", "denied"),
    [
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, {"aws:SourceVpc": "vpc-1"}, False),
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, {"aws:SourceVpc": "vpc-2"}, True),
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, {}, True),
        ({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, {}, True),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, {}, False),
        ({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, {}, True),
        ({"Bool": {"aws:ViaAWSService": "false"}}, {}, False),
        ({"BoolIfExists": {"aws:ViaAWSService": "false"}}, {}, True),
        ({"BoolIfExists": {"aws:ViaAWSService": "false"}}, {"aws:ViaAWSService": "true"}, False),
        ({"Null": {"aws:SourceVpc": "true"}}, {}, True),
        ({"Null": {"aws:SourceVpc": "true"}}, {"aws:SourceVpc": "vpc-1"}, False),
        ({"StringNotEquals": {"aws:a": "${aws:b}"}}, {"aws:A": "1", "aws:b": "1"}, False),
        ({"StringNotEquals": {"aws:a": "${aws:b}"}}, {"aws:a": "1", "aws:b": "2"}, True),
        ({"StringNotEquals": {"aws:a": "${aws:b}"}}, {"aws:a": "1"}, False),
        ({"ArnLike": {"aws:a": "arn:aws:logs:*:1:log-group:/x/*"}}, {"aws:a": "arn:aws:logs:e:1:log-group:/x/y"}, True),
        ({"StringNotEquals": {"aws:a": "1"}, "Bool": {"aws:b": "true"}}, {"aws:a": "2", "aws:b": "false"}, False),
    ],
)
def test_conditions_are_evaluated_as_documented(condition: Any, context: dict[str, str], denied: bool) -> None:
    assert Identity((ADMIN, document("Deny", "*", condition))).may("s3:GetObject", context) is not denied


def test_an_operator_nobody_knows_is_an_error_and_no_match() -> None:
    with pytest.raises(ValueError, match="IpAddress"):
        Identity((document("Allow", "*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),)).may("s3:GetObject", {"aws:SourceIp": "10.0.0.1"})
