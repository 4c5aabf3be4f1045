"""Policy documents are read in every form that programs write them in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from containment.iam.documents import UnreadableError, read
from policypack.graph.plain_data import UNKNOWN


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


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


@pytest.mark.parametrize(
    "value",
    [
        "{",
        "[]",
        "[" * 100_000,
        7,
        '{"Statement": {"Effect": "Allow", "Action": "x:y", "Action": "*", "Resource": "*"}}',
        json.dumps({"Statement": ["x"]}),
        json.dumps({"Statement": [{"Action": "*"}]}),
    ],
)
def test_what_is_no_policy_is_an_error_and_not_an_empty_one(value: Any) -> None:
    with pytest.raises(UnreadableError):
        read(value)
