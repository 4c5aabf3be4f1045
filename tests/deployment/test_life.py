"""A deployment's whole life by the commands people type: up, again, destroy, down. Nothing is left but what is kept on purpose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import psutil
import pytest

from containment.lab.cloud.inventory import differences
from containment.model.reach import Change
from containment.model.reach import differences as policy_differences
from containment.model.reach.aligned import aligned
from containment.model.reach.proofs import Verdict, prove
from containment.stack_file import read_stack
from containment.verify.answers import Exit
from containment.verify.ask.check import check
from containment.verify.state_policy import subject_of_state
from containment.verify.subjects import subject_of_spec
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


def assert_state_is_policy(lab: Lab, stack: str) -> None:
    """What a lab exports answers questions as the stack file does: the same flows, every statement proved, no violation."""
    path = lab.home / f"{stack}-exported.json"
    command = [sys.executable, "-m", "containment", "lab", "export", "--stack", stack]
    path.write_text(subprocess.run(command, capture_output=True, text=True, env=lab.environment, cwd=REPOSITORY, check=True).stdout)
    stated, asked = aligned(subject_of_state(path), subject_of_spec(read_stack(stack, {}, REPOSITORY)))
    assert [
        one.change for one in policy_differences(stated.ruleset, asked.ruleset, asked.agents) if one.change is not Change.RELABELLED
    ] == []
    assert {proof.verdict for proof in prove(subject_of_state(path))} <= {Verdict.PROVED, Verdict.SKIPPED}
    assert check([path]).exit is Exit.OK


def test_up_again_beside_another_stack_destroy_and_down_leave_only_what_is_kept(lab: Lab) -> None:
    lab.start()
    before_aws, before_controller = aws_inventory(lab), controller_inventory(lab)

    said = make(lab, "up").stdout
    assert "coding-monitor is up" in said
    held = aws_inventory(lab)
    assert held != before_aws
    assert controller_inventory(lab)["gateways"]

    assert_state_is_policy(lab, "coding-monitor")

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
