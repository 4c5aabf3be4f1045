"""A stack without a mode in its name is enforced in place under load: permitted flows lose nothing, and the attacker gets nothing more."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import app
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.record.digests import digest_ruleset
from containment_lab.internet.receipts import make_nonce
from tests.containment.lifecycle.documents import make_flow, write_evidence
from tests.deployment.lab import Lab
from tests.deployment.watch import hosts
from tests.deployment.world import Load, arrived, world_of
from tests.real_engine.driver import copy_programs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STACK = "coding-site1"
ATTACKER = "attacker.example"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    """Return a lab and a folder in which a coding stack without a mode in its name is up in monitor."""
    folder = tmp_path_factory.mktemp("flip")
    copy_programs(folder, {STACK: ("coding-monitor", "10.77.0.0/16")})
    with Lab(tmp_path_factory.mktemp("flip-lab")) as lab:
        lab.must("up", "platform", "--skip-preview", "--config", f"extraStacks={json.dumps([STACK])}", folder=folder / "platform")
        lab.must("up", STACK, "--skip-preview", folder=folder)
        yield lab, folder


def describe_host(lab: Lab) -> tuple[str, Any, str]:
    """Return the id, boot time and address of the stack's one host."""
    (host,) = hosts(lab.aws("ec2"), STACK)
    return host["InstanceId"], host["LaunchTime"], host["PrivateIpAddress"]


def enforce(folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    words = ["enforce", STACK, "--evidence", str(folder / "evidence.json"), "-C", str(folder), "--json", *more]
    result = CliRunner().invoke(app, words)
    return result.exit_code, json.loads(result.stdout)


def test_the_flip_under_load_loses_no_permitted_flow_and_stops_the_attacker(place: tuple[Lab, Path]) -> None:
    lab, folder = place
    world = world_of(lab, STACK)
    before = describe_host(lab)
    nonce = make_nonce()
    watched = Load(world, 2, nonce).ended()
    assert (watched["failed"], watched["ok"] > 0) == (0, True), watched["reasons"]
    assert "attacker" in arrived(world, nonce), "in monitor the attacker is reached, else the flip shows nothing"

    observed = digest_ruleset(build_ruleset(read_stack(STACK, folder=folder)))
    write_evidence(folder, STACK, wouldBeDenied=[make_flow(ATTACKER, agent=before[2])])
    code, document = enforce(folder)
    assert (code, document["open"]) == (10, [ATTACKER])
    (folder / "dismissed.txt").write_text(f"{ATTACKER}\n")
    code, document = enforce(folder, "--dismissed", str(folder / "dismissed.txt"))
    assert (code, document["verdict"], document["changed"]) == (0, "granted", True)

    load = Load(world, 25)
    time.sleep(1)
    report = lab.must("up", STACK, "--skip-preview", folder=folder).report
    assert set(report["changes"]) <= {"same", "update"}, report["changes"]
    world.send_command("sync")
    after_flip = make_nonce()
    attacked = Load(world, 4, after_flip).ended()
    held = load.ended()
    assert held["ok"] > 0
    assert (held["failed"], attacked["failed"]) == (0, 0), (held["reasons"], attacked["reasons"])
    assert "attacker" not in arrived(world, after_flip)
    assert describe_host(lab) == before

    assert enforce(folder)[1]["verdict"] == "unchanged"
    assert document["subject"]["policyDigest"] == observed


def test_rollback_in_place_delivers_again_on_the_same_host(place: tuple[Lab, Path]) -> None:
    lab, folder = place
    world = world_of(lab, STACK)
    before = describe_host(lab)
    result = CliRunner().invoke(app, ["rollback", STACK, "--reason", "A partner's host is missing.", "-C", str(folder), "--json"])
    assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (0, "granted")
    lab.must("up", STACK, "--skip-preview", folder=folder)
    world.send_command("sync")
    nonce = make_nonce()
    assert Load(world, 2, nonce).ended()["failed"] == 0
    assert "attacker" in arrived(world, nonce)
    assert describe_host(lab) == before
