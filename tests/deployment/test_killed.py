"""Killed (-9) at any step of `up` and `destroy`, the next run finishes the work: nothing is orphaned, nothing is left half done.

A step is one resource made or deleted, and it is killed at its moments: `begun` (the provider has the call and has done nothing yet),
`made` (it took effect, the answer is not out), `answered` (the engine knows, the checkpoint does not), `written` (the step is over, the
next has not begun). Components and provider resources have no call: they are killed at the last two. The steps are those that a preview
and the checkpoint name, whatever the program is made of. One deployment is killed again and again, each time at the next moment: the
provider's gate lets one call go on at a time. `KILL_STRIDE=1` tries every moment of every step; the suite every
151st. With KILL_FIRST several runs share them: KILL_STRIDE=3 with 0, 1 and 2 is every moment as well.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.testing import pause as gate
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import REPOSITORY, Lab
from tests.support import warm
from tests.support.cloud_inventory import find_differences

STACK = "coding-monitor"
STRIDE = int(os.environ.get("KILL_STRIDE", "151"))
FIRST = int(os.environ.get("KILL_FIRST", "0"))
IN_THE_CALL: tuple[gate.Moment, ...] = ("begun", "made")
IN_THE_ENGINE = ("answered", "written")
STUCK_SECONDS = 90
MORE_DEPLOYMENTS = 2
"""How many more there may be for moments that did not come."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 if STRIDE > 10 else 7200)]

Moments = dict[str, list[str]]
"""The moments to kill at, by URN."""


def moments(resources: list[dict[str, Any]]) -> Moments:
    """Return every moment of every resource (steps of a preview, or entries of a checkpoint); a provider names who is called for it."""
    return {each["urn"]: [*(IN_THE_CALL if each.get("provider") else ()), *IN_THE_ENGINE] for each in resources}


def every(stride: int, found: Moments) -> Moments:
    """Return each `stride`-th moment."""
    flat = [(urn, moment) for urn, each in found.items() for moment in each][FIRST::stride]
    return {urn: [moment for each, moment in flat if each == urn] for urn, _ in flat}


def state(lab: Lab) -> list[dict[str, Any]]:
    path = lab.home / "stacks" / "agent-containment" / f"{STACK}.json"
    return json.loads(path.read_text())["deployment"].get("resources", []) if path.exists() else []


class Killer:
    """Kills one command again and again until nothing of `left` is ahead of it."""

    def __init__(self, lab: Lab, verb: str, left: Moments) -> None:
        self.lab, self.verb, self.left = lab, verb, {urn: list(each) for urn, each in left.items()}
        self.home, self.doom = LabHome(lab.home), lab.home / "doom.json"
        self.method = "Create" if verb == "up" else "Delete"
        self.target, self.through = "", set[str]()
        self.hits: list[tuple[str, str]] = []

    def until_it_ends(self) -> None:
        """Run the command until it ends by itself, which must be well."""
        self.target, self.through = "", set()
        while not self._run():
            pass

    def _run(self) -> bool:
        """Run the command once; False when it was killed."""
        told = {moment: [urn for urn, each in self.left.items() if moment in each] for moment in IN_THE_ENGINE}
        self.doom.write_text(json.dumps(told))
        self.doom.with_suffix(".log").unlink(missing_ok=True)
        self._set_gate()
        more = ["--skip-preview"] if self.verb == "up" else []
        command = [str(Path(__file__).with_name("doomed.py")), *self.lab.words(self.verb, STACK, *more)[1:]]
        env = self.lab.environment | {"DOOM": str(self.doom)}
        with (self.lab.home / "killed.log").open("w") as talk:
            process = warm.start(command, REPOSITORY, env, talk, talk)
            try:
                killed = self._watch(process)
            finally:
                process.kill()
                process.wait()
        if killed is None:
            assert process.returncode == 0, (self.lab.home / "killed.log").read_text()[-3000:]
            return True
        self.hits.append(killed)
        self.left[killed[0]].remove(killed[1])
        self._calm_down()
        return False

    def _watch(self, process: warm.Fork) -> tuple[str, str] | None:
        """Let one call at a time go on; returns what the command died of, None when it ended by itself."""
        over = time.monotonic() + STUCK_SECONDS
        while process.poll() is None:
            assert time.monotonic() < over, f"{self.target} does not get on: {gate.configure_gate(self.home)}\n{self._said()}"
            seen = gate.configure_gate(self.home)
            if seen["held"]:
                moment = self._moment()
                assert seen["held"] == [self.target]
                assert moment
                process.kill()
                process.wait()
                return self.target, moment
            if seen["waiting"] and not self.left.get(self.target):
                self.through |= {self.target, *(urn for urn in seen["waiting"] if not self.left.get(urn))}
                self.target = next((urn for urn in seen["waiting"] if urn not in self.through), "")
                self._set_gate()
            time.sleep(0.03)
        log = self.doom.with_suffix(".log")
        return tuple(json.loads(log.read_text())) if log.exists() else None  # type: ignore[return-value]

    def _moment(self) -> gate.Moment | None:
        return next((moment for moment in IN_THE_CALL if moment in self.left.get(self.target, ())), None)

    def _set_gate(self) -> None:
        gate.configure_gate(
            self.home, gate.GateSetting(method=self.method, through=self.through, target=self.target, moment=self._moment())
        )  # type: ignore[arg-type]

    def _calm_down(self) -> None:
        """Let the killed run's call go to its end, as it would, and its waiting calls go."""
        over = time.monotonic() + STUCK_SECONDS
        while (seen := gate.configure_gate(self.home, gate.GateSetting()))["under_way"] or seen["waiting"]:
            assert time.monotonic() < over, seen
            time.sleep(0.03)

    def _said(self) -> str:
        return (self.lab.home / "killed.log").read_text()[-2000:]


def orphans(lab: Lab) -> list[str]:
    """Return what carries this stack's tag or stands in its network and is in no checkpoint."""
    known = {str(resource.get("id")) for resource in state(lab)}
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


def kill(lab: Lab, verb: str, found: Moments) -> None:
    """Kill a command at each STRIDE-th moment, and say how many were hit."""
    wanted = every(STRIDE, found)
    killer = Killer(lab, verb, wanted)
    began = time.monotonic()
    try:
        killer.until_it_ends()
        for _ in range(MORE_DEPLOYMENTS):
            if any(killer.left.values()):  # a component's, whose write went by in the instant that a call was killed
                lab.must("destroy" if verb == "up" else "up", STACK)
                killer.until_it_ends()
    finally:
        gate.configure_gate(killer.home, gate.GateSetting())
        total, chosen = (sum(map(len, each.values())) for each in (found, wanted))
        print(
            f"{verb}: killed at {len(killer.hits)} of {chosen} chosen moments ({total} in all, of {len(found)} resources), "
            f"{len({urn for urn, _ in killer.hits})} resources, {time.monotonic() - began:.0f} s"
        )
    assert {urn: left for urn, left in killer.left.items() if left} == {}


@pytest.mark.long
def test_killed_at_its_steps_on_the_way_up_and_down_the_next_run_finishes(lab: Lab) -> None:
    lab.platform()
    before_aws, before_controller = aws_inventory(lab), controller_inventory(lab)
    planned = [step for step in lab.must("preview", STACK).report["steps"] if step["op"] == "create"]
    assert len(planned) > 40
    kill(lab, "up", moments(planned))
    assert {each["urn"] for each in planned} == {each["urn"] for each in state(lab)}
    assert orphans(lab) == []
    assert set(lab.must("up", STACK, "--skip-preview").report["changes"]) == {"same"}

    kill(lab, "destroy", moments(state(lab)))
    assert state(lab) == []
    assert find_differences(before_aws, aws_inventory(lab)) == []
    assert controller_inventory(lab) == before_controller
