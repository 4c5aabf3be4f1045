"""What happens when a part of the data plane dies: nothing escapes meanwhile, and it comes back. And what is left at the end: nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from containment_lab import simulators
from containment_lab.home import LabHome
from containment_lab.internet.receipts import make_nonce
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.vpc.fabric import make_names
from tests.deployment.lab import Lab
from tests.deployment.world import Load, arrived, containment, left_of, world_of

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]
STACK = "coding-enforce"
PATIENCE = 30.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, LabNetwork]]:
    with Lab(tmp_path_factory.mktemp("faults")) as lab:
        lab.bring_up(STACK)
        yield lab, world_of(lab, STACK)


def works(world: LabNetwork) -> bool:
    done = subprocess.run(world.build_privileged_command(["curl", "-sk", "-m", "3", "-o", "/dev/null", "https://github.com/"]), check=False)
    return done.returncode == 0


def recovers(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


def kill_simulator(lab: Lab, name: str) -> None:
    pid = next(each.pid for each in simulators.read_status(LabHome(lab.home)) if each.name == name)
    assert pid
    os.kill(pid, signal.SIGKILL)


def flush(world: LabNetwork, role: str) -> None:
    subprocess.run([*world.build_entering_command(role), "nft", "flush", "ruleset"], check=True)


KILLS: dict[str, Callable[[Lab, LabNetwork], object]] = {
    "Envoy": lambda lab, world: world.send_command("kill", program="gateway"),
    "the gateway's filter": lambda lab, world: flush(world, "gateway"),
    "the router's filter": lambda lab, world: flush(world, "vpc"),
    "the resolver": lambda lab, world: world.send_command("kill", program="resolver"),
    "the Controller": lambda lab, world: kill_simulator(lab, "controller"),
}


@pytest.mark.parametrize("part", KILLS)
def test_nothing_escapes_when_a_part_dies_and_it_comes_back(place: tuple[Lab, LabNetwork], part: str) -> None:
    lab, world = place
    assert recovers(lambda: works(world)), "it did not work before"
    nonce = make_nonce()
    load = Load(world, 3.5, nonce)
    time.sleep(1.5)
    KILLS[part](lab, world)
    seen = load.ended()
    assert seen["ok"] > 0
    assert "attacker" not in arrived(world, nonce)
    assert recovers(lambda: works(world)), f"{part} did not come back: {world.send_command('status')['problems']}"
    if part == "the Controller":
        lab.start()
        world.send_command("sync")


def test_without_its_keeper_nothing_passes_and_a_new_one_clears_up(place: tuple[Lab, LabNetwork]) -> None:
    _, world = place
    pid = int(json.loads((world.folder / "world.json").read_text())["pid"])
    os.kill(pid, signal.SIGKILL)
    assert recovers(lambda: not world.is_running())
    assert not works(world)
    world.bring_up()
    assert recovers(lambda: works(world))


def test_the_cloud_gone_keeps_the_last_policy_and_a_rebuilt_stack_has_a_new_world(place: tuple[Lab, LabNetwork]) -> None:
    lab, world = place
    nonce = make_nonce()
    load = Load(world, 4, nonce)
    time.sleep(1)
    kill_simulator(lab, "cloud")
    seen = load.ended()
    assert seen["ok"] > 0
    assert "attacker" not in arrived(world, nonce)
    assert works(world), "the last known policy permits it"
    lab.start()
    for verb in ("refresh", "up"):
        lab.must(verb, STACK)
    before = world.send_command("status")["instance"]
    world.bring_up()
    assert world.send_command("status")["instance"] != before
    assert recovers(lambda: works(world))


def test_after_down_nothing_of_the_lab_is_left(place: tuple[Lab, LabNetwork]) -> None:
    lab, world = place
    prefix = make_names(str(lab.home), STACK).prefix
    assert prefix in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert containment(lab, "down").returncode == 0
    assert prefix not in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert recovers(lambda: left_of(lab.home) == []), left_of(lab.home)
    assert not world.is_running()
