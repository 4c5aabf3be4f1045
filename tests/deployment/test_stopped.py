"""The kill switch by packets: after the command returned, a stream to a permitted destination sends none, and the way back restores it.

The network's own cut is tried apart from the host's: with the instance left running, the network ACLs and the group end an established
stream as well.
"""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.emergency_stop.hosts import find_target
from containment.emergency_stop.network import close_borders, open_borders
from containment.emergency_stop.steps import Outcome
from containment_lab.linux import netns
from containment_lab.network.control import LabNetwork
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import Load, world_of

pytestmark = [pytest.mark.slow, pytest.mark.namespaces, pytest.mark.timeout(600)]

STACK = "coding-enforce"
QUIET = 3.0
"""Seconds in which packets are counted; the data plane has followed before the command returns."""


class Counter:
    """Counts the agent's packets that reach the gateway, whatever becomes of them there."""

    def __init__(self, world: LabNetwork) -> None:
        status = world.send_command("status")
        machines = status["machines"]
        self.agent = next(each["address"] for name, each in machines.items() if name.endswith("-agent"))
        self._namespace = next(name for name in machines if name.endswith("-gateway"))
        self._socket = netns.run_within(self._namespace, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)))
        self._socket.setblocking(False)

    def count(self, seconds: float) -> int:
        """Return how many packets of the agent arrive in some seconds; those that wait already are not counted."""
        self._read()
        until, found = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            found += self._read()
            time.sleep(0.02)
        return found

    def _read(self) -> int:
        found, source = 0, socket.inet_aton(self.agent)
        while True:
            try:
                data, address = self._socket.recvfrom(64)
            except BlockingIOError:
                return found
            found += data[12:16] == source and address[2] != socket.PACKET_OUTGOING

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    folder = tmp_path_factory.mktemp("stopped")
    for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    with Lab(tmp_path_factory.mktemp("stopped-lab")) as lab:
        lab.bring_up(STACK)
        world = world_of(lab, STACK)
        try:
            yield lab, folder
        finally:
            world.take_down()


def run_stop(lab: Lab, folder: Path, *more: str) -> dict[str, Any]:
    words = ["stop", "--stack", STACK, "--reason", "it scans the network", "--by", "platform-team", "-C", str(folder), "--json", *more]
    done = CliRunner(env=lab.environment).invoke(build(words), words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.long
def test_a_stream_to_a_permitted_destination_ends_and_returns(stopped: tuple[Lab, Path]) -> None:
    lab, folder = stopped
    world = world_of(lab, STACK)
    counter = Counter(world)
    load = Load(world, 120, workers=1)
    try:
        assert counter.count(QUIET) > 0, "the stream does not run, so its end would show nothing"
        document = run_stop(lab, folder)
        assert document["complete"] is True
        assert len(document["hosts"]) == 1
        assert counter.count(QUIET) == 0
    finally:
        load._process.kill()
        load._process.communicate()
        counter.close()
    lines = [json.loads(line) for line in (folder / "decisions/log.jsonl").read_text().splitlines()]
    assert [one["entry"]["body"]["reason"] for one in lines] == ["it scans the network"]

    run_stop(lab, folder, "--undo")
    world = world_of(lab, STACK)
    counter = Counter(world)
    load = Load(world, 3, workers=1)
    try:
        assert counter.count(QUIET) > 0
        assert load.ended()["failed"] == 0
    finally:
        counter.close()
    assert lab.run("refresh", STACK).code == 0
    changed = {one["op"] for one in lab.run("preview", STACK).report["steps"]}
    assert changed <= {"same", "read"}, "the way back has restored what the program declares"


@pytest.mark.long
def test_the_network_alone_ends_an_established_stream(stopped: tuple[Lab, Path]) -> None:
    lab, _ = stopped
    world = world_of(lab, STACK)
    counter, ec2 = Counter(world), lab.aws("ec2")
    load = Load(world, 120, workers=1)
    try:
        assert counter.count(QUIET) > 0
        target = find_target(ec2, STACK)
        assert close_borders(ec2, target)[0] is Outcome.DONE
        world.send_command("sync")
        assert counter.count(QUIET) == 0
        assert open_borders(ec2, target)[0] is Outcome.DONE
        world.send_command("sync")
        assert counter.count(QUIET) > 0
    finally:
        load._process.kill()
        load._process.communicate()
        counter.close()
