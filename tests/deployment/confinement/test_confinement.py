"""What `lab run` starts reaches nothing of the machine: every attempt succeeds outside and fails inside, as root and as a plain user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from containment.confinement.requirements import find_confinement_refusal
from containment_lab.home import LabHome
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import compute_socket_name
from tests.deployment.confinement.attempts import ATTEMPTS, RUNNER, Way
from tests.deployment.confinement.place import INHERITED, PYTHON, Place, find_words, give_to_user, inherit, run_victim
from tests.deployment.lab import REPOSITORY

_LACKING = [*list_missing(), *filter(None, [find_confinement_refusal()])]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(_LACKING), reason="; ".join(_LACKING)),
    pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the attempts need the system's Python: install the package python3"),
]
PROGRAM = REPOSITORY / "tests" / "deployment" / "holes"
SECRET = "not-for-the-agent-5f1c"
PASSPHRASE = "passphrase-of-this-lab"
LEAST = 40
"""How many attempts there must be for each user at least."""


class LabPlace(Place):
    """A lab of one user with a network that is up; the folder is the lab's home."""

    @property
    def environment(self) -> dict[str, str]:
        lab = {"CONTAINMENT_LAB_HOME": str(self.folder), "HOME": str(self.folder.parent), "NO_COLOR": "1"}
        return {**super().environment, **lab, "AWS_SECRET_ACCESS_KEY": SECRET}

    def run(self, *words: str, text: str = "", more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run `lab run` as the user, with an open file that must not be passed on."""
        return self.start([sys.executable, "-m", "containment", "lab", "run", "--stack", "dev", *more, "--", *words], text)

    def outside(self, way: Way, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command as the user, with the user's rights."""
        enter = [sys.executable, "-m", "tests.deployment.confinement.outside", "dev"] if way is Way.NETWORK else []
        return self.start([*enter, *words], text)


@pytest.fixture(scope="module", params=["root", "plain"])
def place(request: pytest.FixtureRequest) -> Iterator[LabPlace]:
    user = request.param
    words = find_words(user)
    folder = Path(tempfile.mkdtemp(prefix="confined-"))
    home = folder / "lab"
    secrets = folder / "secrets"
    for each in (home, folder / "other", secrets):
        each.mkdir()
    for each in (home, folder / "other"):
        (each / "passphrase").write_text(PASSPHRASE)
    give_to_user(folder, words)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        inherit(os.devnull)
        stack.callback(os.close, INHERITED)
        bare = LabPlace(user, home, words, {})
        stack.callback(lambda: bare.start([sys.executable, "-m", "containment", "lab", "down"], ""))
        up = bare.start(
            [sys.executable, "-m", "containment", "lab", "up", "-C", str(PROGRAM), "-s", "dev", "-c", "hole=none", "--skip-preview"], ""
        )
        assert up.returncode == 0, up.stderr
        network = bare.start([sys.executable, "-m", "containment", "lab", "world", "up", "-s", "dev"], "")
        assert network.returncode == 0, network.stderr
        targets = stack.enter_context(run_victim(bare, secrets)) | _targets(home)
        inherit(targets["key"])
        yield LabPlace(user, home, words, targets)


def _targets(home: Path) -> dict[str, Any]:
    world = home / "world" / "dev"
    published = json.loads((world / "world.json").read_text())
    ports = json.loads((home / "ports.json").read_text())
    envoy = next(int(each.parent.name) for each in Path("/proc").glob("[0-9]*/cmdline") if _is_gateway(each, world))
    return {
        "home": str(home),
        "other_home": str(home.parent / "other"),
        "passphrase": PASSPHRASE,
        "ca_key": str(home / "controller-ca-key.pem"),
        "world": str(world),
        "checkout": str(REPOSITORY),
        "supervisor": published["pid"],
        "gateway": envoy,
        "prefix": published["prefix"],
        "control": compute_socket_name(LabHome(home), "dev"),
        "ports": ports,
        "has_controller": (home / "controller-ca.pem").exists(),
    }


def _is_gateway(cmdline: Path, world: Path) -> bool:
    try:
        words = cmdline.read_bytes()
    except OSError:
        return False
    return b"envoy" in words.split(b"\0")[0] and str(world).encode() in words


@pytest.mark.long
def test_every_attempt_succeeds_outside_and_fails_inside(place: LabPlace) -> None:
    wanted = [each for each in ATTEMPTS if place.user == "root" or not each.root]
    outside: dict[str, str] = {}
    for way in Way:
        outside |= _made(place.outside(way, PYTHON, "-c", RUNNER, text=_text(place, [each for each in wanted if each.way is way])))
    assert set(outside) == {each.id for each in wanted}, "every attempt was made outside"
    no_control = {key: result for key, result in outside.items() if result.startswith("failed")}
    assert not no_control, "not possible outside, so that inside it shows nothing"
    tested = [replace(each, unless="") for each in wanted if outside[each.id] == "SUCCEEDED"]
    assert len(tested) >= LEAST
    inside = _made(place.run(PYTHON, "-c", RUNNER, text=_text(place, tested)))
    assert set(inside) == {each.id for each in tested}, "every attempt was made inside"
    assert {key: result for key, result in inside.items() if not result.startswith("failed: ")} == {}, "reached from inside"


def _text(place: LabPlace, attempts: list[Any]) -> str:
    return json.dumps({"targets": place.targets, "attempts": [asdict(each) for each in attempts]})


def _made(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout.splitlines()[0]))
