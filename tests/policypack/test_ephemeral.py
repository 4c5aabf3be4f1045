"""The end of an ephemeral host as a graph: the program's own form passes in preview and once ids are known, and each fault is refused."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from components.aws.host import TARGET, build_rights, build_trust
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.rules.ephemeral_host_ends import check_stack

ARN = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"
KINDS = {
    "host": "aws:ec2/instance:Instance",
    "other": "aws:ec2/instance:Instance",
    "role": "aws:iam/role:Role",
    "rights": "aws:iam/rolePolicy:RolePolicy",
    "schedule": "aws:scheduler/schedule:Schedule",
}
TRUST, RIGHTS = json.loads(build_trust(ARN)), json.loads(build_rights(ARN))
GOOD: dict[str, dict[str, Any]] = {
    "host": {
        "tags": {"AgentDeadline": "2030-01-31T18:00:00Z"},
        "instanceInitiatedShutdownBehavior": "terminate",
        "rootBlockDevice": {"deleteOnTermination": True},
    },
    "other": {},
    "role": {"name": "end", "assumeRolePolicy": TRUST},
    "rights": {"role": "end", "policy": RIGHTS},
    "schedule": {
        "scheduleExpression": "at(2030-01-31T18:00:00)",
        "scheduleExpressionTimezone": "UTC",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {"arn": f"arn:aws:{TARGET}", "roleArn": "role-arn", "input": '{"InstanceIds": ["i-0123456789abcdef0"]}'},
    },
}
IDS = {"host": {"id": "i-0123456789abcdef0", "arn": ARN}, "other": {"id": "i-0fedcba9876543210"}, "role": {"id": "end", "arn": "role-arn"}}
CLOUD = ("target/input", "target/arn", "target/roleArn", "policy", "assumeRolePolicy")
"""Values that follow from the host's ARN or id, so that a first preview does not have them."""


def build(changes: dict[str, dict[str, Any]] | None = None, *, is_preview: bool = False) -> Graph:
    """Return the graph with changed properties, by resource and path; a value of Ellipsis leaves a property out."""
    out = []
    for name, kind in KINDS.items():
        props = deepcopy(GOOD[name])
        if is_preview:
            for path in CLOUD:
                store(props, path, UNKNOWN, only=True)
        for path, value in (changes or {}).get(name, {}).items():
            store(props, path, value)
        urns = {"schedule": ("target", ("role", "host")), "rights": ("policy", ("host",))}.get(name)
        dependencies = {urns[0]: tuple(map(urn, urns[1]))} if urns else {}
        if name == "rights":
            dependencies["role"] = (urn("role"),)
        outputs = {**props, **({} if is_preview else IDS.get(name, {}))}
        out.append(Resource(urn(name), kind, name, props, outputs, property_dependencies=dependencies))
    return Graph(out)


def urn(name: str) -> str:
    return f"urn:pulumi:dev::p::{KINDS[name]}::{name}"


def store(props: dict[str, Any], path: str, value: Any, *, only: bool = False) -> None:
    *outer, last = path.split("/")
    for each in outer:
        if each not in props:
            return
        props = props[each]
    if value is ...:
        props.pop(last, None)
    elif not only or last in props:
        props[last] = value


def find(changes: dict[str, dict[str, Any]] | None = None, *, is_preview: bool = False) -> list[tuple[str, str]]:
    return [(one.where.rpartition("::")[2], one.what) for one in check_stack(build(changes, is_preview=is_preview))]


@pytest.mark.parametrize("is_preview", [False, True])
def test_the_programs_own_form_passes(*, is_preview: bool) -> None:
    assert find(is_preview=is_preview) == []


def change_trust(**more: Any) -> dict[str, Any]:
    return {"assumeRolePolicy": {"Version": "2012-10-17", "Statement": [{**TRUST["Statement"][0], **more}]}}


def change_rights(**more: Any) -> dict[str, Any]:
    return {"policy": {"Version": "2012-10-17", "Statement": [{**RIGHTS["Statement"][0], **more}]}}


ACCOUNT = {"aws:SourceAccount": "111122223333"}
GROUP = {"aws:SourceArn": "arn:aws:scheduler:us-east-1:111122223333:schedule-group/default"}
FAULTS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "two-hosts": ("exactly one", {"schedule": {"target/input": '{"InstanceIds": ["i-0123456789abcdef0", "i-0fedcba9876543210"]}'}}),
    "a-host-of-others": ("exactly one", {"schedule": {"target/input": '{"InstanceIds": ["i-0aaaaaaaaaaaaaaaa"]}'}}),
    "more-input": ("exactly one", {"schedule": {"target/input": '{"InstanceIds": ["i-0123456789abcdef0"], "DryRun": true}'}}),
    "no-json": ("exactly one", {"schedule": {"target/input": "i-0123456789abcdef0"}}),
    "a-host-that-stays": ("only an ephemeral host", {"schedule": {"target/input": '{"InstanceIds": ["i-0fedcba9876543210"]}'}}),
    "more-of-a-target": ("ecsParameters", {"schedule": {"target/ecsParameters": {"taskDefinitionArn": "x"}}}),
    "late": ("later than", {"schedule": {"scheduleExpression": "at(2030-01-31T18:00:01)"}}),
    "repeated": ("not one moment", {"schedule": {"scheduleExpression": "rate(1 hour)"}}),
    "unknown-time": ("not one moment", {"schedule": {"scheduleExpression": UNKNOWN}}),
    "another-zone": ("time zone", {"schedule": {"scheduleExpressionTimezone": "Europe/Berlin"}}),
    "disabled": ("not enabled", {"schedule": {"state": "DISABLED"}}),
    "flexible": ("flexible", {"schedule": {"flexibleTimeWindow": {"mode": "FLEXIBLE"}}}),
    "ended-before": ("endDate", {"schedule": {"endDate": "2029-01-01T00:00:00Z"}}),
    "foreign-role": ("not of this program", {"schedule": {"target/roleArn": ...}}),
    "any-service": ("may assume", {"role": change_trust(Principal={"Service": "lambda.amazonaws.com"})}),
    "any-principal": ("may assume", {"role": change_trust(Principal={"AWS": "*"})}),
    "any-account": ("may assume", {"role": change_trust(Condition={"StringEquals": GROUP})}),
    "any-group": ("may assume", {"role": change_trust(Condition={"StringEquals": ACCOUNT})}),
    "like-group": ("may assume", {"role": change_trust(Condition={"StringLike": {**ACCOUNT, "aws:SourceArn": "*"}})}),
    "starred-group": ("may assume", {"role": change_trust(Condition={"StringEquals": {**ACCOUNT, "aws:SourceArn": "arn:*"}})}),
    "managed-policy": ("managedPolicyArns", {"role": {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}}),
    "inline-policy": ("inlinePolicies", {"role": {"inlinePolicies": [{"name": "more", "policy": "{}"}]}}),
    "more-rights": ("may do", {"rights": change_rights(Action=["ec2:TerminateInstances", "ec2:RunInstances"])}),
    "every-right": ("may do", {"rights": change_rights(Action="*")}),
    "all-but-some": ("may do", {"rights": {"policy": {"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": ARN}]}}}),
    "every-host": ("may terminate *", {"rights": change_rights(Resource="*")}),
    "hosts-by-pattern": ("may terminate", {"rights": change_rights(Resource=ARN[:-1] + "*")}),
    "another-host": ("may terminate", {"rights": change_rights(Resource=ARN[:-1] + "1")}),
    "unreadable": ("cannot be read", {"rights": {"policy": "no document"}}),
    "keeps-its-disk": ("keep its disk", {"host": {"instanceInitiatedShutdownBehavior": "stop"}}),
    "silent-about-its-end": ("keep its disk", {"host": {"instanceInitiatedShutdownBehavior": ...}}),
    "disk-stays": ("disk stays", {"host": {"rootBlockDevice/deleteOnTermination": False}}),
    "protected": ("disableApiTermination", {"host": {"disableApiTermination": True}}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused(fault: str) -> None:
    words, changes = FAULTS[fault]
    found = find(changes)
    assert any(words in what for _, what in found), found


@pytest.mark.parametrize("fault", ["late", "repeated", "disabled", "flexible", "any-service", "every-host", "keeps-its-disk"])
def test_what_the_program_states_is_refused_before_anything_is_made(fault: str) -> None:
    assert find(FAULTS[fault][1], is_preview=True)


def test_an_ephemeral_host_without_a_schedule_is_refused() -> None:
    graph = Graph(one for one in build().resources if one.name != "schedule")
    assert ["no schedule" in one.what for one in check_stack(graph)] == [True]


def test_a_program_without_an_ephemeral_host_is_not_judged() -> None:
    assert check_stack(Graph(one for one in build().resources if one.name == "other")) == []
