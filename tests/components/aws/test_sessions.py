"""A stack with operators' sessions: documents, encrypted record, the operators' policy, and a user for them on the host."""

from __future__ import annotations

import json
from datetime import date

import pytest

from containment.errors import InputError
from containment.host.cloud_config import HEADER
from containment.host.contents import build_first_boot
from containment.host.first_boot import LIMIT, build_user_data
from containment.sessions.documents import OPERATOR
from containment.vending.hosts import plan_hosts
from tests.components.conftest import LIBRARY, spec_of
from tests.support.deploy import deploy, stack_config

ON = {"operatorSessions": True, "sessionOwner": "platform-team", "sessionPorts": [8080]}
STRICT = next(name for name, preset in LIBRARY.presets.items() if preset.strict_logging)


@pytest.mark.parametrize("stack", ["coding-enforce", f"{STRICT}-enforce"])
def test_a_stack_with_sessions_deploys_with_an_encrypted_record(stack: str) -> None:
    """The program's own rules judge every resource of it, and stop it at the first that breaks one."""
    done = deploy(stack, stack_config(stack, **ON))
    assert done.error is None
    forwarding, shell = sorted(done.of_type("aws:ssm/document:Document"), key=lambda one: str(one["name"]))
    assert shell["documentType"] == forwarding["documentType"] == "Session"
    inputs = json.loads(shell["content"])["inputs"]
    (group,) = [one for one in done.of_type("aws:cloudwatch/logGroup:LogGroup") if one["name"] == inputs["cloudWatchLogGroupName"]]
    assert group["kmsKeyId"]
    (key,) = done.of_type("aws:kms/key:Key")
    names = json.loads(key["policy"])["Statement"][1]["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
    assert any(name.endswith(f":log-group:{group['name']}") for name in names)
    assert [one["name"] for one in done.of_type("aws:iam/policy:Policy")].count(f"vca-openclaw-{stack}-operators") == 1


def test_a_stack_without_sessions_has_nothing_of_them() -> None:
    done = deploy("coding-enforce", stack_config("coding-enforce"))
    assert done.of_type("aws:ssm/document:Document") == []
    assert not any("operators" in one["name"] for one in done.of_type("aws:iam/policy:Policy"))
    assert OPERATOR not in build_user_data(spec_of())


def test_the_operators_user_is_made_first_and_is_no_administrator() -> None:
    boot = build_first_boot(spec_of("coding", "monitor", **ON, autoRunInstaller=True, autoAcceptThirdPartySoftware=True))
    assert OPERATOR in boot.commands[0]
    assert not any(word in boot.commands[0] for word in ("sudo", "wheel", "--password", "--groups", "-G", "usermod"))
    data = build_user_data(spec_of(**ON))
    assert len(data) <= LIMIT
    assert "users" not in json.loads(data.removeprefix(HEADER)), "no default user of the image is replaced or added"


def test_a_host_without_an_owner_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        plan_hosts(spec_of(operatorSessions=True), (), date(2026, 11, 29))
    (problem,) = caught.value.problems
    assert problem.where == "Pulumi.coding-enforce.yaml:sessionOwner"


def test_the_single_host_has_the_owner_of_its_operators() -> None:
    (host,) = plan_hosts(spec_of(**ON), (), date(2026, 11, 29)).hosts
    assert host.tags == {"AgentOwner": "platform-team"}
    (plain,) = plan_hosts(spec_of(), (), date(2026, 11, 29)).hosts
    assert plain.tags == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sessionIdleMinutes", 0),
        ("sessionIdleMinutes", 61),
        ("sessionMaxMinutes", 1441),
        ("sessionPorts", [0]),
        ("sessionPorts", [65536]),
        ("sessionPorts", [8080, 8080]),
        ("sessionPorts", [True]),
        ("sessionPorts", ["ssh"]),
        ("sessionIdentityProvider", "company"),
        ("sessionIdentityProvider", "arn:aws:iam::111122223333:role/x"),
        ("sessionMfaTag", "${aws:username}"),
        ("sessionOwnerTag", "a,b"),
        ("sessionOwner", "${aws:PrincipalTag/owner}"),
    ],
)
def test_wrong_values_are_refused(key: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        spec_of(**{**ON, key: value})
    assert [problem.where.split("[")[0] for problem in caught.value.problems] == [f"Pulumi.coding-enforce.yaml:{key}"]
