"""Runs a Pulumi program on mocks, in another process, and gives back what it registered.

The program is a function body in text or the repository's __main__.py; the graph comes back as plain data.
"""

from __future__ import annotations

import contextlib
import json
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import yaml
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs
from pulumi.runtime.settings import get_monitor, set_root_resource

from components.aviatrix import ownership
from tests.support import stack_traces
from tests.support.child import REPOSITORY, ask, serve


class Mocks(pulumi.runtime.Mocks):
    """Answers everything at once: resources have an id, a uuid and an ARN, data sources one account."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a resource."""
        return f"{args.name}-id", {**args.inputs, "uuid": f"{args.name}-uuid", "arn": f"arn:aws:mock:::{args.name}"}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Answer a data source."""
        return {"accountId": "123456789012", "id": "ami-0123456789abcdef0", "attachmentPointId": "point", "name": "x"}, []


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


def deploy(stack: str, config: dict[str, str], source: str | None = None, *, platform: bool = True, folder: Path = REPOSITORY) -> Deployed:
    """Run the repository's program, or `source`, on mocks.

    `platform` stands for a Controller that has the stack's attachment point; `folder` has the stack files and the agent files.
    """
    task = {"stack": stack, "config": config, "source": source, "platform": platform, "folder": str(folder)}
    return Deployed(**ask("tests.support.deploy", task))


def answer(task: dict[str, Any]) -> dict[str, Any]:
    """Run one program here."""
    set_root_resource(None)  # the last program's transformations hang on its root
    pulumi.runtime.set_mocks(Mocks(), project="agent-containment", stack=task["stack"])
    pulumi.runtime.set_all_config(task["config"])

    @pulumi.runtime.test
    def program() -> None:
        if task["source"] is None:
            runpy.run_path(str(REPOSITORY / "__main__.py"))
        else:
            exec(compile(task["source"], "program", "exec"), {"__name__": "__main__"})

    error = None
    there = {"refuse_missing_point": mock.DEFAULT, "refuse_missing_profile": mock.DEFAULT}
    platform = mock.patch.multiple(ownership, **there) if task["platform"] else contextlib.nullcontext()
    try:
        with platform, contextlib.chdir(task["folder"]):
            program()
    except pulumi.RunError as raised:
        error = str(raised)
    found = get_monitor().get_registered_resources()
    return {"error": error, "resources": {urn: state for urn, (_, _, state) in found.items()}}


if __name__ == "__main__":
    stack_traces.leave_out()
    serve(answer)
