"""Killed at any step, no ephemeral host outlives its deadline: it carries its end from its first moment, and a schedule is the second.

One deployment is killed as soon as its host exists, before its schedule does; the next `up` completes it, and after the deadline the host
is gone and is not made again.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.lab import REPOSITORY, Lab
from tests.real_engine.driver import copy_programs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STACK = "coding-site1"
HOURS = 2


def find_hosts(lab: Lab) -> dict[str, str]:
    """Return the states of the agent's hosts by instance."""
    found = lab.aws("ec2").describe_instances(Filters=[{"Name": "tag:AgentName", "Values": ["invoice-reader"]}])
    return {one["InstanceId"]: one["State"]["Name"] for page in found["Reservations"] for one in page["Instances"]}


def list_schedules(lab: Lab) -> list[str]:
    return [one["Name"] for one in lab.aws("scheduler").list_schedules()["Schedules"]]


def set_clock_ahead(lab: Lab, seconds: float) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{lab.ports['aws']}/lab/clock?ahead={seconds}", timeout=20) as answer:
        json.loads(answer.read())


def kill_when_the_host_exists(lab: Lab, folder: Path) -> None:
    """Bring the stack up and kill every process of the command at the first look that finds the host."""
    words = [sys.executable, "-m", "containment", "lab", "up", "-C", str(folder), "--stack", STACK, "--skip-preview"]
    process = subprocess.Popen(
        words, env=lab.environment, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        until = time.monotonic() + 400
        while not find_hosts(lab):
            assert process.poll() is None, "the command ended before its host existed"
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_no_host_outlives_its_deadline_whenever_the_deployment_is_killed(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    copy_programs(folder, {STACK: ("coding-enforce", "10.77.0.0/16")})
    (folder / "agents").mkdir(exist_ok=True)
    file = folder / "agents/invoice-reader.yaml"

    def write(hours: float) -> None:
        deadline = datetime.now(UTC) + timedelta(hours=hours)
        content: dict[str, Any] = {
            "stack": STACK,
            "owner": {"business": "finance-team", "securityApprover": "security-team", "dataSteward": "data-office"},
            "purpose": "Reads invoices",
            "dataClassification": "internal",
            "until": "2099-12-31",
            "ephemeral": True,
            "deadline": f"{deadline:%Y-%m-%dT%H:%M:00Z}",
        }
        file.write_text(json.dumps(content))

    write(HOURS)
    more = ["--config", f"extraStacks={json.dumps([STACK])}"]
    lab.must("up", "platform", "--skip-preview", *more, folder=folder / "platform")
    kill_when_the_host_exists(lab, folder)
    assert set(find_hosts(lab).values()) == {"running"}
    has_schedule = bool(list_schedules(lab))
    set_clock_ahead(lab, HOURS * 3600)
    assert set(find_hosts(lab).values()) == {"terminated"}, f"with a schedule: {has_schedule}"

    write(2 * HOURS)  # a new deadline for a new task
    lab.must("up", STACK, folder=folder)
    running = [one for one, state in find_hosts(lab).items() if state == "running"]
    assert len(running) == 1
    assert len(list_schedules(lab)) == 1
    (host,) = running
    target = lab.aws("scheduler").get_schedule(Name=list_schedules(lab)[0])["Target"]
    assert json.loads(target["Input"]) == {"InstanceIds": [host]}
    set_clock_ahead(lab, 2 * HOURS * 3600)
    assert find_hosts(lab)[host] == "terminated"
    write(-HOURS)
    lab.must("up", STACK, "--skip-preview", folder=folder)
    assert list_schedules(lab) == []
    assert set(find_hosts(lab).values()) == {"terminated"}
