"""Labs keep to themselves: two side by side with the same stack and addresses do not meet, a plain user's is no less, and nothing stays."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from containment_lab.home import LabHome
from containment_lab.internet.receipts import make_nonce
from containment_lab.linux import netns
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.vpc.fabric import make_names
from tests.deployment import plain_user
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import arrived, left_of, world_of

pytestmark = [pytest.mark.slow, pytest.mark.namespaces, pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing()))]
FOLDER = Path(__file__).parent / "holes"
PUBLIC, SHADOW = "http://203.0.113.5:8080/", "https://api.openai.com/"


def machine_state() -> tuple[str, str]:
    """Return the machine's own filter and links: what no lab may touch."""
    filters = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=False).stdout
    return filters, subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout


def bring_up(home: Path, hole: str) -> tuple[Lab, LabNetwork]:
    lab = Lab(home, cold=True)
    lab.must("up", "dev", "--config", f"hole={hole}", "--skip-preview", folder=FOLDER, pack=None)
    return lab, world_of(lab, "dev")


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="looks into both worlds from outside, as root")
def test_two_labs_with_the_same_stack_and_addresses_do_not_meet_and_leave_nothing(tmp_path: Path) -> None:
    before = machine_state()
    labs = [Lab(tmp_path / each, cold=True) for each in ("one", "two")]
    try:
        (open_, first), (shut, second) = bring_up(labs[0].home, "public-ip"), bring_up(labs[1].home, "none")
        prefixes = [make_names(str(lab.home), "dev").prefix for lab in labs]
        assert prefixes[0] != prefixes[1]
        machines = [sorted(each["address"] for each in world.send_command("status")["machines"].values()) for world in (first, second)]
        assert machines[0] == machines[1], "the same addresses, so that only the networks keep them apart"
        # What the open one sends to the attacker, to the other's resolver, gateway and host arrives in its own world only.
        count, seen = second.send_command("decisions")["count"], received(prefixes[1])
        nonce = make_nonce()
        for target in (f"{PUBLIC}{nonce}", *(f"http://{address}/{nonce}" for address in machines[1])):
            subprocess.run(first.build_privileged_command(["curl", "-s", "-m", "1", target]), capture_output=True, check=False)
        assert "attacker" in arrived(first, nonce)
        assert arrived(second, nonce) == set()
        assert second.send_command("decisions")["count"] == count
        assert received(prefixes[1]) == seen
        # And the end of one is not the other's.
        with ExitStack() as held:  # while they are held nobody else's can get their numbers
            inodes = {
                os.fstat(held.enter_context((netns.RUN / name).open()).fileno()).st_ino for name in netns.list_namespaces(f"{prefixes[0]}-")
            }
            open_.down()
            assert len(inodes) == 4
            assert holders(inodes) == []
        assert netns.list_namespaces(f"{prefixes[0]}-") == []
        assert left_of(open_.home) == []
        assert second.send_command("status")["machines"].keys() == {f"{prefixes[1]}-{role}" for role in ("agent", "gateway")}
        assert sends(second, f"https://docs.openclaw.ai/{nonce}", "--retry", "1") == {"docs.openclaw.ai"}
    finally:
        for lab in labs:
            lab.down()
    assert netns.list_namespaces(f"{prefixes[1]}-") == []
    assert left_of(shut.home) == []
    assert machine_state() == before


def sends(world: LabNetwork, url: str, *more: str) -> set[str]:
    nonce = url.rpartition("/")[2]
    subprocess.run(world.build_privileged_command(["curl", "-sk", "-m", "3", *more, url]), capture_output=True, check=False)
    return arrived(world, nonce)


def received(prefix: str) -> dict[str, int]:
    """Return how many IPv4 packets each machine of a world has got so far (a resolver asks its name server all the time)."""
    out = {}
    for name in (f"{prefix}-agent", f"{prefix}-gateway"):
        command = ["nsenter", f"--net=/run/netns/{name}", "cat", "/proc/thread-self/net/snmp"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        keys, values = (line.split() for line in told.splitlines() if line.startswith("Ip:"))
        out[name] = int(dict(zip(keys, values, strict=True))["InReceives"])
    return out


def holders(inodes: set[int]) -> list[int]:
    """Return the processes that still are in one of these network namespaces."""
    out = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if (process / "ns" / "net").stat().st_ino in inodes:
                    out.append(int(process.name))
            except OSError:
                continue  # it ended while it was looked at
    return out


PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
"""What Debian gives a plain user: without /usr/sbin, where nft and ip are."""


@dataclass
class PlainLab:
    """A lab that a plain user runs, in a home whose path has spaces and a quote."""

    home: Path
    words: list[str] = field(default_factory=plain_user.words)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "CONTAINMENT_LAB_HOME": str(self.home), "HOME": str(self.home), "NO_COLOR": "1", "PATH": PLAIN_PATH}
        command = [*self.words, sys.executable, "-m", "containment", "lab", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=REPOSITORY, timeout=240, check=False)


@pytest.fixture
def plain() -> Iterator[PlainLab]:
    if why := plain_user.impossible():
        pytest.skip(why)
    home = Path(tempfile.mkdtemp(prefix="a plain user's "))
    if os.geteuid() == 0:
        os.chown(home, plain_user.NOBODY, plain_user.NOBODY)
    lab = PlainLab(home)
    try:
        yield lab
    finally:
        lab.run("down")
        shutil.rmtree(home)


@pytest.mark.long
def test_a_plain_user_has_the_same_world_in_a_user_namespace(plain: PlainLab) -> None:
    before = machine_state()
    up = plain.run("up", "-C", str(FOLDER), "--stack", "dev", "--config", "hole=none", "--skip-preview")
    assert up.returncode == 0, up.stderr
    assert plain.run("world", "up", "--stack", "dev").returncode == 0
    asked = plain.run("run", "--stack", "dev", "--", "curl", "-sk", "-m", "4", "--resolve", "api.openai.com:443:198.19.1.1", SHADOW)
    assert asked.returncode != 0
    assert re.search(r"DENY +shadow-model-deny +api\.openai\.com:443", asked.stderr)
    permitted = plain.run("run", "--stack", "dev", "--", "curl", "-sk", "-m", "4", "https://docs.openclaw.ai/")
    assert "docs.openclaw.ai" in permitted.stdout
    prefix = make_names(str(LabHome(plain.home).root), "dev").prefix
    assert netns.list_namespaces(prefix) == [], "its namespaces are its own, not the machine's"
    assert plain.run("down").returncode == 0
    assert left_of(plain.home) == []
    assert machine_state() == before


@pytest.mark.packets
def test_a_plain_user_passes_the_six_tests_with_a_real_update(plain: PlainLab) -> None:
    for arguments in (
        ("up", "-C", str(REPOSITORY / "platform"), "--stack", "platform"),
        ("up", "--stack", "coding-enforce", "--skip-preview"),
    ):
        done = plain.run(*arguments)
        assert done.returncode == 0, done.stderr
    verified = plain.run("verify", "--stack", "coding-enforce")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    tests = [line for line in verified.stdout.splitlines() if re.match(r"[1-6] ", line)]
    assert [line[0] for line in tests] == list("123456")
    assert all(re.search(r" PASS( in part)? .* \| \d\d:\d\d:\d\d\.\d{3} ", line) for line in tests), "each with its decision-log line"
