"""The lab's cloud ends what is due: by a schedule, and by the timer in a host's user data; and nothing before it is due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from containment.host.first_boot import build_shutdown_command
from containment_lab.cloud import deadlines
from containment_lab.cloud.deadlines import LabClock

DEADLINE = datetime(2030, 1, 31, 18, tzinfo=UTC)
DUE = DEADLINE.timestamp()
CALL = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.setattr(deadlines, "_done", set())
    with mock_aws():
        yield boto3.client("ec2", region_name="us-east-1")


def start(ec2: Any, *, user_data: str = "", behavior: str = "terminate") -> str:
    more = {"UserData": user_data} if user_data else {}
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceInitiatedShutdownBehavior=behavior, **more)
    return str(made["Instances"][0]["InstanceId"])


def schedule(host: str, *, arn: str = CALL, state: str = "ENABLED", expression: str = "at(2030-01-31T18:00:00)") -> None:
    boto3.client("scheduler", region_name="us-east-1").create_schedule(
        Name="end",
        ScheduleExpression=expression,
        State=state,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": "arn:aws:iam::123456789012:role/end", "Input": json.dumps({"InstanceIds": [host]})},
    )


def get_state(ec2: Any, host: str) -> str:
    return str(ec2.describe_instances(InstanceIds=[host])["Reservations"][0]["Instances"][0]["State"]["Name"])


def test_a_schedule_ends_its_host_when_it_is_due(ec2: Any) -> None:
    host, other = start(ec2), start(ec2)
    schedule(host)
    assert deadlines.end_overdue(DUE - 1) == []
    assert get_state(ec2, host) == "running"
    assert [host in line for line in deadlines.end_overdue(DUE)] == [True]
    assert (get_state(ec2, host), get_state(ec2, other)) == ("terminated", "running")
    assert deadlines.end_overdue(DUE + 60) == []


@pytest.mark.parametrize(
    "changes",
    [{"state": "DISABLED"}, {"arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances"}, {"expression": "rate(1 hour)"}],
)
def test_any_other_schedule_ends_nothing(ec2: Any, changes: dict[str, str]) -> None:
    host = start(ec2)
    schedule(host, **changes)
    assert deadlines.end_overdue(DUE + 60) == []
    assert get_state(ec2, host) == "running"


@pytest.mark.parametrize(("behavior", "state"), [("terminate", "terminated"), ("stop", "stopped")])
def test_a_host_without_a_schedule_ends_by_its_own_timer(ec2: Any, behavior: str, state: str) -> None:
    text = "#cloud-config\n" + json.dumps({"bootcmd": [build_shutdown_command(DEADLINE)]})
    host, other = start(ec2, user_data=text, behavior=behavior), start(ec2, user_data="#cloud-config\n{}")
    assert deadlines.end_overdue(DUE - 1) == []
    deadlines.end_overdue(DUE)
    assert (get_state(ec2, host), get_state(ec2, other)) == (state, "running")


def test_a_clock_that_is_ahead_reads_later() -> None:
    assert LabClock(3600).read() - LabClock().read() > 3599
