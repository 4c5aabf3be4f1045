"""Killed (-9) while it works, the next run finishes the work: nothing is orphaned, nothing is left half done.

The command is killed again and again on one deployment, each time a few steps further, first on the way up and then on the
way down. `KILL_STRIDE=1` tries every single step (minutes); the suite takes larger strides over the same path.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from containment.lab.cloud.inventory import differences
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = pytest.mark.slow

STACK = "coding-monitor"
STRIDE = int(os.environ.get("KILL_STRIDE", "9"))
LATER = (0.0, 0.004, 0.012, 0.03, 0.07)
"""Seconds from a step's end to the kill: between steps, and in the middle of the next ones."""


def state(lab: Lab) -> dict[str, Any]:
    path = lab.home / "stacks" / "agent-containment" / f"{STACK}.json"
    return json.loads(path.read_text())["deployment"] if path.exists() else {"resources": []}


def made(lab: Lab) -> int:
    """How many resources the checkpoint holds."""
    return len(state(lab)["resources"])


def killed(lab: Lab, verb: str, reached: Any, later: float) -> bool:
    """Run a command and kill it `later` seconds after `reached`, so that it is in the middle of something; False when it ended before."""
    more = ["--skip-preview"] if verb == "up" else []
    process = subprocess.Popen(
        lab.command(verb, STACK, *more),
        cwd=REPOSITORY,
        env=lab.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    path = lab.home / "stacks" / "agent-containment" / f"{STACK}.json"
    seen = -1
    while process.poll() is None:
        now = path.stat().st_mtime_ns if path.exists() else 0
        if now != seen:
            seen = now
            if reached():
                time.sleep(later)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                return True
        time.sleep(0.001)
    assert process.returncode == 0, f"{verb} ended with {process.returncode} by itself"
    return False


def orphans(lab: Lab) -> list[str]:
    """Return what carries this stack's tag or stands in its network and is in no checkpoint."""
    known = {str(resource.get("id")) for resource in state(lab)["resources"]}
    ec2 = lab.aws("ec2")
    held = [vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [f"vca-openclaw-{STACK}"]}])["Vpcs"]]
    inside = [{"Name": "vpc-id", "Values": held}] if held else [{"Name": "vpc-id", "Values": ["none"]}]
    instances = [
        i["InstanceId"]
        for r in ec2.describe_instances(Filters=[{"Name": "tag:Role", "Values": ["openclaw-agent-harness"]}])["Reservations"]
        for i in r["Instances"]
        if i["State"]["Name"] != "terminated"
    ]
    endpoints = [e["VpcEndpointId"] for e in ec2.describe_vpc_endpoints(Filters=inside)["VpcEndpoints"] if e["State"] != "deleted"]
    subnets = [s["SubnetId"] for s in ec2.describe_subnets(Filters=inside)["Subnets"]]
    return [thing for thing in (*held, *instances, *endpoints, *subnets) if thing not in known]


def test_killed_on_the_way_up_and_down_the_next_run_finishes(lab: Lab, tmp_path: Path) -> None:
    lab.platform()
    before_aws, before_controller = aws_inventory(lab), controller_inventory(lab)
    kills = 0
    while True:
        floor = made(lab) + STRIDE
        if not killed(lab, "up", lambda: made(lab) >= floor, LATER[kills % len(LATER)]):  # noqa: B023 - called within this turn only
            break
        kills += 1
        assert kills < 200, "the deployment does not get on"
    assert kills >= 3
    assert orphans(lab) == []
    assert set(lab.must("up", STACK).report["changes"]) == {"same"}
    host = [r for r in state(lab)["resources"] if r["type"] == "aws:ec2/instance:Instance"]
    assert len(host) == 1

    down = 0
    while True:
        ceiling = made(lab) - STRIDE
        if not killed(lab, "destroy", lambda: made(lab) <= ceiling, LATER[down % len(LATER)]):  # noqa: B023
            break
        down += 1
        assert down < 200, "the deployment does not go"
    assert down >= 3
    assert differences(before_aws, aws_inventory(lab)) == []
    assert controller_inventory(lab) == before_controller
    print(f"killed {kills} times on the way up, {down} times on the way down")
