"""A secret in a tag of a host or its template is refused; tags in use, and references to secrets, are not."""

from __future__ import annotations

import pytest

from policypack.graph import known_types as kt
from tests.policypack.stacks import Ref, compliant

RULE = "user-data-holds-no-secret"
REFUSED = {
    "an access key": ("Contact", "AKIAIOSFODNN7EXAMPLE"),
    "a token": ("Deploy", "ghp_0123456789abcdefABCDEF0123456789abcd"),
    "a password by its name": ("db_password", "correct-horse-7-battery"),
    "a password in an option": ("Start", "--password correct-horse-7-battery"),
    "a connection string": ("Database", "postgres://agent:s3cr3t-Horse-9@db.acme.example/x"),
}
ACCEPTED = {
    "an owner": ("AgentOwner", "platform-team"),
    "a cost centre": ("cost-centre", "cc-42"),
    "a secret by its ARN": ("model_secret", "arn:aws:secretsmanager:us-east-1:111122223333:secret:models/nvidia-AbCdEf"),
    "a purpose": ("Purpose", "rotates passwords and tokens of the platform"),
    "a date": ("AgentUntil", "2027-03-31"),
    "a digest of an image": ("Image", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    "a commit": ("Commit", "3f786850e387550fdab836ed7e6dc881de23001b"),
    "a URL": ("Runbook", "https://wiki.acme.example/agents?page=tokens"),
}


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("what", REFUSED)
def test_a_secret_in_a_tag_is_refused(what: str, known: bool) -> None:
    stack = compliant()
    key, value = REFUSED[what]
    stack.props["agent"]["tags"] = {**stack.props["agent"]["tags"], key: value}
    assert stack.refused(known) == {(RULE, "agent")}


@pytest.mark.parametrize("what", ACCEPTED)
def test_other_tags_are_accepted(what: str) -> None:
    stack = compliant()
    key, value = ACCEPTED[what]
    stack.props["agent"]["tags"] = {**stack.props["agent"]["tags"], key: value}
    assert stack.refused(known=False) == stack.refused(known=True) == set()


def test_a_secret_in_a_templates_tag_is_refused_and_not_shown() -> None:
    stack = compliant()
    options = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    stack.add(kt.LAUNCH_TEMPLATE, "template", {"metadataOptions": options, "tags": {"Contact": "AKIAIOSFODNN7EXAMPLE"}})
    stack.props["agent"]["launchTemplate"] = {"id": Ref("template")}
    found = [one for one in stack.findings(known=True) if one.id == RULE]
    assert [one.where.rsplit("::", 1)[-1] for one in found] == ["template"]
    assert "AKIA" not in str(found[0])
    assert "tags.Contact" in found[0].what
