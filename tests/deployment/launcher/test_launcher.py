"""A command under the launcher reaches nothing that its profile does not grant: each attempt succeeds outside and fails inside.

Made as root and as a plain user, directly, from a grandchild and from a detached process; and with each layer alone. An attempt that does
not succeed outside shows nothing: it is printed as NOT TESTED.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.launcher.programs import read_loader
from tests.deployment import plain_user
from tests.deployment.confinement.place import INHERITED, PYTHON, Place, find_words, give_to_user, inherit, run_victim
from tests.deployment.lab import REPOSITORY
from tests.deployment.launcher.attempts import ATTEMPTS, LAYERS, RUNNER, Attempt

_LACKING = [*filter(None, [find_confinement_refusal(), "" if read_version() else "this kernel has no Landlock"])]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(_LACKING), reason="; ".join(_LACKING)),
    pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the attempts need the system's Python: install the package python3"),
]
SECRET = "not-for-the-agent-7d20"
LEAST = 60
"""How many attempts there must be for each user at least."""
TOOLS = ("python3", "dash", "cat", "true", "env", "ip", "nft", "mount", "umount", "nsenter", "unshare", "sleep")
METADATA = (
    "ip link set lo up && ip address add 169.254.169.254/32 dev lo && { python3 -m http.server 80 --bind 169.254.169.254 & } && sleep 1"
)


class LauncherPlace(Place):
    """One user with a profile, and secrets, files and services that the profile does not grant."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "AWS_SECRET_ACCESS_KEY": SECRET, "CONTAINMENT_LAB_HOME": "/nowhere"}

    def run(self, *words: str, text: str = "", **changes: Any) -> subprocess.CompletedProcess[str]:
        """Run a command under the launcher; `changes` are keys of the profile."""
        launcher = [sys.executable, "-m", "containment.launcher", "run", "--profile", str(self.write_profile(**changes))]
        return self.start([*launcher, "--event-log", str(self.folder / "log" / "events.jsonl"), "--", *words], text)

    def run_outside(self, way: str, text: str) -> subprocess.CompletedProcess[str]:
        """Make attempts with the user's rights: on this machine, or in a network of its own."""
        new = ["unshare", "-n" if self.is_root else "-rn", "dash", "-c"]
        entered = {
            "machine": [],
            "network": [*new, 'ip link set lo up && exec "$@"', "-"],
            "metadata": [*new, f'{METADATA} && "$@"; code=$?; kill $!; exit $code', "-"],
        }
        return self.start([*entered[way], PYTHON, "-c", RUNNER], text)

    def write_profile(self, **changes: Any) -> Path:
        document = {
            "schema": "containment-launcher-profile/v1",
            "stack": "test",
            "agentClass": "coding",
            "harness": "openclaw",
            "default": "deny",
            "network": "proxy",
            "files": {"readOnly": ["/usr"], "readWrite": ["/home/agent", "/tmp"]},
            "programs": sorted({found for name in TOOLS if (found := shutil.which(name, path="/usr/bin:/usr/sbin"))}),
            "egress": [],
            "tasks": [],
            "limits": {
                "processes": 256,
                "dataBytes": 1 << 30,
                "fileBytes": 64 << 20,
                "openFiles": 256,
                "temporaryBytes": 64 << 20,
                "sharedMemoryBytes": 16 << 20,
            },
        }
        path = self.folder / "profile.json"
        path.write_text(json.dumps(document | changes))
        return path


@pytest.fixture(scope="module", params=["root", "plain"])
def place(request: pytest.FixtureRequest) -> Iterator[LauncherPlace]:
    user = request.param
    words = find_words(user)
    folder = Path(tempfile.mkdtemp(prefix="launched-", dir="/var/tmp"))  # not below /tmp, which the profile grants
    person = folder / "secrets" / "person"
    for path, text in {".ssh/id_ed25519": SECRET, ".aws/credentials": SECRET, "project/.env": f"KEY={SECRET}"}.items():
        (person / path).parent.mkdir(parents=True)
        (person / path).write_text(text)
    (folder / "log").mkdir()
    (folder / "log" / "events.jsonl").touch()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        give_to_user(folder, words)
        bare = LauncherPlace(user, folder, words, {})
        inherit(os.devnull)
        stack.callback(os.close, INHERITED)
        targets = stack.enter_context(run_victim(bare, folder / "secrets"))
        scratch = [Path(targets["work"], name) for name in ("scratch", "scratch2")]
        for each in scratch:
            each.write_text("theirs")
            if words:
                os.chown(each, plain_user.NOBODY, plain_user.NOBODY)
        port, datagram = stack.enter_context(_Services())
        targets |= {
            "person": str(person),
            "scratch": str(scratch[0]),
            "scratch2": str(scratch[1]),
            "log": str(folder / "log" / "events.jsonl"),
            "checkout": str(REPOSITORY),
            "loader": read_loader("/usr/bin/true"),
            "library": str(next(Path("/usr/lib").glob("*-linux-gnu/libm.so.6"), Path("/usr/lib64/libm.so.6")).resolve()),
            "port": port,
            "datagram": datagram,
        }
        inherit(targets["key"])
        yield LauncherPlace(user, folder, words, targets)


class _Services:
    """A TCP and a UDP service on this machine's loopback address."""

    def __enter__(self) -> tuple[int, int]:
        self._sockets = [socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        for each in self._sockets:
            each.bind(("127.0.0.1", 0))
        self._sockets[0].listen(64)
        threading.Thread(target=self._answer, daemon=True).start()
        return self._sockets[0].getsockname()[1], self._sockets[1].getsockname()[1]

    def __exit__(self, *_: object) -> None:
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.sendto(b"end", self._sockets[1].getsockname())
        asker.close()

    def _answer(self) -> None:
        while True:
            text, asker = self._sockets[1].recvfrom(100)
            if text == b"end":
                break
            self._sockets[1].sendto(b"an answer", asker)
        for each in self._sockets:
            each.close()


@pytest.fixture(scope="module")
def outside(place: LauncherPlace) -> dict[str, str]:
    """How each attempt ended outside."""
    wanted = [each for each in ATTEMPTS if place.is_root or not each.root]
    found: dict[str, str] = {}
    for way in sorted({each.way for each in wanted}):
        done = place.run_outside(way, _write(place, [each for each in wanted if each.way == way], ["direct"]))
        found |= {key: result["direct"] for key, result in _read(done).items()}
    assert set(found) == {each.id for each in wanted}, "every attempt was made outside"
    return found


@pytest.fixture(scope="module")
def tested(place: LauncherPlace, outside: dict[str, str]) -> list[Attempt]:
    """The attempts that succeed outside; the others are printed."""
    for key, result in outside.items():
        if result != "SUCCEEDED":
            print(f"NOT TESTED ({place.user}): {key}: {result}")
    out = [replace(each, unless="") for each in ATTEMPTS if outside.get(each.id) == "SUCCEEDED"]
    assert len(out) >= LEAST
    return out


@pytest.mark.long
def test_every_attempt_succeeds_outside_and_fails_inside(place: LauncherPlace, tested: list[Attempt]) -> None:
    ways = ["direct", "grandchild", "daemon"]
    inside = _read(place.run(PYTHON, "-c", RUNNER, text=_write(place, tested, ways)))
    assert set(inside) == {each.id for each in tested}, "every attempt was made inside"
    assert {(key, way) for key, results in inside.items() for way in ways if not results[way].startswith("failed: ")} == set()


def test_a_planted_grant_is_found(place: LauncherPlace, tested: list[Attempt]) -> None:
    planted = {"files": {"readOnly": ["/usr", place.targets["person"]], "readWrite": ["/home/agent", "/tmp", place.targets["work"]]}}
    wanted = {"private-key", "cloud-credentials", "dot-env", "create-elsewhere", "rename-elsewhere"}
    attempts = [each for each in tested if each.id in wanted]
    inside = _read(place.run(PYTHON, "-c", RUNNER, text=_write(place, attempts, ["direct"]), **planted))
    assert {key: results["direct"] for key, results in inside.items()} == dict.fromkeys(wanted, "SUCCEEDED")


@pytest.mark.long
@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_refuses_alone_what_it_is_for(place: LauncherPlace, tested: list[Attempt], layer: str) -> None:
    attempts = [each for each in tested if layer in each.by]
    assert len(attempts) >= 6
    alone = [sys.executable, "-m", "tests.deployment.launcher.alone"]
    command = [str(place.write_profile()), PYTHON, "-c", RUNNER]
    ended = {each: _read(place.start([*alone, each, *command], _write(place, attempts, ["direct"]))) for each in ("none", layer)}
    possible = {key for key, results in ended["none"].items() if results["direct"] == "SUCCEEDED"}
    for key in ended["none"].keys() - possible:
        print(f"NOT TESTED ({place.user}, {layer} alone): {key}: {ended['none'][key]['direct']}")
    assert len(possible) >= 5, "without any layer they succeed"
    assert {key for key in possible if not ended[layer][key]["direct"].startswith("failed: ")} == set()


def test_a_fork_bomb_ends_inside_the_limits(place: LauncherPlace) -> None:
    text = (
        "import os, time\nmade = 0\ntry:\n  while True:\n    if os.fork() == 0:\n      time.sleep(60)\n    made += 1\n"
        "except OSError: print(made)"
    )
    limits = json.loads(place.write_profile().read_text())["limits"] | {"processes": 40}
    done = place.run(PYTHON, "-c", text, limits=limits)
    assert 10 < int(done.stdout) <= 40, done.stderr


def test_memory_of_all_processes_ends_inside_the_limits(place: LauncherPlace) -> None:
    one = "try:\n  bytearray(2 << 30)\n  print('allocated')\nexcept MemoryError: print('refused')"
    done = place.run(PYTHON, "-c", one)
    assert done.stdout == "refused\n"
    if "control group" not in done.stderr.replace("no control group", ""):
        pytest.skip(f"NOT TESTED: the sum over all processes: {done.stderr.splitlines()[0]}")
    together = (
        "import os\nfor _ in range(16):\n  if os.fork() == 0:\n    kept = bytearray(b'x') * (160 << 20)\n    print('kept', flush=True)\n"
        "    import time; time.sleep(60)\nimport time; time.sleep(4)"
    )
    limits = json.loads(place.write_profile().read_text())["limits"] | {"dataBytes": 256 << 20}
    done = place.run(PYTHON, "-c", together, limits=limits)
    assert done.stdout.count("kept") <= 2, "at most the limit together"


def _write(place: LauncherPlace, attempts: list[Attempt], ways: list[str]) -> str:
    return json.dumps({"targets": place.targets, "attempts": [asdict(each) for each in attempts], "from": ways})


def _read(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr
    return dict(json.loads(lines[-1]))
