"""What a killed run was creating in the lab's own cloud is not orphaned, whichever command comes next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kit import environment

from containment.cli.lab.deployment import build_document
from containment.exit_code import Exit
from containment_lab import simulators
from containment_lab.engine.report import Report
from containment_lab.engine.session import Session
from containment_lab.home import LabHome
from containment_lab.testing import cloud_faults as faults
from tests.support.cloud_inventory import Things, find_differences, read_inventory

pytestmark = [pytest.mark.long, pytest.mark.slow]
PROGRAM = """
import json, os, pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, kind, name, **inputs):
        super().__init__(kind, name, inputs)

trust = {"Version": "2012-10-17", "Statement": [
    {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
net = Thing("aws:ec2/vpc:Vpc", "net", cidrBlock="10.9.0.0/16")
if "ONLY_THE_NETWORK" not in os.environ:
    Thing("aws:ec2/subnet:Subnet", "subnet", vpcId=net.id, cidrBlock="10.9.1.0/24")
    Thing("aws:iam/role:Role", "role", assumeRolePolicy=json.dumps(trust))
"""
CALLS = {"CreateVpc": "net", "CreateSubnet": "subnet", "CreateRole": "role"}


@dataclass(frozen=True)
class Stack:
    """A program in a folder of its own, on a lab home shared by the tests here."""

    home: LabHome
    folder: Path
    before: Things

    @property
    def deployment(self) -> dict[str, Any]:
        path = self.home.get_stack_file("leftovers", self.folder.name)
        return json.loads(path.read_text())["deployment"] if path.exists() else {}

    def pending(self) -> list[str]:
        return [each["resource"]["urn"].rpartition("::")[2] for each in self.deployment.get("pending_operations", [])]

    def run(self, verb: str, **env: str) -> dict[str, Any]:
        with environment({"CONTAINMENT_LAB_HOME": str(self.home.root), **env}):
            session = Session(self.folder, self.folder.name, lambda preview: Report(preview, lambda *_: None, lambda _: None))
            report = session.up(True) if verb == "up" else getattr(session, verb)()
        assert not report.exit, report.diagnostics
        return build_document(report)

    def start(self, verb: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-m",
            "containment.cli.lab.deployment",
            verb,
            "-C",
            str(self.folder),
            "--stack",
            self.folder.name,
            "--skip-preview",
        ]
        env = {**os.environ, "CONTAINMENT_LAB_HOME": str(self.home.root)}
        return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def kill_while_creating(self, call: str, after: bool, delay: float = 2) -> None:
        """Kill -9 an `up` while the cloud takes its time over `call`, before or after it has taken effect."""
        faults.inject(self.home, match=call, delay=delay, after=after)
        with self.start("up") as engine:
            while faults.find_pending(self.home):
                assert engine.poll() is None, engine.stderr and engine.stderr.read()
                time.sleep(0.01)
            engine.kill()
        assert CALLS[call] in self.pending()

    def left(self) -> list[str]:
        return find_differences(self.before, read_inventory(self.home))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHome]:
    found = LabHome(tmp_path_factory.mktemp("home"))
    try:
        assert simulators.attach(found, "aws")
        yield found
    finally:
        simulators.stop_simulators(found)


@pytest.fixture
def stack(home: LabHome, tmp_path: Path) -> Stack:
    (tmp_path / "Pulumi.yaml").write_text("name: leftovers\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return Stack(home, tmp_path, read_inventory(home))


@pytest.mark.parametrize("after", [False, True], ids=["before-it-took-effect", "after-it-took-effect"])
@pytest.mark.parametrize("call", CALLS)
def test_destroy_after_a_killed_up_leaves_nothing(stack: Stack, call: str, after: bool) -> None:
    stack.kill_while_creating(call, after)
    stack.run("destroy")
    assert stack.left() == []
    assert stack.pending() == []
    assert stack.deployment["resources"] == []


def test_an_up_that_no_longer_wants_it_leaves_nothing_of_it(stack: Stack) -> None:
    stack.kill_while_creating("CreateSubnet", after=True)
    stack.run("up", ONLY_THE_NETWORK="1")
    assert stack.pending() == []
    assert [line.split(":")[0] for line in stack.left() if "subnets" in line or "roles" in line] == []
    stack.run("destroy")
    assert stack.left() == []


@pytest.mark.parametrize("verb", ["up", "refresh"])
def test_the_next_run_settles_what_was_pending(stack: Stack, verb: str) -> None:
    stack.kill_while_creating("CreateRole", after=True)
    told = stack.run(verb)
    assert any("interrupted create" in each["message"] and each["urn"].endswith("::role") for each in told["diagnostics"])
    assert stack.pending() == []
    roles = [line for line in stack.left() if line.startswith("+ iam.roles")]
    assert len(roles) == (1 if verb == "up" else 0)
    assert set(stack.run("up")["changes"]) <= {"same", "create"}
    assert len([line for line in stack.left() if line.startswith("+ iam.roles")]) == 1
    stack.run("destroy")
    assert stack.left() == []


def test_what_is_deployed_is_not_taken_for_a_leftover(stack: Stack) -> None:
    stack.run("up")
    path = stack.home.get_stack_file("leftovers", stack.folder.name)
    whole = json.loads(path.read_text())
    role = next(each for each in whole["deployment"]["resources"] if each["urn"].endswith("::role"))
    pending = {"resource": {key: value for key, value in role.items() if key not in ("id", "outputs")}, "type": "creating"}
    path.write_text(json.dumps({**whole, "deployment": {**whole["deployment"], "pending_operations": [pending]}}))
    assert stack.run("up")["changes"] == {"same": 4}
    assert stack.pending() == []
    assert len([line for line in stack.left() if line.startswith("+ iam.roles")]) == 1
    stack.run("destroy")
    assert stack.left() == []


def test_a_destroy_interrupted_while_it_waits_for_a_create_can_be_repeated(stack: Stack) -> None:
    stack.kill_while_creating("CreateRole", after=False, delay=6)
    with stack.start("destroy") as engine:
        assert engine.stderr is not None
        assert any("interrupted create" in line for line in engine.stderr)
        engine.send_signal(signal.SIGINT)
        said = engine.stderr.read()
        assert engine.wait(10) == Exit.INTERRUPTED
    assert "Traceback" not in said
    assert said.count("error: ") == 1
    assert "role" in stack.pending()
    stack.run("destroy")
    assert (stack.left(), stack.pending()) == ([], [])
