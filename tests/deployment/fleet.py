"""A project with a fleet of its own in a folder, driven by `containment fleet` as processes that can be killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.containment.vending.files import write_agent
from tests.deployment.lab import REPOSITORY, Lab
from tests.support import warm

COMMAND_SECONDS = 1500
STUCK_SECONDS = 600
_FLEET = ("-m", "containment", "fleet")


@dataclass(frozen=True)
class FleetProject:
    """A folder with the program, stack files and agent files, and the lab that it is deployed to."""

    folder: Path
    lab: Lab

    @classmethod
    def write(cls, folder: Path, lab: Lab, stacks: Mapping[str, int]) -> FleetProject:
        """Write a project.

        Args:
            folder: its folder.
            lab: the lab.
            stacks: shipped stacks, each with its number of agent files.
        """
        folder.mkdir()
        for name in ("Pulumi.yaml", "__main__.py", *(f"Pulumi.{stack}.yaml" for stack in stacks)):
            shutil.copy(REPOSITORY / name, folder / name)
        shutil.copytree(REPOSITORY / "platform", folder / "platform")
        (folder / "policypack").symlink_to(REPOSITORY / "policypack")
        (folder / ".venv").symlink_to(Path(sys.prefix))
        for stack, count in stacks.items():
            for number in range(count):
                write_agent(folder, f"{stack.rpartition('-')[0]}-{number}", stack=stack)
        return cls(folder, lab)

    def set_value(self, stack: str, key: str, value: str | None) -> None:
        """Set a key of a stack file, or remove it."""
        path = self.folder / f"Pulumi.{stack}.yaml"
        document = yaml.safe_load(path.read_text())
        document["config"].pop(f"agent-containment:{key}", None)
        if value is not None:
            document["config"][f"agent-containment:{key}"] = value
        path.write_text(yaml.safe_dump(document))

    def run(self, *words: str) -> tuple[int, dict[str, Any], str]:
        """Run a command to its end, and return its exit code, its JSON answer and its stderr."""
        done = warm.run([*_FLEET, *words, "--json"], self.folder, self.lab.environment, COMMAND_SECONDS)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout), done.stderr

    def kill_at(self, resources: int, *words: str) -> None:
        """Run a command in an interpreter of its own, and kill it (-9) when the states of all stacks have so many resources.

        Its engines may still record what is under way when this returns; the next run waits for their locks.
        """
        talk = self.folder / "talk.log"
        with talk.open("w") as out:
            process = subprocess.Popen([sys.executable, *_FLEET, *words], cwd=self.folder, env=self.lab.environment, stdout=out, stderr=out)
            over = time.monotonic() + STUCK_SECONDS
            while process.poll() is None and self.count_resources() < resources:
                assert time.monotonic() < over, f"{self.count_resources()} of {resources} resources\n{talk.read_text()}"
                time.sleep(0.02)
            process.kill()
            process.wait()
        assert process.returncode == -9, f"it ended with {process.returncode} before it had {resources} resources\n{talk.read_text()}"

    def read_states(self) -> dict[str, list[dict[str, Any]]]:
        """Return the resources in the state of each stack."""
        found = {}
        for path in (self.lab.home / "stacks" / "agent-containment").glob("*.json"):
            found[path.stem] = json.loads(path.read_text())["deployment"].get("resources") or []
        return found

    def count_resources(self) -> int:
        """Return the number of resources in all states."""
        return sum(len(each) for each in self.read_states().values())

    def find_orphans(self) -> list[str]:
        """Return networks, hosts, endpoints and subnets in the cloud that no state has."""
        known = {str(one.get("id")) for resources in self.read_states().values() for one in resources}
        ec2 = self.lab.aws("ec2")
        vpcs = [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"] if not one.get("IsDefault")]
        inside = [{"Name": "vpc-id", "Values": vpcs or ["none"]}]
        hosts = [
            one["InstanceId"]
            for reservation in ec2.describe_instances(Filters=[{"Name": "tag:Role", "Values": ["openclaw-agent-harness"]}])["Reservations"]
            for one in reservation["Instances"]
            if one["State"]["Name"] != "terminated"
        ]
        endpoints = [
            one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints(Filters=inside)["VpcEndpoints"] if one["State"] != "deleted"
        ]
        subnets = [one["SubnetId"] for one in ec2.describe_subnets(Filters=inside)["Subnets"]]
        return [one for one in (*vpcs, *hosts, *endpoints, *subnets) if one not in known]
