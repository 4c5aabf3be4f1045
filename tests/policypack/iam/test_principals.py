"""A resource's policy lets in nobody from outside of its account, or the words name who comes in."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.iam.documents import UnreadableError
from policypack.iam.principals import grants_beyond
from policypack.plain import UNKNOWN

ACCOUNT, OTHER = "111122223333", "999988887777"


def document(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **more}]}


BEYOND = {
    "everybody": (document("*"), "everybody"),
    "everybody, if exists": (document("*", Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": ACCOUNT}}), "everybody"),
    "everybody, itself": (document("*", Condition={"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}), "everybody"),
    "everybody, encrypted": (document("*", Condition={"Bool": {"aws:SecureTransport": "true"}}), "everybody"),
    "another account": (document({"AWS": OTHER}), f"principals of account {OTHER}"),
    "another account's role": (document({"AWS": f"arn:aws:iam::{OTHER}:role/x"}), f"principals of account {OTHER}"),
    "bound to another account": (
        document("*", Condition={"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, OTHER]}}),
        f"whoever comes from account {OTHER}",
    ),
    "a federation": (document({"Federated": "accounts.google.com"}), "federated accounts.google.com"),
    "all but one": (
        {"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": "*"}]},
        "everybody but the principals in NotPrincipal",
    ),
}
WITHIN = {
    "the account": document({"AWS": [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"]}),
    "a service": document({"Service": "logs.us-east-1.amazonaws.com"}),
    "bound to the account": document("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
    "bound to the organization": document("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
    "bound to an endpoint": document("*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}),
    "denied": {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]},
    "not known yet": UNKNOWN,
    "nothing": None,
}


@pytest.mark.parametrize("case", BEYOND)
def test_whoever_is_let_in_from_outside_is_named(case: str) -> None:
    given, expected = BEYOND[case]
    assert grants_beyond(given, ACCOUNT) == [expected]


@pytest.mark.parametrize("case", WITHIN)
def test_the_account_itself_and_what_a_condition_binds_is_within(case: str) -> None:
    assert grants_beyond(WITHIN[case], ACCOUNT) == []


def test_named_accounts_are_not_compared_while_the_account_is_unknown() -> None:
    assert grants_beyond(document({"AWS": OTHER})) == []
    assert grants_beyond(document("*")) == ["everybody"]


def test_a_document_that_is_no_policy_is_an_error() -> None:
    with pytest.raises(UnreadableError):
        grants_beyond("{", ACCOUNT)
