"""Drives the lab the way a person does, by its command line, and reads the cloud and the Controller back by themselves.

Nothing here uses the program's model: what was deployed is read with boto3 and over HTTPS only.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3

from tests.support import warm

REPOSITORY = Path(__file__).parents[2]
PACK = REPOSITORY / "policypack"


@dataclass(frozen=True)
class Run:
    """One command of the lab, finished."""

    code: int
    report: dict[str, Any]
    talk: str


@dataclass(frozen=True)
class Lab:
    """One lab home, with its own simulators and stacks.

    Commands, programs, packs and simulators are forks of a warm interpreter (`tests.support.warm`); `cold` starts each anew, for tests
    about processes.
    """

    home: Path
    cold: bool = False

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "CONTAINMENT_LAB_HOME": str(self.home), "NO_COLOR": "1"}

    def command(self, verb: str, stack: str, *more: str, folder: Path = REPOSITORY, pack: Path | None = PACK) -> list[str]:
        """Return a command of the lab, for a new interpreter."""
        return [sys.executable, "-m", *self.words(verb, stack, *more, folder=folder, pack=pack)]

    @staticmethod
    def words(verb: str, stack: str, *more: str, folder: Path = REPOSITORY, pack: Path | None = PACK) -> list[str]:
        """Return a command of the lab as `python -m` takes it."""
        judged = ["--policy-pack", str(pack)] if pack and verb in ("preview", "up") else []
        return ["containment", "lab", verb, "-C", str(folder), "--stack", stack, *judged, "--json", *more]

    def run(self, verb: str, stack: str, *more: str, folder: Path = REPOSITORY, pack: Path | None = PACK) -> Run:
        """Run a command to its end."""
        done = self._python("-m", *self.words(verb, stack, *more, folder=folder, pack=pack), timeout=240)
        report = json.loads(done.stdout) if done.stdout.strip() else {}
        return Run(done.returncode, report, done.stderr)

    def must(self, verb: str, stack: str, *more: str, folder: Path = REPOSITORY, pack: Path | None = PACK) -> Run:
        """Run a command that is expected to succeed."""
        run = self.run(verb, stack, *more, folder=folder, pack=pack)
        assert run.code == 0, f"{verb} {stack} ended with {run.code}\n{run.talk}\n{json.dumps(run.report.get('diagnostics'), indent=1)}"
        return run

    def __enter__(self) -> Self:
        """Return the lab, whose simulators end with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def bring_up(self, stack: str) -> None:
        """Bring up the platform and one stack."""
        self.platform()
        self.must("up", stack, "--skip-preview")

    def platform(self, verb: str = "up") -> Run:
        more = ["--skip-preview"] if verb == "up" else []
        return self.must(verb, "platform", *more, folder=REPOSITORY / "platform")

    @property
    def ports(self) -> dict[str, int]:
        return json.loads((self.home / "ports.json").read_text())

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{self.ports['aws']}",
            aws_access_key_id="reader",
            aws_secret_access_key="reader",
        )

    def controller(self) -> dict[str, Any]:
        """Return everything the Controller holds, as its own inventory says."""
        context = ssl.create_default_context(cafile=str(self.home / "controller-ca.pem"))
        with urllib.request.urlopen(f"https://127.0.0.1:{self.ports['controller']}/lab/inventory", context=context, timeout=20) as answer:
            return json.loads(answer.read())

    def start(self) -> None:
        """Start the simulators and nothing else."""
        self._done("env")

    def export(self, stack: str, folder: Path = REPOSITORY) -> str:
        """Return a stack's state as `lab export` prints it."""
        return self._done("export", "-C", str(folder), "--stack", stack)

    def down(self) -> None:
        """End the simulators."""
        self._done("down")

    def _done(self, *words: str) -> str:
        done = self._python("-m", "containment", "lab", *words, timeout=60)
        assert done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}\n{done.stderr}"
        return done.stdout

    def _python(self, *words: str, timeout: float) -> subprocess.CompletedProcess[str]:
        if not self.cold:
            return warm.run([*words], REPOSITORY, self.environment, timeout)
        command = [sys.executable, *words]
        return subprocess.run(command, capture_output=True, text=True, env=self.environment, cwd=REPOSITORY, timeout=timeout, check=False)
