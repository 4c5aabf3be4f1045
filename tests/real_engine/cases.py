"""The conformance cases on the official CLI: each step's command, and what it did in the recordings' form."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.real_engine.driver import COMMAND_SECONDS, command_environment, read_deployment, stack_crypter
from tests.support.recordings import CASES, FOLDERS, KIT, Step, without_run
from tests.support.warm import interpreter

PROJECT = "conformance"
STACK = "dev"


@dataclass(frozen=True)
class Bench:
    """A folder with a case's programs, policy pack and backend, and the kit's provider running."""

    cli: Path
    tools: Path
    root: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of every command."""
        return command_environment(self.tools, self.root) | {"PULUMI_DEBUG_PROVIDERS": f"kit:{self.port}"}

    @property
    def log(self) -> Path:
        """The provider's calls, one JSON object per line."""
        return self.root / "calls"

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the provider's calls from the `since`-th on."""
        return _lines(self.log)[since:]

    def command(self, *arguments: str) -> list[str]:
        """Return a command of the CLI in the programs' folder."""
        return [str(self.cli), "--non-interactive", "--color", "never", "-C", str(self.root / "programs"), *arguments]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command, with more in its environment."""
        command = self.command(*arguments)
        return subprocess.run(command, capture_output=True, text=True, env=self.environment | more, timeout=COMMAND_SECONDS)

    def step(self, number: int, command: str, program: str) -> Step:
        """Run one step and return what it did."""
        verb, *flags = command.split("+")
        journal, before = self.root / f"events{number}", len(self.calls())
        arguments = [verb, "--stack", STACK, "--parallel", "1", "--event-log", str(journal)]
        arguments += ["--yes"] * (verb != "preview")
        arguments += ["--skip-preview"] * ((verb == "up" and "skip-preview" in flags) or verb in ("destroy", "refresh"))
        arguments += ["--policy-pack", str(self.root / "pack")] * ("pack" in flags)
        killed = "kill" in flags
        code = self._kill_while_creating(arguments, program) if killed else self.run(*arguments, KIT_PROGRAM=program).returncode
        step = {"command": command, "program": program, "exit": code, "calls": self.calls(before), **_events(_lines(journal))}
        deployment = read_deployment(self.root, PROJECT, STACK)
        step["state"] = {key: deployment.get(key) or [] for key in ("resources", "pending_operations")}
        text = json.dumps(without_run(step, self.root))
        cleaned: Step = json.loads(re.sub(r"/[^\" ]*/(site-packages|bin|lib)/", r"<python>/\1/", text))
        return cleaned

    def _kill_while_creating(self, arguments: list[str], program: str) -> int:
        """Kill -9 the engine while the provider's slow Create is under way, and free the stack's lock."""
        environment = self.environment | {"KIT_PROGRAM": program}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(self.command(*arguments), env=environment, **quiet) as engine:
            while not any(call["call"] == "Create" and not call["preview"] and call["properties"].get("slow") for call in self.calls()):
                assert engine.poll() is None, "the engine ended before the slow Create"
                time.sleep(0.05)
            engine.kill()
        self.run("cancel", "--stack", STACK, "--yes")
        return engine.returncode


@contextlib.contextmanager
def bench(case: str, root: Path, cli: Path, tools: Path) -> Iterator[Bench]:
    """Copy a case's programs and the pack, and a backend with its stack, and run the provider."""
    shutil.copytree(FOLDERS[case] / "programs", root / "programs")
    shutil.copytree(KIT / "pack", root / "pack")
    (root / "programs" / f"Pulumi.{STACK}.yaml").write_text(_stack_settings())
    for name, content in _empty_backend(cli, tools).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    environment = command_environment(tools, root) | {"KIT_LOG": str(root / "calls")}
    command = [str(interpreter()), str(KIT / "provider" / "__main__.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as provider:
        assert provider.stdout is not None
        try:
            yield Bench(cli, tools, root, int(provider.stdout.readline()))
        finally:
            provider.kill()


def run_case(case: str, root: Path, cli: Path, tools: Path) -> Iterator[Step]:
    """Run a case's steps in a folder; yield what each did."""
    with bench(case, root, cli, tools) as found:
        for number, (command, program) in enumerate(CASES[case]):
            yield found.step(number, command, program)


def _stack_settings() -> str:
    """Return the stack file: one secret."""
    crypter = stack_crypter()
    secret = {"conformance:token": {"secure": crypter.encrypt("s3cret")}}
    return yaml.safe_dump({"encryptionsalt": crypter.salt, "config": secret})


@functools.cache
def _empty_backend(cli: Path, tools: Path) -> dict[str, bytes]:
    """Return the files of a backend after `stack init`, by path; they are the same for every case, and a process of the CLI is saved."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "programs").mkdir()
        shutil.copy(KIT / "programs" / "Pulumi.yaml", root / "programs")
        (root / "programs" / f"Pulumi.{STACK}.yaml").write_text(_stack_settings())
        done = Bench(cli, tools, root, 0).run("stack", "init", STACK)
        assert done.returncode == 0, done.stderr
        return {str(path.relative_to(root)): path.read_bytes() for path in (root / ".pulumi").rglob("*") if path.is_file()}


def _events(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the engine reported: counts, operations, violations, errors and warnings."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        for kind, content in event.items():
            if kind.endswith("Event"):
                by_kind.setdefault(kind, []).append(content)
    steps = [each["metadata"] for each in by_kind.get("resourcePreEvent", [])]
    return {
        "changes": [each.get("resourceChanges") or {} for each in by_kind.get("summaryEvent", [])],
        "operations": [{key: each[key] for key in ("op", "urn", "type", "diffs") if each.get(key)} for each in steps],
        "violations": [
            {
                "policy": each["policyName"],
                "urn": each.get("resourceUrn", ""),
                "level": each["enforcementLevel"],
                "message": each["message"].strip(),
            }
            for each in by_kind.get("policyEvent", [])
        ],
        "errors": _diagnostics(by_kind, "error"),
        "warnings": _diagnostics(by_kind, "warning"),
    }


def _diagnostics(by_kind: dict[str, list[dict[str, Any]]], severity: str) -> list[str]:
    found = [each["message"] for each in by_kind.get("diagnosticEvent", []) if each["severity"] == severity]
    return sorted({re.sub(r"\s+", " ", message).strip()[:300] for message in found})


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.exists() else []
