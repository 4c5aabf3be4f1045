"""The scripts of a host: clean shell, and installers that do nothing untold, unaccepted, unpinned or unchecked."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "containment" / "host" / "scripts"
REAL = (
    *("cat", "cut", "sed", "grep", "sha256sum", "openssl", "base64", "mktemp", "rm", "dirname"),
    *("basename", "mkdir", "cp", "bash", "printf", "env"),
)


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.sh")))
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    tool = shutil.which("shellcheck")
    if tool is None:
        pytest.skip("shellcheck is not installed (Debian: apt-get install shellcheck)")
    done = subprocess.run([tool, "-x", script], capture_output=True, text=True, cwd=SCRIPTS, timeout=60)
    assert done.returncode == 0, done.stdout


class Host:
    """A folder as on a host, with stubs on PATH that write down how they were called."""

    def __init__(self, root: Path, harness: str, pins: str) -> None:
        self.root, self.harness = root, harness
        self.bin, self.calls = root / "bin", root / "calls"
        self.bin.mkdir()
        for name in ("installer-common.sh", f"install-{harness}.sh"):
            shutil.copy(SCRIPTS / name, root / name)
        (root / "installer.env").write_text(pins)
        for name in REAL:
            (self.bin / name).symlink_to(shutil.which(name) or f"/bin/{name}")

    def stub(self, name: str, body: str = "") -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls}"\n{body}\n')
        path.chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", str(self.root / f"install-{self.harness}.sh"), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            cwd=self.root,
            env={"PATH": str(self.bin), "PREFIX": str(self.root / "prefix"), **environment},
        )

    @property
    def called(self) -> str:
        return self.calls.read_text() if self.calls.exists() else ""


PACKAGE = b"the package that was reviewed"
SHA256 = "sha256-" + hashlib.sha256(PACKAGE).hexdigest()
SHA512 = "sha512-" + base64.b64encode(hashlib.sha512(PACKAGE).digest()).decode()
REGISTRY = 'if [ "$1 $2 $3" = "config get registry" ]; then echo "${REGISTRY:-https://registry.example/}"; fi'


def openclaw(root: Path, digest: str = SHA512, version: str = "1.2.3") -> Host:
    host = Host(root, "openclaw", f"PACKAGE=openclaw\nVERSION={version}\nDIGEST={digest}\nURL=\n")
    host.stub("node", 'if [ "$1" = -e ]; then exit "${NODE_TOO_OLD:-0}"; fi; echo v24.16.0')
    host.stub("npm", REGISTRY + f'\nif [ "$1" = pack ]; then printf %s "{PACKAGE.decode()}" >"openclaw-1.2.3.tgz"; fi')
    return host


def nemoclaw(root: Path, digest: str = SHA256, version: str = "v0.0.39", url: str = "https://vendor.example/installer.sh") -> Host:
    host = Host(root, "nemoclaw", f"PACKAGE=\nVERSION={version}\nDIGEST={digest}\nURL={url}\n")
    host.stub("docker")
    script = f'echo "ran $NEMOCLAW_INSTALL_TAG $NEMOCLAW_ACCEPT_THIRD_PARTY_SOFTWARE" >>"{host.calls}"'
    body = 'while [ $# -gt 0 ]; do if [ "$1" = --output ]; then out=$2; fi; shift; done'
    (root / "installer").write_text(script)
    host.stub("curl", body + f'; cat "{root}/installer" >"$out"')
    return host


def hermes(root: Path, digest: str = SHA256) -> Host:
    host = Host(root, "hermes", f"PACKAGE=hermes-agent\nVERSION=1.2.3\nDIGEST={digest}\nURL=\n")
    venv = (
        'if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit; fi\n'
        'case "$*" in *"config get"*) echo "${INDEX-}"; [ -n "${INDEX-}" ]; exit ;;\n'
        '*download*) while [ $# -gt 0 ]; do if [ "$1" = --dest ]; then mkdir -p "$2"; '
        f'printf %s "{PACKAGE.decode()}" >"$2/hermes_agent-1.2.3-py3-none-any.whl"; fi; shift; done ;; esac\nexit "${{NO_PYTHON:-0}}"'
    )
    host.stub("python3.11", venv)
    return host


ACCEPT = {"ACCEPT_THIRD_PARTY_SOFTWARE": "yes"}


@pytest.mark.parametrize("make", [openclaw, nemoclaw, hermes])
def test_untold_it_only_says_what_it_would_do(tmp_path: Path, make: type[Host]) -> None:
    host = make(tmp_path)
    done = host.run()
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("would install:", "fetched from:", "checked by:", "nothing was done"))
    assert not any(word in host.called for word in ("install", "pack", "download", "curl", "ran"))
    assert not (tmp_path / "prefix").exists()


@pytest.mark.parametrize("make", [openclaw, nemoclaw, hermes])
@pytest.mark.parametrize("environment", [{}, {"ACCEPT_THIRD_PARTY_SOFTWARE": "no"}, {"ACCEPT_THIRD_PARTY_SOFTWARE": "YES"}])
def test_without_acceptance_it_refuses(tmp_path: Path, make: type[Host], environment: dict[str, str]) -> None:
    host = make(tmp_path)
    done = host.run("--run", **environment)
    assert done.returncode == 2
    assert "ACCEPT_THIRD_PARTY_SOFTWARE=yes" in done.stderr
    assert not any(word in host.called for word in (" install", "pack", "download", "curl", "ran"))


@pytest.mark.parametrize("make", [openclaw, nemoclaw, hermes])
def test_a_package_that_is_another_one_is_not_installed(tmp_path: Path, make: type[Host]) -> None:
    wrong = "sha256-" + "0" * 64
    host = make(tmp_path, digest=wrong)  # type: ignore[call-arg]
    done = host.run("--run", **ACCEPT)
    assert done.returncode == 1
    assert "is not what was pinned" in done.stderr
    assert not any(word in host.called for word in ("npm install", "npm ci", "pip install", "--only-binary :all: /", "ran"))


@pytest.mark.parametrize("make", [openclaw, nemoclaw, hermes])
@pytest.mark.parametrize("digest", ["", "md5-00", "sha256"])
def test_without_a_digest_it_refuses(tmp_path: Path, make: type[Host], digest: str) -> None:
    done = make(tmp_path, digest=digest).run("--run", **ACCEPT)  # type: ignore[call-arg]
    assert done.returncode == 2
    assert "DIGEST" in done.stderr


def test_the_pinned_openclaw_is_installed_without_install_scripts(tmp_path: Path) -> None:
    host = openclaw(tmp_path)
    assert host.run("--run", **ACCEPT).returncode == 0
    (line,) = [line for line in host.called.splitlines() if line.startswith("npm install")]
    assert "--ignore-scripts" in line
    assert line.endswith("openclaw-1.2.3.tgz")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"REGISTRY": "http://registry.example/"}, "only https://"),
        ({"NODE_TOO_OLD": "1"}, "cannot run OpenClaw"),
        ({"VERSION": "latest"}, "moves"),
    ],
)
def test_openclaw_is_refused_over_http_on_an_old_node_or_as_a_moving_version(
    tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    host = openclaw(tmp_path)
    done = host.run("--run", **ACCEPT, **environment)
    assert done.returncode == 2
    assert says in done.stderr
    assert "npm pack" not in host.called


def test_a_lock_file_is_used_only_when_it_holds_the_pinned_package(tmp_path: Path) -> None:
    host = openclaw(tmp_path)
    lock = tmp_path / "lock.json"
    lock.write_text('{"integrity": "sha512-other"}')
    assert host.run("--run", **ACCEPT, LOCK_FILE=str(lock)).returncode == 2
    lock.write_text(f'{{"integrity": "{SHA512}"}}')
    assert host.run("--run", **ACCEPT, LOCK_FILE=str(lock)).returncode == 0
    assert "npm ci" in host.called
    assert host.run("--run", **ACCEPT, LOCK_FILE="/nowhere").returncode == 2


def test_nemoclaw_runs_exactly_the_reviewed_script_for_one_release(tmp_path: Path) -> None:
    host = nemoclaw(tmp_path)
    digest = "sha256-" + hashlib.sha256((tmp_path / "installer").read_bytes()).hexdigest()
    assert host.run("--run", **ACCEPT, DIGEST=digest).returncode == 0
    assert "ran v0.0.39 1" in host.called
    assert "--proto =https" in host.called


@pytest.mark.parametrize(
    ("environment", "says"),
    [({"URL": "http://vendor.example/x.sh"}, "only https://"), ({"VERSION": "latest"}, "moves"), ({"VERSION": "a b"}, "not a version")],
)
def test_nemoclaw_is_refused_over_http_or_without_one_release(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    host = nemoclaw(tmp_path)
    done = host.run("--run", **ACCEPT, **environment)
    assert (done.returncode, says in done.stderr) == (2, True)
    assert "curl" not in host.called


def test_a_release_must_be_named(tmp_path: Path) -> None:
    assert "no VERSION" in nemoclaw(tmp_path, version="").run("--run", **ACCEPT).stderr


def test_the_pinned_hermes_is_installed_from_its_wheel(tmp_path: Path) -> None:
    host = hermes(tmp_path)
    done = host.run("--run", **ACCEPT)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in host.called.splitlines() if " install " in line]
    assert "--only-binary :all:" in line
    assert line.endswith("hermes_agent-1.2.3-py3-none-any.whl")


def test_hermes_is_refused_from_an_index_over_http_and_without_a_fitting_python(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert "only https://" in hermes(tmp_path / "one").run("--run", **ACCEPT, INDEX="http://index.example/simple").stderr
    bare = hermes(tmp_path / "two")
    (bare.bin / "python3.11").unlink()
    assert "needs Python" in bare.run("--run", **ACCEPT).stderr
