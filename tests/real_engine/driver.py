"""The official CLI on folders of programs, attached to the lab's providers, with a backend in a folder."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from containment_lab import simulators
from containment_lab.formats.config import Project, is_hidden
from containment_lab.formats.crypt import Crypter
from containment_lab.home import LabHome
from tests.deployment.lab import PACK, REPOSITORY, Lab

LANGUAGE_HOST = Path(__file__).with_name("language_host.py")
PASSPHRASE = "test"
COMMAND_SECONDS = 600
"""Far beyond what any command takes: a hang ends as a failure."""


SAME = ("same", "refresh")
"""Operations that change nothing; a refresh that finds a difference ends as an update."""


@dataclass(frozen=True)
class Outcome:
    """One command of the CLI, ended."""

    code: int
    stdout: str
    stderr: str
    events: list[dict[str, Any]]

    @property
    def printed(self) -> str:
        """Return everything that the command printed."""
        return self.stdout + self.stderr

    @property
    def changes(self) -> dict[str, int]:
        """Count the resources by operation, as the command's summary does."""
        summaries = [each["summaryEvent"] for each in self.events if "summaryEvent" in each]
        return dict(summaries[-1].get("resourceChanges") or {}) if summaries else {}

    @property
    def changed_types(self) -> Counter[tuple[str, str]]:
        """Count what changed by (operation, type)."""
        steps = [each["resourcePreEvent"]["metadata"] for each in self.events if "resourcePreEvent" in each]
        return Counter((step["op"], step["type"]) for step in steps if step["op"] != "same")

    @property
    def differences(self) -> list[str]:
        """Return what differs, resource by resource, with the properties; of a refresh, what was read that was not in the state."""
        kinds = ("resourcePreEvent", "resOutputsEvent")
        steps = [each[kind]["metadata"] for each in self.events for kind in kinds if kind in each]
        return sorted({f"{each['op']} {each['urn'].rsplit('$')[-1]} {each.get('diffs') or ''}" for each in steps if each["op"] not in SAME})

    @property
    def violations(self) -> set[tuple[str, str]]:
        """Return (policy, level) of every violation."""
        found = [each["policyEvent"] for each in self.events if "policyEvent" in each]
        return {(each["policyName"], each["enforcementLevel"]) for each in found}

    @property
    def errors(self) -> list[str]:
        """Return what the engine reported as errors."""
        found = [each["diagnosticEvent"] for each in self.events if "diagnosticEvent" in each]
        return [each["message"].strip() for each in found if each["severity"] == "error"]

    @property
    def complaints(self) -> list[str]:
        """Return the messages of violations."""
        return [each["policyEvent"]["message"].strip() for each in self.events if "policyEvent" in each]


@dataclass(frozen=True)
class Official:
    """The official CLI with one backend, on the providers of one lab."""

    cli: Path
    tools: Path
    """A folder first on PATH: the language host where the official one is not on PATH, and python3."""
    folder: Path
    """A copy of the program, with the stacks' files; the backend and the CLI's own home are in it as well."""
    lab: Lab

    def environment(self) -> dict[str, str]:
        """Return the environment of every command."""
        home = LabHome(self.lab.home)
        aws, aviatrix = simulators.attach(home, "aws"), simulators.attach(home, "aviatrix")
        # The CLI looks a parameterized package up under its base plugin's name; a resource without a package's SDK, under its own.
        attached = f"aws:{aws},terraform-provider:{aviatrix},aviatrix:{aviatrix}"
        return command_environment(self.tools, self.folder) | {"PULUMI_DEBUG_PROVIDERS": attached}

    def run(self, project: Path, verb: str, *arguments: str) -> Outcome:
        """Run one command in a project's folder, whatever it ends with."""
        journal = self.folder / f"events-{time.monotonic_ns()}"
        logged = ["--event-log", str(journal)] if verb in ("preview", "up", "refresh", "destroy") else []
        done = subprocess.run(
            [str(self.cli), "--non-interactive", "--color", "never", "-C", str(project), verb, *arguments, *logged],
            capture_output=True,
            text=True,
            env=self.environment(),
            timeout=COMMAND_SECONDS,
        )
        events = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
        return Outcome(done.returncode, done.stdout, done.stderr, events)

    def must(self, project: Path, verb: str, *arguments: str) -> Outcome:
        """Run a command that is expected to succeed."""
        outcome = self.run(project, verb, *arguments)
        reason = [*outcome.errors, *map(str, sorted(outcome.violations)), *outcome.complaints] or [outcome.printed[-4000:]]
        assert outcome.code == 0, "\n".join([f"pulumi {verb} {' '.join(arguments)} ended with {outcome.code}", *reason])
        return outcome

    def preview(self, project: Path, stack: str) -> Outcome:
        """Preview a stack, judged by the policy pack."""
        return self.must(project, "preview", "--stack", stack, "--policy-pack", str(PACK))

    def up(self, project: Path, stack: str) -> Outcome:
        """Bring a stack up, judged by the policy pack."""
        return self.must(project, "up", "--yes", "--skip-preview", "--stack", stack, "--policy-pack", str(PACK))

    def resources(self, project: Path, stack: str) -> list[dict[str, Any]]:
        """Return the resources in a stack's state."""
        found: list[dict[str, Any]] = read_deployment(self.folder, Project.load(project).name, stack).get("resources") or []
        return found

    def prepare(self, project: Path, stack: str) -> None:
        """Make a stack and give its file what a laptop lacks: credentials, the Controller's address, an image."""
        settings = project / f"Pulumi.{stack}.yaml"
        own = (yaml.safe_load(settings.read_text()) or {}).get("config") or {} if settings.exists() else {}
        declared = Project.load(project)
        overlay = simulators.build_overlay(LabHome(self.lab.home), frozenset(declared.get_declarations()), declared.name)
        crypter = stack_crypter()
        lacking = {key: {"secure": crypter.encrypt(value)} if is_hidden(key) else value for key, value in overlay.items()}
        settings.write_text(yaml.safe_dump({"encryptionsalt": crypter.salt, "config": {**lacking, **own}}))
        self.must(project, "stack", "init", stack)

    def configure(self, project: Path, stack: str, key: str, value: str) -> None:
        """Set one plain configuration value; a list's element by a path, `key[0]`."""
        self.must(project, "config", "set", "--stack", stack, "--plaintext", "--path", key, value)


@functools.cache
def stack_crypter() -> Crypter:
    """Return what encrypts the secrets of every stack file: a key derived from the passphrase once, as that is made to cost time."""
    return Crypter(PASSPHRASE)


def read_deployment(backend: Path, project: str, stack: str) -> dict[str, Any]:
    """Return a stack's deployment from a backend's folder: what `stack export` prints, without a process of the CLI."""
    checkpoint = json.loads((backend / ".pulumi" / "stacks" / project / f"{stack}.json").read_text())["checkpoint"]
    found: dict[str, Any] = checkpoint.get("latest") or {}
    return found


def command_environment(tools: Path, folder: Path) -> dict[str, str]:
    """Return the environment of a command whose backend and own home are in `folder`, with `tools` first on PATH."""
    return {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(folder / ".pulumi-home"),
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DEBUG_COMMANDS": "true",  # --event-log
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "GOGC": "400",  # a command lives for seconds: garbage collection is a tenth of its time
    }


def copy_programs(folder: Path, more: Mapping[str, tuple[str, str]]) -> None:
    """Copy the program with its stacks' files, the platform and the samples into a folder.

    Args:
        folder: the folder.
        more: further stacks: the shipped stack that each has the configuration of, and the network that it has instead.
    """
    for name in ("Pulumi.yaml", "__main__.py", "platform", *(path.name for path in REPOSITORY.glob("Pulumi.*.yaml"))):
        source = REPOSITORY / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    shutil.copytree(REPOSITORY / "tests" / "samples", folder / "tests" / "samples")
    for stack, (shipped, network) in more.items():
        settings = yaml.safe_load((REPOSITORY / f"Pulumi.{shipped}.yaml").read_text())
        settings["config"]["agent-containment:vpcCidr"] = network
        (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(settings))
    (folder / ".venv").symlink_to(Path(sys.prefix))


def make_tools(folder: Path, python: Path) -> None:
    """Fill a folder for PATH: python3, and the language host where the official one is not on PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    commands = {"python3": f'"{python}"'}
    if shutil.which("pulumi-language-python") is None:
        commands["pulumi-language-python"] = f'"{python}" "{LANGUAGE_HOST}"'
    for name, command in commands.items():  # scripts, because a virtual environment's Python is not found through a link
        (folder / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / name).chmod(0o755)
