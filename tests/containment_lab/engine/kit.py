"""The conformance kit: its provider as a process, its programs in a folder of their own, and steps run on the lab engine.

`Bench.step` runs in this process, with program and pack on a warm interpreter (fast); `Bench.start` runs the command line in a child, for
what needs a process (kill, lock, stdout).
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from containment.cli.lab.deployment import build_document
from containment_lab.engine.report import Report
from containment_lab.engine.session import Session
from containment_lab.formats.config import Project
from containment_lab.formats.crypt import Crypter
from containment_lab.home import LabHome
from containment_lab.simulators import stop_simulators
from tests.support.recordings import KIT
from tests.support.warm import interpreter

PHRASE = "kit"
URN = "urn:pulumi:dev::conformance::"


@dataclass
class Outcome:
    """What one step did; `calls` are the provider's log, preview included."""

    exit: int
    json: dict[str, Any]
    calls: list[dict[str, Any]]
    state: dict[str, Any]


@dataclass
class Bench:
    """A folder with the kit's programs, stack config and lab home."""

    root: Path
    port: int
    phrase: str = PHRASE
    attached: str = "kit"
    talk: list[str] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def at(cls, root: Path, kit: Path = KIT) -> Iterator[Bench]:
        """Copy the kit, give the stack its encrypted config value, and run the kit's provider beside it."""
        shutil.copytree(kit / "programs", root / "programs")
        shutil.copytree(KIT / "pack", root / "pack")
        (root / "programs" / "Pulumi.dev.yaml").write_text(stack_settings())
        command = [str(interpreter()), str(KIT / "provider" / "__main__.py")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "KIT_LOG": str(root / "calls")}) as server:
            assert server.stdout is not None
            try:
                yield cls(root, int(server.stdout.readline()))
            finally:
                server.kill()
                stop_simulators(LabHome(root / "home"))  # a program with a package of the lab starts them

    @property
    def state_file(self) -> Path:
        """Where the engine keeps the stack."""
        return self.root / "home" / "stacks" / "conformance" / "dev.json"

    def state(self) -> dict[str, Any]:
        """Return the deployment as it is on disk."""
        return json.loads(self.state_file.read_text())["deployment"] if self.state_file.exists() else {}

    def env(self, program: str) -> dict[str, str]:
        """Return the environment that a run needs."""
        home = {"CONTAINMENT_LAB_HOME": str(self.root / "home"), "PULUMI_CONFIG_PASSPHRASE": self.phrase}
        return {**home, "KIT_PROGRAM": program, "PULUMI_DEBUG_PROVIDERS": f"{self.attached}:{self.port}"}

    @property
    def log(self) -> Path:
        """The provider's log, of all steps."""
        return self.root / "calls"

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the provider's calls, from the `since`-th on."""
        return [json.loads(line) for line in self.log.read_text().splitlines()[since:]] if self.log.exists() else []

    def step(self, command: str, program: str) -> Outcome:
        """Run a step of cases.json, e.g. `up+pack+skip-preview`, in this process."""
        verb, *flags = command.split("+")
        before = len(self.calls())
        with environment(self.env(program)), mock.patch.object(Project, "python", str(interpreter())):
            packs = [self.root / "pack"] if "pack" in flags else []
            session = Session(self.root / "programs", "dev", lambda preview: Report(preview, lambda *_: None, self.talk.append), packs)
            report = session.up("skip-preview" in flags) if verb == "up" else getattr(session, verb)()
            return Outcome(report.exit, build_document(report), self.calls(before), self.state())

    def start(
        self, verb: str, program: str, *more: str, python: str | Path = sys.executable, merged: bool = False
    ) -> subprocess.Popen[str]:
        """Start the command line in a child process; `merged` sends its stderr to the same pipe as its stdout."""
        command = [str(python), "-m", "containment.cli.lab.deployment", verb, "-C", str(self.root / "programs"), "--stack", "dev", *more]
        env = {**os.environ, **self.env(program)}
        stderr = subprocess.STDOUT if merged else subprocess.PIPE
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=env)


@functools.cache
def stack_settings() -> str:
    """Return the stack file: one secret, encrypted once a test process."""
    crypter = Crypter(PHRASE)
    return yaml.safe_dump({"encryptionsalt": crypter.salt, "config": {"conformance:token": {"secure": crypter.encrypt("s3cret")}}})


@contextlib.contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value
