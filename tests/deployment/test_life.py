"""A deployment's whole life by the commands people type: up, again, destroy, down. Nothing is left but what is kept on purpose."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import psutil
import pytest

from containment.analysis import Change
from containment.analysis import find_differences as policy_differences
from containment.analysis.alignment import make_comparable
from containment.analysis.proofs import ProofStatus, prove
from containment.exit_code import Exit
from containment.loaders.stack_file import read_stack
from containment.queries.check import check
from containment.queries.subject.state_policy import read_state_subject
from containment.queries.subject.subjects import build_subject
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import REPOSITORY, Lab
from tests.support.cloud_inventory import find_differences

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KEPT = {"dcf": True, "default_action": {"action": "DENY", "logging": True}}
"""What destroy leaves on the Controller on purpose: taking it away would open every other network on it."""


def make(lab: Lab, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["make", "-s", *arguments], capture_output=True, text=True, env=lab.environment, cwd=REPOSITORY, timeout=800)
    assert done.returncode == 0, f"make {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def started(lab: Lab) -> list[psutil.Process]:
    record: dict[str, dict[str, Any]] = json.loads((lab.home / "simulators.json").read_text())
    return [psutil.Process(entry["pid"]) for entry in record.values()]


def assert_state_is_policy(lab: Lab, stack: str) -> None:
    """What a lab exports answers questions as the stack file does: the same flows, every statement proved, no violation."""
    path = lab.home / f"{stack}-exported.json"
    path.write_text(lab.export(stack))
    stated, asked = make_comparable(read_state_subject(path), build_subject(read_stack(stack, {}, REPOSITORY)))
    assert [
        one.change for one in policy_differences(stated.ruleset, asked.ruleset, asked.agents) if one.change is not Change.RELABELLED
    ] == []
    assert {proof.verdict for proof in prove(read_state_subject(path))} <= {ProofStatus.PROVED, ProofStatus.SKIPPED}
    assert check([path]).exit is Exit.OK


@pytest.mark.long
def test_up_again_with_another_stack_destroy_and_down_leave_only_what_is_kept(lab: Lab) -> None:
    Lab(lab.home, cold=True).start()
    before_aws, before_controller = aws_inventory(lab), controller_inventory(lab)

    said = make(lab, "up").stdout
    assert "coding-monitor is up" in said
    held = aws_inventory(lab)
    assert held != before_aws
    assert controller_inventory(lab)["gateways"]

    assert_state_is_policy(lab, "coding-monitor")

    again = [lab.platform().report["changes"], lab.must("up", "coding-monitor").report["changes"]]
    assert aws_inventory(lab) == held, "a second up changed something"
    created = re.findall(r"^\S+ is up: (\d+) created", said, re.M)
    assert [{"same": int(each)} for each in created] == again
    assert len(again) == 2

    lab.must("up", "locked-down-enforce", "--skip-preview")
    assert "platform stays" in make(lab, "destroy").stdout
    assert controller_inventory(lab)["groups"]

    make(lab, "destroy", "STACK=locked-down-enforce")
    assert find_differences(before_aws, aws_inventory(lab)) == []
    after = controller_inventory(lab)
    assert {key: after.pop(key) for key in KEPT} == KEPT
    assert after == {key: value for key, value in before_controller.items() if key not in KEPT}

    processes = started(lab)
    assert len(processes) == 3
    make(lab, "down")
    assert [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
