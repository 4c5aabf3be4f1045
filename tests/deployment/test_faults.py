"""A call to the Controller or to the cloud fails: the next run converges, nothing is orphaned, and no host stands without its policy.

Which calls there are is recorded on a first deployment: those that each resource's create and delete make (the Controller's own, in the
account, among them), and those that a run makes which changes nothing. Then each is failed: before it took effect, and, when it changes
something, after it took effect. One deployment goes on and on: the provider's gate lets one resource at a time go on, with a fault armed
for its next call, and every run fails some of the resources that it reaches. After each run nothing may be there twice and the host may
not be there without its ruleset; where a resource comes through, its session ends at one of its calls to the Controller, which must not
show. At the end everything is as on the first deployment, and after `destroy` as before. `FAULT_STRIDE=1` fails every call; the suite
every 311th. With FAULT_FIRST several runs share them: FAULT_STRIDE=3 with 0, 1 and 2 is every call as well.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.testing import cloud_faults as cloud
from containment_lab.testing import controller_faults as controller
from containment_lab.testing import pause as gate
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import REPOSITORY, Lab
from tests.support import warm
from tests.support.cloud_inventory import find_differences

STACK = "coding-monitor"
STRIDE = int(os.environ.get("FAULT_STRIDE", "311"))
FIRST = int(os.environ.get("FAULT_FIRST", "0"))
STUCK_SECONDS = 120
TRIES, PASSES = 2, 40
"""How often a call is waited for that does not come, and how many deployments there may be for one command's calls."""
QUIET = {"poll_seconds": 100_000.0, "gateway_seconds": 0.0}
"""The Controller looks after routes when something changes, not in between: no call comes by itself."""

NO_SESSION = ("get_api_token", "login")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 if STRIDE > 10 else 9000)]


@dataclass(frozen=True)
class Fault:
    """One call that fails: the `number`-th of this name (from 0) that the work on `urn` makes ("": a run's own)."""

    urn: str
    where: str
    name: str
    number: int
    after: bool

    def arm(self, plane: Plane) -> None:
        told = {"match": self.name, "skip": self.number, "reason": "the test failed this call", "after": self.after}
        if self.where == "cloud":
            cloud.inject(plane.home, **told)
        else:
            plane.ask("POST", "/lab/faults", **told)


@dataclass
class Plane:
    """The simulators of a lab, as far as faults go."""

    lab: Lab
    home: LabHome = field(init=False)

    def __post_init__(self) -> None:
        self.home = LabHome(self.lab.home)
        self._trust = ssl.create_default_context(cafile=str(self.home.controller_ca))

    def ask(self, method: str, path: str, **body: Any) -> Any:
        url = f"https://127.0.0.1:{self.home.get_ports().controller}{path}"
        request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, context=self._trust, timeout=30) as answer:
            return json.load(answer)

    def calls(self) -> dict[str, list[str]]:
        """Return the calls made since the last time."""
        return {"cloud": cloud.take_calls(self.home), "controller": self.ask("DELETE", "/lab/calls")["calls"]}

    def clear(self) -> bool:
        """Forget the fault that is armed; True when it had struck."""
        waiting = [*cloud.find_pending(self.home), *self.ask("GET", "/lab/faults")["faults"]]
        cloud.clear(self.home)
        self.ask("DELETE", "/lab/faults")
        return not waiting


SHARED = ("GetCallerIdentity",)
"""Calls whose answer is kept for all resources: whichever resource comes first makes them, and that differs from run to run."""


def failing(urn: str, calls: dict[str, list[str]]) -> list[Fault]:
    """Return how each call can fail. Asking again and again about one task is one call."""
    found = []
    for where, names in calls.items():
        looks = cloud.is_read if where == "cloud" else controller.is_read
        for number, name in _numbered(_named(name) for name in names):
            if name not in SHARED and (name != "check_task_status" or number == 0):
                found += [Fault(urn, where, name, number, after) for after in ((False,) if looks(name) else (False, True))]
    return found


def _named(call: str) -> str:
    """Return a call without what differs each time: a uuid at the end of a path."""
    return re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}.*", "/", call)


def _numbered(names: Any) -> list[tuple[int, str]]:
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        found.append((seen[name], name))
        seen[name] += 1
    return found


class Driver:
    """Runs commands whose resources go one at a time, failing calls of those that have any left to fail."""

    def __init__(self, lab: Lab, plane: Plane, verb: str, known: dict[str, dict[str, list[str]]] | None = None) -> None:
        self.lab, self.plane, self.verb, self.known = lab, plane, verb, known or {}
        self.method = "Create" if verb == "up" else "Delete"
        self.left: dict[str, list[Fault]] = {}
        self.recorded: dict[str, dict[str, list[str]]] = {}
        self.struck: list[Fault] = []
        self.missed: list[Fault] = []
        self.ended: list[str] = []
        self.tries: Counter[Fault] = Counter()
        self.runs = 0

    def record(self) -> None:
        """Run the command to its end and write down the calls of each resource."""
        assert self.run() == 0

    def run(self) -> int:
        """Run the command once; returns its exit code."""
        self.runs += 1
        self._gate()
        more = ["--skip-preview"] if self.verb == "up" else []
        words = self.lab.words(self.verb, STACK, *more, pack=None)
        with (self.lab.home / "faults.log").open("w") as talk:
            process = warm.start(["-m", *words], REPOSITORY, self.lab.environment, talk, talk)
            try:
                self._watch(process)
            finally:
                process.kill()
                gate.configure_gate(self.plane.home, gate.GateSetting())
        return process.wait()

    def _watch(self, process: warm.Fork) -> None:
        through, failed = set[str](), set[str]()
        over = time.monotonic() + STUCK_SECONDS
        while process.poll() is None:
            assert time.monotonic() < over, f"{gate.configure_gate(self.plane.home)}\n{(self.lab.home / 'faults.log').read_text()[-2000:]}"
            waiting = [urn for urn in gate.configure_gate(self.plane.home)["waiting"] if urn not in failed]
            target = next((urn for urn in waiting if self.left.get(urn)), "") or ("" if failed else next(iter(waiting), ""))
            if not target:
                if failed:  # the run is over as soon as those that wait have failed, too
                    gate.configure_gate(self.plane.home, gate.GateSetting(method=self.method, refuse=True))  # type: ignore[arg-type]
                time.sleep(0.03)
            elif self.left.get(target):
                (failed if self._strike(target, through) else through).add(target)
            elif self.known:
                self._outlive_its_session(target, through)
                through.add(target)
            else:
                self.plane.calls()
                self._pass(target, through)
                self.recorded[target] = self.plane.calls()
                through.add(target)

    def _strike(self, target: str, through: set[str]) -> bool:
        """Fail the next call of a resource; True when it came. One that did not is tried again when the resource is next made anew."""
        fault = self.left[target].pop(0)
        fault.arm(self.plane)
        self._pass(target, through)
        if self.plane.clear():
            self.struck.append(fault)
            return True
        if self.tries[fault] < TRIES:
            self.tries[fault] += 1
            self.left[target].append(fault)
        else:
            self.missed.append(fault)
        return False

    def _outlive_its_session(self, target: str, through: set[str]) -> None:
        """Let a resource through, its session ended at one of its calls to the Controller: the provider logs in again.

        What a failed try did already, it does not ask for again: then nothing was ended.
        """
        calls = [name for name in map(_named, self.known.get(target, {}).get("controller", ())) if not name.startswith(NO_SESSION)]
        if calls:
            name = calls[len(self.ended) % len(calls)]
            self.plane.ask("POST", "/lab/faults", match=name, expire_sessions=True)
        self._pass(target, through)
        if self.plane.clear() and calls:
            self.ended.append(name)

    def _pass(self, target: str, through: set[str]) -> None:
        """Let one resource's call go to its end."""
        self._gate(target, *through)
        over = time.monotonic() + STUCK_SECONDS
        while target not in gate.configure_gate(self.plane.home)["ended"]:
            assert time.monotonic() < over, target
            time.sleep(0.03)
        self._gate(*through)

    def _gate(self, *through: str) -> None:
        gate.configure_gate(self.plane.home, gate.GateSetting(method=self.method, through=frozenset(through)))  # type: ignore[arg-type]


def counted(lab: Lab) -> Counter[str]:
    """Return how many of each kind of thing there are, in the account and on the Controller."""
    held = {**aws_inventory(lab), **controller_inventory(lab)}
    found = Counter({kind: len(things) for kind, things in held.items() if isinstance(things, (list, dict)) and kind != "default_action"})
    found["routes"] = sum(len(table["Routes"]) for table in held["ec2.route-tables"])
    return found


def hosts(lab: Lab) -> list[str]:
    """Return the ids of the stack's machines."""
    filters = [{"Name": "tag:AgentStack", "Values": [STACK]}, {"Name": "instance-state-name", "Values": ["pending", "running", "stopped"]}]
    return [i["InstanceId"] for r in lab.aws("ec2").describe_instances(Filters=filters)["Reservations"] for i in r["Instances"]]


def host_without_policy(lab: Lab) -> str:
    """Say what is wrong when the stack's host is there and its policy is not in force; "" when all is well."""
    there, held = hosts(lab), lab.controller()
    points = {each["uuid"] for each in held["attachment_points"].values()}
    mine = [each for each in held["rulesets"].values() if STACK in each["name"] and each.get("attach_to") in points]
    denies = [rule for each in mine for rule in each["policies"] if rule["name"].endswith("default-deny") and rule["action"] == "DENY"]
    if there and not (held["features"]["microseg"] and denies and any(STACK in name for name in held["gateways"])):
        return f"{there} is there; rulesets {[each['name'] for each in mine]}, gateways {list(held['gateways'])}"
    return ""


def healed(lab: Lab, plane: Plane) -> Counter[str]:
    """Let the Controller look after its routes, as it does all the time, and return how many of each kind there are then."""
    plane.ask("PATCH", "/lab/settings", poll_seconds=0.2)
    time.sleep(3)
    plane.ask("PATCH", "/lab/settings", **QUIET)
    return counted(lab)


def fail(driver: Driver, most: Counter[str]) -> None:
    """Fail each STRIDE-th call, one after the other, until the command has nothing left to do."""
    found = [fault for urn, calls in driver.known.items() for fault in failing(urn, calls)]
    chosen = found[FIRST::STRIDE]
    for fault in chosen:
        driver.left.setdefault(fault.urn, []).append(fault)
    began, passes = time.monotonic(), 0
    try:
        while passes == 0 or any(driver.left.values()):
            assert passes < PASSES, driver.left
            if passes:  # what came through in spite of a failed call has to be made (or deleted) once more for its other calls to come
                driver.lab.must("destroy" if driver.verb == "up" else "up", STACK, pack=None)
            passes += 1
            until_it_succeeds(driver, most)
    finally:
        print(
            f"{driver.verb}: failed {len(driver.struck)} of {len(chosen)} chosen calls ({len(found)} in all, of {len(driver.known)} "
            f"resources) in {driver.runs} runs of {passes} deployments, {time.monotonic() - began:.0f} s; "
            f"did not come {[_short(each) for each in driver.missed]}; "
            f"ended the session at {len(driver.ended)} calls ({len(set(driver.ended))} different)"
        )
    assert len(driver.missed) * 20 <= len(chosen), driver.missed


def until_it_succeeds(driver: Driver, most: Counter[str]) -> None:
    """Run a command, whose calls fail, until it succeeds; after each run all is well."""
    while True:
        before = len(driver.struck)
        if driver.run() == 0:
            return
        assert len(driver.struck) > before, (driver.lab.home / "faults.log").read_text()[-3000:]
        assert host_without_policy(driver.lab) == ""
        if driver.verb == "up":
            assert counted(driver.lab) - most == Counter(), "more things than a deployment has"


def _short(fault: Fault) -> str:
    return f"{fault.urn.rpartition('::')[2]} {fault.name} {fault.number}{' after' if fault.after else ''}"


@pytest.mark.long
def test_a_call_that_fails_on_the_way_up_and_down_is_made_up_for_by_the_next_run(lab: Lab) -> None:
    lab.platform()
    plane = Plane(lab)
    plane.ask("PATCH", "/lab/settings", **QUIET)
    before_aws, before_controller = aws_inventory(lab), controller_inventory(lab)
    first_up, first_down = Driver(lab, plane, "up"), Driver(lab, plane, "destroy")
    first_up.record()
    reference = counted(lab)
    first_down.record()
    assert find_differences(before_aws, aws_inventory(lab)) == []

    up = Driver(lab, plane, "up", first_up.recorded)
    fail(up, reference)
    assert up.ended
    assert hosts(lab)
    assert healed(lab, plane) == reference
    assert set(lab.must("up", STACK, "--skip-preview").report["changes"]) == {"same"}

    fail_a_run_that_changes_nothing(lab, plane, reference)

    fail(Driver(lab, plane, "destroy", first_down.recorded), reference)
    assert find_differences(before_aws, aws_inventory(lab)) == []
    assert controller_inventory(lab) == before_controller


def fail_a_run_that_changes_nothing(lab: Lab, plane: Plane, reference: Counter[str]) -> None:
    """Fail the calls that a run makes apart from its resources': logging in, versions, look-ups."""
    plane.calls()
    assert set(lab.must("up", STACK, "--skip-preview", pack=None).report["changes"]) == {"same"}
    found = failing("", plane.calls())
    struck = 0
    for fault in found[FIRST::STRIDE]:
        fault.arm(plane)
        code = lab.run("up", STACK, "--skip-preview", pack=None).code
        struck += plane.clear()
        assert code in (0, 1)
        assert host_without_policy(lab) == ""
    assert counted(lab) == reference
    assert set(lab.must("up", STACK, "--skip-preview", pack=None).report["changes"]) == {"same"}
    print(f"a run that changes nothing: failed {struck} of {len(found[FIRST::STRIDE])} chosen calls ({len(found)} in all)")
