"""A class that the product does not ship, made as docs/guides/add-a-class.md says: one file, and its rows hold by packets in both modes.

The commands run from the guide's own text in a copy of the checkout. The rows are sent from the host of the agent that the guide vends.
`tests/containment/vending/test_classes.py` compares the same rows with `plan`, without a lab.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment.policy.scenario import Scenario
from containment_lab.home import LabHome
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.validation.comparison import FlowComparison, compare_flows
from tests.deployment.lab import Lab
from tests.deployment.test_readme import clean_copy
from tests.deployment.watch import hosts
from tests.support.comparisons import find_differences
from tests.support.guide_steps import Addition
from tests.support.new_class import AGENTS, NAME, STEPS, TABLE, TRACKER, find_end
from tests.support.plans import PREFIX, find_missing_rows

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout in which the guide was followed, with a lab of its own."""

    folder: Path
    lab: Lab

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `containment` of the copy."""
        command = [str(self.folder / ".venv" / "bin" / "containment"), *words]
        return subprocess.run(command, cwd=self.folder, env=self.lab.environment, capture_output=True, text=True, timeout=900, check=False)

    def read_answer(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Return the JSON answer of a command."""
        done = self.run(*words, "--json")
        assert done.returncode == code, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def follow(self) -> None:
        """Follow the guide; fail at the first command that ends otherwise than it says."""
        for step in STEPS:
            if isinstance(step, Addition):
                step.write(self.folder)
                continue
            done = subprocess.run(
                ["sh", "-c", step.words],
                cwd=self.folder,
                env={**self.lab.environment, "PATH": os.environ["PATH"]},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=900,
                check=False,
            )
            code, text = find_end(step.words)
            assert done.returncode == code, f"{step.words} ended with {done.returncode}\n{done.stdout}"
            assert text.lower() in done.stdout.lower(), f"{step.words} does not print {text!r}\n{done.stdout}"

    def compare(self, world: LabNetwork, rows: tuple[Scenario, ...]) -> list[FlowComparison]:
        """Send rows from the agent's host, and compare what arrived and what the gateway logged with the reviewed files."""
        return compare_flows(world, read_stack(world.stack, folder=self.folder, library=load_library(self.folder / "presets")), rows)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with clean_copy() as folder:
        made = Checkout(folder, Lab(tmp_path_factory.mktemp("new-class")))
        try:
            made.follow()
            yield made
        finally:
            made.run("lab", "world", "down")
            made.run("lab", "down")


@pytest.fixture
def world(checkout: Checkout, mode: PolicyMode) -> Iterator[LabNetwork]:
    """Return the network of the stack in a mode, as the host of the guide's agent sees it."""
    stack = f"{NAME}-{mode.value}"
    up = checkout.run("lab", "world", "up", "--stack", stack, "--agent", AGENTS[stack])
    assert up.returncode == 0, up.stderr
    network = LabNetwork(LabHome(checkout.lab.home), stack, AGENTS[stack])
    yield network
    network.take_down()


def find_vended(checkout: Checkout, stack: str) -> str:
    """Return the id of the host that a stack's agent has by its tag."""
    (host,) = hosts(checkout.lab.aws("ec2"), stack)
    assert {"Key": "AgentName", "Value": AGENTS[stack]} in host["Tags"]
    return str(host["InstanceId"])


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
def test_every_permit_and_denial_holds_by_packets_as_plan_shows_it(checkout: Checkout, world: LabNetwork, mode: PolicyMode) -> None:
    assert world.send_command("status")["instance"] == find_vended(checkout, world.stack)
    compared = checkout.compare(world, TABLE.scenarios)
    assert find_differences(compared, TABLE.scenarios, mode) == []
    plan = checkout.read_answer("plan", "--stack", world.stack)
    assert plan["openQuestions"] == []
    assert find_missing_rows(TABLE, plan, mode) == []
    print(f"{world.stack}: {dict(Counter(each.state for each in compared))}")


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
def test_observe_joins_the_log_with_the_rules_of_plan(checkout: Checkout, world: LabNetwork, mode: PolicyMode) -> None:
    rows = tuple(row for row in TABLE.scenarios if row.flow and row.flow.application.value == "tls" and not row.flow.place)
    checkout.compare(world, rows)
    watches = mode is PolicyMode.MONITOR  # what enforce has stopped is no longer a thing that it would deny
    found = checkout.read_answer("observe", f"lab:{world.stack}", "--stack", world.stack, code=10 if watches else 0)
    assert [one["name"] for one in found["agents"]] == [AGENTS[world.stack]]
    assert found["lines"]["gateway-l7"] >= len(rows)
    denied = {(one["name"], one["rule"].removeprefix(PREFIX)) for one in found["wouldBeDenied"] if one["name"]}
    expected = {(row.flow.server_name, row.expect[mode].rule) for row in rows if row.flow and row.expect[mode].verdict.value == "DENY"}
    assert denied >= expected if watches else denied == set()
    never = {one["name"] for one in found["neverUsed"]}
    used = {row.flow.server_name for row in rows if row.flow and not row.flow.address and row.expect[mode].verdict.value == "PERMIT"}
    assert used & never == set()
    assert never, "names that no row sends are found as unused"


@pytest.mark.parametrize("mode", [PolicyMode.ENFORCE], ids=lambda mode: mode.value)
def test_a_permit_whose_name_is_missing_in_the_answers_is_found(checkout: Checkout, world: LabNetwork, mode: PolicyMode) -> None:
    """The planted failure, last in this file: what was answered is deployed, and the row of the tracker is denied."""
    file = checkout.folder / f"Pulumi.{world.stack}.yaml"
    file.write_text(file.read_text().replace(TRACKER, "acme.other-tracker.example"))
    up = checkout.run("lab", "up", "--stack", world.stack, "--skip-preview")
    assert up.returncode == 0, up.stderr
    world.send_command("sync")
    permits = tuple(row for row in TABLE.scenarios if row.expect[mode].verdict.value == "PERMIT")
    (wrong,) = find_differences(checkout.compare(world, permits), permits, mode)
    assert wrong.startswith("incident-tracker: predicted")
    assert find_missing_rows(TABLE, checkout.read_answer("plan", "--stack", world.stack), mode) == ["incident-tracker"]
