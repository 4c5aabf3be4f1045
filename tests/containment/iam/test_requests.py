"""Requests are decided as AWS does; an independent evaluator of documents agrees on every drawn policy and request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.iam.documents import UnreadableError
from containment.iam.requests import Request, is_allowed
from tests.support.iam import Identity

OWN, OTHER = "111111111111", "999999999999"
OBJECT = "arn:aws:s3:::own-bucket/key"
CONTEXT = {"aws:PrincipalAccount": OWN, "aws:ResourceAccount": OWN, "aws:SecureTransport": "true"}


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **more}


def decide(*statements: dict[str, Any], action: str = "s3:GetObject", resource: str = OBJECT, context: dict[str, str] = CONTEXT) -> bool:
    return is_allowed(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), Request(action, resource, context))


def test_without_an_allow_a_request_is_denied_and_a_deny_wins() -> None:
    assert not decide()
    assert decide(allow())
    assert not decide(allow(), allow(Effect="Deny", Action="s3:Get*"))


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": OWN}, True),
        ({"AWS": [f"arn:aws:iam::{OWN}:root"]}, True),
        ({"AWS": f"arn:aws:iam::{OTHER}:root"}, False),
        ({"AWS": OWN[:-1]}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
    ],
)
def test_a_statement_applies_to_the_accounts_it_names(principal: Any, expected: bool) -> None:
    assert decide(allow(Principal=principal)) is expected


def test_an_excluded_principal_is_not_allowed() -> None:
    statement = {key: value for key, value in allow().items() if key != "Principal"}
    assert not decide({**statement, "NotPrincipal": {"AWS": OWN}})
    assert decide({**statement, "NotPrincipal": {"AWS": OTHER}})


@pytest.mark.parametrize("operator", ["IpAddress", "NumericLessThan", "DateGreaterThan", "NoSuchOperator"])
def test_an_unknown_operator_satisfies_no_allow_and_every_deny(operator: str) -> None:
    condition = {operator: {"aws:PrincipalAccount": OWN}}
    assert not decide(allow(Condition=condition))
    assert not decide(allow(), allow(Effect="Deny", Condition=condition))


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ArnNotLike", True),
        ("Bool", False),
    ],
)
def test_a_condition_on_a_missing_key_fails_unless_its_operator_permits_that(operator: str, expected: bool) -> None:
    assert decide(allow(Condition={operator: {"aws:SourceVpc": "vpc-1"}})) is expected


def test_a_document_that_cannot_be_read_is_an_error_and_no_answer() -> None:
    with pytest.raises(UnreadableError):
        is_allowed("{", Request("s3:GetObject", OBJECT, CONTEXT))


VALUES = st.sampled_from([OWN, OTHER, "1*1", "?" * 12, "true", "TRUE", "${aws:PrincipalAccount}", "${aws:SourceVpc}"])
KEYS = st.sampled_from(["aws:PrincipalAccount", "aws:resourceaccount", "aws:SourceVpc", "aws:SecureTransport"])
OPERATORS = st.sampled_from(
    [
        *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "Bool"),
        *("StringEqualsIfExists", "StringNotLikeIfExists", "BoolIfExists"),
    ]
)
CONDITIONS = st.dictionaries(OPERATORS, st.dictionaries(KEYS, st.lists(VALUES, min_size=1, max_size=2), max_size=2), max_size=2) | st.just(
    {"Null": {"aws:SourceVpc": "true"}}
)
STATEMENTS = st.builds(
    lambda effect, action, actions, resource, resources, condition: {
        "Effect": effect,
        action: actions,
        resource: resources,
        "Condition": condition,
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["Action", "NotAction"]),
    st.lists(st.sampled_from(["*", "s3:*", "S3:getobject", "s3:Get?bject", "ec2:*"]), min_size=1, max_size=2),
    st.sampled_from(["Resource", "NotResource"]),
    st.lists(st.sampled_from(["*", OBJECT, "arn:aws:s3:::own-*", "arn:aws:s3:::OWN-*", "*:?wn-bucket/*"]), min_size=1, max_size=2),
    CONDITIONS,
)


@given(st.lists(STATEMENTS, max_size=3), st.sampled_from(["s3:GetObject", "s3:PutObject"]), st.booleans())
def test_an_independent_evaluator_agrees(statements: list[dict[str, Any]], action: str, is_inside: bool) -> None:
    context = {**CONTEXT, **({"aws:SourceVpc": OWN} if is_inside else {})}
    document = {"Statement": statements}
    decided, judged = is_allowed(document, Request(action, OBJECT, context)), Identity((document,)).may(action, context, OBJECT)
    if "${aws:SourceVpc}" in json.dumps(statements) and not is_inside:
        assert judged or not decided
    else:
        assert decided is judged


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike"])
def test_a_variable_without_a_value_satisfies_no_allow_and_every_deny(operator: str) -> None:
    condition = {operator: {"aws:PrincipalAccount": ["${aws:SourceVpc}", "*"]}}
    assert not decide(allow(Condition=condition))
    assert not decide(allow(), allow(Effect="Deny", Condition=condition))
