"""Logs are kept, and encrypted where the class demands it, with a key that only CloudWatch Logs uses and for these groups alone."""

from __future__ import annotations

import json

import pytest

from components.aws.logs import build_key_policy
from tests.components.conftest import LIBRARY, spec_of
from tests.support.deploy import deploy, stack_config
from tests.support.iam import Identity

KEY = "arn:aws:kms:us-east-1:123456789012:key/0123-abcd"
STRICT = [name for name, preset in LIBRARY.presets.items() if preset.strict_logging]


def test_the_key_serves_cloudwatch_for_this_stacks_groups_only() -> None:
    spec = spec_of()
    policy = json.loads(build_key_policy(spec, "123456789012"))
    (use,) = [each for each in policy["Statement"] if "Service" in each["Principal"]]
    assert use["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    service = Identity(({"Statement": [use]},))
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/containment/coding-enforce/"
    for what, expected in (("flow-logs", True), ("dns-queries", True), ("other", False)):
        assert service.may("kms:Encrypt", {"kms:EncryptionContext:aws:logs:arn": group + what}) is expected
    assert not service.may("kms:Encrypt", {})
    assert not service.may("kms:ScheduleKeyDeletion", {"kms:EncryptionContext:aws:logs:arn": group + "flow-logs"})


def test_a_key_of_the_users_own_is_used_and_none_is_made() -> None:
    done = deploy("coding-enforce", stack_config("coding-enforce", logKmsKeyArn=KEY))
    assert done.error is None
    assert {group["kmsKeyId"] for group in done.of_type("aws:cloudwatch/logGroup:LogGroup")} == {KEY}
    assert done.of_type("aws:kms/key:Key") == []


def test_a_class_that_is_not_strict_pays_for_no_key() -> None:
    done = deploy("coding-enforce", stack_config("coding-enforce"))
    assert done.of_type("aws:kms/key:Key") == []
    assert len(done.of_type("aws:cloudwatch/logGroup:LogGroup")) == 2


@pytest.mark.skipif(not STRICT, reason="no shipped class demands strict logging yet")
@pytest.mark.parametrize("agent_class", STRICT)
def test_a_strict_class_encrypts_every_group_with_a_key_that_turns(agent_class: str) -> None:
    done = deploy(f"{agent_class}-enforce", stack_config(f"{agent_class}-enforce"))
    assert done.error is None
    (key,) = done.of_type("aws:kms/key:Key")
    assert key["enableKeyRotation"] is True
    groups = done.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert len(groups) == 2
    assert all(group.get("kmsKeyId") for group in groups)
