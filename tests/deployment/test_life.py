"""A deployment's whole life by the commands people type: up, again, destroy, down. Nothing is left but what is kept on purpose."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import psutil
import pytest

from containment.lab.cloud.inventory import differences
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = pytest.mark.slow

KEPT = {"dcf": True, "default_action": {"action": "DENY", "logging": True}}
"""What destroy leaves on the Controller on purpose: taking it away would open every other network on it."""


def make(lab: Lab, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["make", "-s", *arguments], capture_output=True, text=True, env=lab.environment, cwd=REPOSITORY, timeout=400)
    assert done.returncode == 0, f"make {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def started(lab: Lab) -> list[psutil.Process]:
    record: dict[str, dict[str, Any]] = json.loads((lab.home / "simulators.json").read_text())
    return [psutil.Process(entry["pid"]) for entry in record.values()]


def test_up_again_beside_another_stack_destroy_and_down_leave_only_what_is_kept(lab: Lab) -> None:
    lab.start()
    before_aws, before_controller = aws_inventory(lab), controller_inventory(lab)

    said = make(lab, "up").stdout
    assert "coding-monitor is up" in said
    held = aws_inventory(lab)
    assert held != before_aws
    assert controller_inventory(lab)["gateways"]

    again = make(lab, "up").stdout
    assert aws_inventory(lab) == held, "a second up changed something"
    assert re.findall(r"^Resources: (.*)$", again, re.M) == [
        f"{count} unchanged" for count in re.findall(r"^Resources: .*?(\d+) create", said, re.M)
    ]

    lab.must("up", "locked-down-enforce", "--skip-preview")
    assert "platform stays" in make(lab, "destroy").stdout
    assert controller_inventory(lab)["groups"]

    make(lab, "destroy", "STACK=locked-down-enforce")
    assert differences(before_aws, aws_inventory(lab)) == []
    after = controller_inventory(lab)
    assert {key: after.pop(key) for key in KEPT} == KEPT
    assert after == {key: value for key, value in before_controller.items() if key not in KEPT}

    processes = started(lab)
    assert len(processes) == 3
    make(lab, "down")
    assert [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
