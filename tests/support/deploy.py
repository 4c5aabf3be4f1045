"""Runs a Pulumi program on mocks, in a process of its own, and gives back what it registered.

The program is a function body in text or a folder's __main__.py; the graph comes back as plain data. A process each,
because Pulumi's runtime keeps settings for its whole process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]

_CHILD = """
import json, runpy, sys
import pulumi
from pulumi.runtime.settings import get_monitor

task = json.load(sys.stdin)

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return f"{args.name}-id", {**args.inputs, "uuid": f"{args.name}-uuid", "arn": f"arn:aws:mock:::{args.name}"}

    def call(self, args):
        return {"accountId": "123456789012", "id": "ami-0123456789abcdef0", "attachmentPointId": "point", "name": "x"}

pulumi.runtime.set_mocks(Mocks(), project="agent-containment", stack=task["stack"])
pulumi.runtime.set_all_config(task["config"])

@pulumi.runtime.test
def program():
    if task["source"] is None:
        runpy.run_path("__main__.py")
    else:
        exec(compile(task["source"], "program", "exec"), {"__name__": "__main__"})

try:
    program()
    error = None
except pulumi.RunError as raised:
    error = str(raised)
found = get_monitor().get_registered_resources()
print(json.dumps({"error": error, "resources": {urn: state for urn, (_, _, state) in found.items()}}, default=lambda value: "UNKNOWN"))
"""


@dataclass(frozen=True)
class Deployed:
    """What a program registered (URN -> inputs and outputs), or the error people saw."""

    error: str | None
    resources: dict[str, dict[str, Any]]

    def of_type(self, token: str) -> list[dict[str, Any]]:
        """Return every resource of a type token."""
        return [state for urn, state in self.resources.items() if urn.split("::")[2].split("$")[-1] == token]


def stack_config(stack: str, **overrides: str) -> dict[str, str]:
    """Return a shipped stack's configuration with what a laptop lacks."""
    config = yaml.safe_load((REPOSITORY / f"Pulumi.{stack}.yaml").read_text())["config"]
    given = {
        "aviatrix:controllerIp": "192.0.2.1",
        "aviatrix:username": "admin",
        "aviatrix:password": "x",
        "agent-containment:awsAccessAccount": "lab",
        "agent-containment:agentImageId": "ami-0123456789abcdef0",
    }
    merged = {**config, **given, **{f"agent-containment:{key}": value for key, value in overrides.items()}}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in merged.items()}


def deploy(stack: str, config: dict[str, str], source: str | None = None) -> Deployed:
    """Run the repository's program, or `source`, on mocks."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps({"stack": stack, "config": config, "source": source}),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip(), f"the program did not finish:\n{done.stderr[-3000:]}"
    return Deployed(**json.loads(done.stdout.strip().splitlines()[-1]))
