"""Killed at any step, no ephemeral host outlives its deadline: it carries its end from its first moment, and a schedule is the second.

Before the host's step there is no host, after the schedule's step there are both ends, and the steps between them change neither. So a
deployment is killed (-9) at each moment of these two steps (the moments of `test_killed`), each time for a new task. A call that was under
way then still takes effect, as it would on AWS. After the deadline no host is left, and the next `up` completes the work.
"""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from containment_lab.home import LabHome
from containment_lab.testing import pause as gate
from tests.deployment.lab import REPOSITORY, Lab
from tests.real_engine.driver import copy_programs
from tests.support import warm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STACK: Final = "coding-site1"
TYPES: Final = ("aws:ec2/instance:Instance", "aws:scheduler/schedule:Schedule")
IN_THE_CALL: Final[tuple[gate.Moment, ...]] = ("begun", "made")
IN_THE_ENGINE: Final = ("answered", "written")
PATIENCE: Final = 120.0
MORE: Final = ("--config", f"extraStacks={json.dumps([STACK])}")


def find_hosts(lab: Lab) -> dict[str, str]:
    """Return the states of the agent's hosts by instance."""
    found = lab.aws("ec2").describe_instances(Filters=[{"Name": "tag:AgentName", "Values": ["invoice-reader"]}])
    return {one["InstanceId"]: one["State"]["Name"] for page in found["Reservations"] for one in page["Instances"]}


def list_schedules(lab: Lab) -> list[str]:
    return [one["Name"] for one in lab.aws("scheduler").list_schedules()["Schedules"]]


def set_clock_ahead(lab: Lab, hours: float) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{lab.ports['aws']}/lab/clock?ahead={hours * 3600}", timeout=20) as answer:
        json.loads(answer.read())


def write_agent(folder: Path, hours: float) -> None:
    """Write the file of an ephemeral agent, whose deadline is in so many hours."""
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
    (folder / "agents").mkdir(exist_ok=True)
    (folder / "agents/invoice-reader.yaml").write_text(json.dumps(content))


def kill_at(lab: Lab, folder: Path, urn: str, moment: str, others: frozenset[str]) -> None:
    """Bring the stack up, and kill the command at one moment of one resource's step."""
    home, doom = LabHome(lab.home), lab.home / "doom.json"
    doom.write_text(json.dumps({one: [urn] if one == moment else [] for one in IN_THE_ENGINE}))
    doom.with_suffix(".log").unlink(missing_ok=True)
    if moment in IN_THE_CALL:
        gate.configure_gate(home, gate.GateSetting(method="Create", through=others, target=urn, moment=moment))  # type: ignore[arg-type]
    words = [str(Path(__file__).with_name("doomed.py")), *lab.words("up", STACK, "--skip-preview", folder=folder)[1:]]
    with (lab.home / "killed.log").open("w") as talk:
        process = warm.start(words, REPOSITORY, lab.environment | {"DOOM": str(doom)}, talk, talk)
        over = time.monotonic() + PATIENCE
        while process.poll() is None and urn not in gate.configure_gate(home)["held"]:
            assert time.monotonic() < over, (lab.home / "killed.log").read_text()[-2000:]
            time.sleep(0.03)
        assert process.poll() is None or doom.with_suffix(".log").exists(), (lab.home / "killed.log").read_text()[-2000:]
        process.kill()
        process.wait()
    while (seen := gate.configure_gate(home, gate.GateSetting()))["under_way"] or seen["waiting"]:
        assert time.monotonic() < over, seen
        time.sleep(0.03)


@pytest.mark.long
def test_no_host_outlives_its_deadline_whenever_the_deployment_is_killed(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    copy_programs(folder, {STACK: ("coding-enforce", "10.77.0.0/16")})
    lab.must("up", "platform", "--skip-preview", *MORE, folder=folder / "platform")
    write_agent(folder, 1)
    created = [step["urn"] for step in lab.must("preview", STACK, folder=folder).report["steps"] if step["op"] == "create"]
    own = [urn for kind in TYPES for urn in created if f"{kind}::" in urn]
    assert len(own) == len(TYPES)

    survived, hours = [], 0
    for urn in own:
        for moment in (*IN_THE_CALL, *IN_THE_ENGINE):
            hours += 1
            write_agent(folder, hours)
            kill_at(lab, folder, urn, moment, frozenset(created))
            survived.append((moment, sorted(find_hosts(lab).values()), len(list_schedules(lab))))
            set_clock_ahead(lab, hours)
            assert set(find_hosts(lab).values()) <= {"terminated"}, survived
    assert all("running" in states for _, states, _ in survived), survived
    assert any(not schedules for _, _, schedules in survived), "no moment had a host without a schedule"

    write_agent(folder, hours + 1)  # a new deadline for a new task
    lab.must("up", STACK, folder=folder)
    (host,) = [one for one, state in find_hosts(lab).items() if state == "running"]
    (schedule,) = list_schedules(lab)
    assert json.loads(lab.aws("scheduler").get_schedule(Name=schedule)["Target"]["Input"]) == {"InstanceIds": [host]}
    set_clock_ahead(lab, hours + 1)
    assert find_hosts(lab)[host] == "terminated"
    write_agent(folder, -1)
    lab.must("up", STACK, "--skip-preview", folder=folder)
    assert list_schedules(lab) == []
    assert set(find_hosts(lab).values()) == {"terminated"}
