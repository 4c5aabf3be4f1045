"""A stack that the simulators have forgotten is noticed by every command: what builds builds it again, what looks says so in one error."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment_lab import simulators
from containment_lab.cloud.clients import get_client
from containment_lab.engine.report import Report
from containment_lab.engine.session import Session
from containment_lab.errors import Exit
from containment_lab.generation import Generations
from containment_lab.home import LabHome, write_whole
from containment_lab.network.deployed_host import call_controller

REPOSITORY = Path(__file__).parents[2]
APP = build()
CIDR = "10.9.0.0/16"
PROGRAM = f"""
import pulumi, pulumi_aviatrix as aviatrix

class Network(pulumi.CustomResource):
    def __init__(self):
        super().__init__("aws:ec2/vpc:Vpc", "net", {{"cidrBlock": "{CIDR}"}})

Network()
aviatrix.SmartGroup(
    "group", name="forgotten", selector=aviatrix.SmartGroupSelectorArgs(
        match_expressions=[aviatrix.SmartGroupSelectorMatchExpressionArgs(cidr="{CIDR}")])
)
"""
RESTARTED = "was restarted and has forgotten this stack"
FRESH = Generations("one", "two")


@pytest.mark.parametrize(
    ("recorded", "now", "packages", "lost"),
    [
        (FRESH, FRESH, {"aws", "aviatrix"}, []),
        (FRESH, Generations("three", "two"), {"aws", "aviatrix"}, ["cloud"]),
        (FRESH, Generations("", "two"), {"aws"}, ["cloud"]),
        (FRESH, Generations("three", "two"), {"aviatrix"}, []),
        (FRESH, Generations("one", "four"), {"aviatrix", "aws"}, ["controller"]),
        (FRESH, Generations("three", "four"), {"aviatrix", "aws"}, ["cloud", "controller"]),
        (Generations(), FRESH, {"aws"}, ["cloud"]),
        (Generations(), FRESH, {"kit"}, []),
    ],
)
def test_only_the_simulators_that_a_stack_is_in_can_forget_it(
    recorded: Generations, now: Generations, packages: set[str], lost: list[str]
) -> None:
    assert recorded.find_lost(now, packages) == lost


@pytest.mark.parametrize("words", [["verify"], ["run", "true"], ["report"], ["world", "up"]], ids=" ".join)
def test_what_looks_at_a_forgotten_stack_ends_with_one_error_and_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path))
    monkeypatch.chdir(REPOSITORY)
    for module in ("network", "report"):
        monkeypatch.setattr(f"containment.cli.lab.{module}.list_missing", list)
    home = LabHome.find()
    provider = {"urn": "urn:pulumi:dev::p::pulumi:providers:aws::default", "type": "pulumi:providers:aws", "custom": True, "id": "1"}
    checkpoint = {"version": 3, "deployment": {"resources": [provider]}, "lab": {"cloud": "gone"}}
    write_whole(home.get_stack_file("agent-containment", "dev"), json.dumps(checkpoint))
    done = CliRunner().invoke(APP, ["lab", *words, "--stack", "dev"])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == Exit.ERROR
    assert done.stderr == (
        "error: the simulated cloud was stopped and has forgotten stack 'dev'\n"
        "    why: its checkpoint names resources that do not exist\n"
        "    fix: build it again: containment lab up --stack dev\n"
    )
    assert not (home.root / "simulators.json").exists(), "a look starts nothing for what is lost"


@dataclass
class Stack:
    """A small stack on a lab of its own, run in this process."""

    home: LabHome
    folder: Path
    talk: list[str] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.home.get_stack_file("forgotten", "dev")

    def run(self, verb: str) -> dict[str, int]:
        """Run a command that is expected to succeed; returns what it changed. `talk` is what it said."""
        self.talk.clear()
        with mock.patch.dict(os.environ, {"CONTAINMENT_LAB_HOME": str(self.home.root)}):
            session = Session(self.folder, "dev", lambda preview: Report(preview, lambda *_: None, self.talk.append))
            report = session.up(True) if verb == "up" else getattr(session, verb)()
        assert not report.exit, report.diagnostics
        return {str(op): count for op, count in report.changes.items()}

    def kill(self, name: str) -> None:
        pid = next(each.pid for each in simulators.read_status(self.home) if each.name == name)
        assert pid
        os.kill(pid, signal.SIGKILL)
        while simulators.read_generation(self.home, name):
            time.sleep(0.01)

    def notices(self) -> list[str]:
        return [line for line in self.talk if RESTARTED in line]

    def networks(self) -> list[str]:
        found = get_client(self.home, "ec2").describe_vpcs()["Vpcs"]
        return [each["VpcId"] for each in found if each["CidrBlock"] == CIDR]

    def groups(self) -> list[Any]:
        return [each for each in call_controller(self.home, "inventory")["app_domains"].values() if each["name"] == "forgotten"]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: forgotten\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    found = Stack(LabHome(tmp_path / "home"), folder)
    yield found
    simulators.stop_simulators(found.home)


@pytest.mark.long
@pytest.mark.slow
def test_each_half_that_ends_alone_or_with_the_other_is_noticed_and_the_stack_is_whole_again(stack: Stack) -> None:
    assert stack.run("up")["create"] == 3
    kept = json.loads(stack.file.read_text())
    assert kept.keys() == {"version", "deployment", "lab"}
    assert set(kept["lab"]) == {"cloud", "controller"}

    stack.kill("controller")
    assert set(stack.run("up")) == {"same"}, "a Controller that was killed has everything still"
    assert stack.notices() == []

    stack.kill("cloud")
    before = stack.file.read_bytes()
    assert stack.run("preview") == {"create": 1, "same": 2}
    assert stack.notices() == [f"the simulated cloud {RESTARTED}: refreshing, then building it again"]
    assert stack.file.read_bytes() == before, "a preview changes nothing"
    assert stack.run("up") == {"create": 1, "same": 2}
    assert len(stack.notices()) == 1
    assert len(stack.networks()) == len(stack.groups()) == 1
    assert set(stack.run("up")) == {"same"}
    assert stack.notices() == []

    simulators.stop_simulators(stack.home)
    (stack.home.root / "controller-state.json").unlink()
    assert stack.run("refresh") == {"delete": 1, "same": 1}
    assert stack.talk[0] == (
        "the simulated cloud and Controller were restarted and have forgotten this stack: deleted resources leave the checkpoint"
    )
    assert stack.run("up") == {"create": 2, "same": 1}
    assert stack.notices() == []

    simulators.stop_simulators(stack.home)
    assert stack.run("destroy")["delete"] == 2
    assert stack.notices() == [f"the simulated cloud {RESTARTED}: refreshing, then deleting what is left"]
    assert stack.networks() == stack.groups() == []
    assert json.loads(stack.file.read_text())["deployment"]["resources"] == []


@pytest.mark.long
@pytest.mark.slow
def test_a_checkpoint_without_a_record_is_read_anew_once(stack: Stack) -> None:
    stack.run("up")
    kept = json.loads(stack.file.read_text())
    del kept["lab"]
    write_whole(stack.file, json.dumps(kept))
    assert set(stack.run("up")) == {"same"}
    assert any("does not record" in line for line in stack.talk)
    assert set(stack.run("up")) == {"same"}
    assert not any("does not record" in line for line in stack.talk)
