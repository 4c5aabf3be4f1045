"""Specs of every class and harness, and a small world to run the host's probes in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from containment.certificate_authority import CertificateAuthority, create_key, encode_pem
from containment.host.cloud_config import parse_written_files
from containment.host.first_boot import build_user_data
from tests.containment.conftest import SpecOf

NAMESPACE = ["unshare", "--net", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net", "--mount"]

NAMES = ("model.test", "core-a.test", "core-b.test", "ssm.test", "shadow.test", "attacker.test", "wanted.test")


@pytest.fixture(scope="session")
def folder(spec_of: SpecOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what lands in /opt/openclaw-vca of a coding host, as cloud-init would write it."""
    out = tmp_path_factory.mktemp("opt")
    for each in parse_written_files(build_user_data(spec_of(installMode="openclaw"))):
        if each.path.startswith("/opt/openclaw-vca/"):
            path = out / Path(each.path).name
            path.write_bytes(each.content)
            path.chmod(int(each.mode, 8))
    return out


@dataclass(frozen=True)
class Seen:
    """One run of verify-egress.sh in a small world: exit code, lines, and the nonces that some server received."""

    code: int
    lines: list[str]
    stderr: str
    received: list[str]

    def probe(self, name: str) -> tuple[str, str]:
        """Return verdict and observation of the one probe with this id (and, after a space, this target)."""
        found = [line.split(" ", 5) for line in self.lines if line.startswith("PROBE ")]
        (one,) = [each for each in found if each[2] == name or f"{each[2]} {each[3]}" == name]
        return one[4], one[5]

    def verdicts(self) -> dict[str, str]:
        """Return the worst verdict of each probe id."""
        order = ["PASS", "NOT-TESTED", "FAIL"]
        out: dict[str, str] = {}
        for line in self.lines:
            if line.startswith("PROBE "):
                _, _, name, _, verdict, _ = line.split(" ", 5)
                out[name] = max(out.get(name, "PASS"), verdict, key=order.index)
        return out

    def tests(self) -> dict[str, str]:
        return {line.split()[1]: line.split()[3] for line in self.lines if line.startswith("TEST ")}


World = Callable[..., Seen]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two authorities: `trusted` and `foreign`, each with a server certificate for every name."""
    out = tmp_path_factory.mktemp("ca")
    for name in ("trusted", "foreign"):
        authority, key = CertificateAuthority.create(name), create_key()
        (out / f"{name}-ca.pem").write_text(encode_pem(authority.certificate))
        (out / f"{name}.pem").write_text(encode_pem(key) + authority.sign_server_certificate(NAMES, key))
    return out


@pytest.fixture
def world(folder: Path, certificates: Path, tmp_path: Path) -> World:
    """Return a function that runs verify-egress.sh in a network namespace of its own; see small_world.py for what can be set."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
        pytest.skip("network namespaces cannot be made here")

    def run(environment: dict[str, str], **settings: Any) -> Seen:
        given = {"script": str(folder / "verify-egress.sh"), "certificates": str(certificates), **settings}
        config = tmp_path / "world.json"
        config.write_text(json.dumps({**given, "environment": environment}))
        program = Path(__file__).with_name("small_world.py")
        done = subprocess.run([*NAMESPACE, sys.executable, str(program), str(config)], capture_output=True, text=True, timeout=90)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        return Seen(said["code"], said["stdout"].splitlines(), said["stderr"], said["received"])

    return run
