"""What the tests of the lab's data plane share: a world of a lab's stack, load from its agent, and what is left of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from containment_lab.home import LabHome
from containment_lab.network.control import LabNetwork
from tests.deployment.lab import REPOSITORY, Lab


def world_of(lab: Lab, stack: str) -> LabNetwork:
    world = LabNetwork(LabHome(lab.home), stack)
    world.bring_up()
    return world


def containment(lab: Lab, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "containment", "lab", *words]
    return subprocess.run(command, capture_output=True, text=True, env=lab.environment, cwd=REPOSITORY, timeout=240)


def find_decision(world: LabNetwork, machine: str, name: str) -> dict[str, Any] | None:
    """Return the first decision of a stack's rules on a machine's TLS flow to a name, whose address needs no query; None without one."""
    before = world.send_command("decisions")["count"]
    command = ["curl", "-sk", "-m", "4", "--resolve", f"{name}:443:198.19.1.7", f"https://{name}/"]
    subprocess.run([*world.build_entering_command(machine), *command], capture_output=True, check=False)
    found = [each for each in world.await_decisions(before, every_source=True) if each["server_name"] == name]
    return next((each for each in found if str(each["rule"]).startswith("vca-")), None)


class Load:
    """Permitted connections from the agent host for some seconds, while the attacker is tried as well."""

    def __init__(self, world: LabNetwork, seconds: float, nonce: str = "", name: str = "github.com", workers: int = 2) -> None:
        words = [
            sys.executable,
            "-m",
            "containment_lab.validation.load",
            "--name",
            name,
            "--seconds",
            str(seconds),
            "--workers",
            str(workers),
        ]
        command = world.build_privileged_command([*words, *(["--attack", nonce] if nonce else [])])
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")

    def ended(self) -> dict[str, Any]:
        out, err = self._process.communicate(timeout=120)
        assert out, err
        return json.loads(out)


def arrived(world: LabNetwork, nonce: str) -> set[str]:
    return {each["holder"] for each in world.send_command("receipts", nonce=nonce)}


def left_of(home: Path) -> list[str]:
    """Return the command lines of processes that have to do with a lab home."""
    out = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(home) in words and "pytest" not in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            out.append(words)
    return out
