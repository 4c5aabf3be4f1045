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
def test_shellcheck_finds_nothing(script: str) -> None:
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
def test_without_options_it_only_prints_what_it_would_do(tmp_path: Path, make: type[Host]) -> None:
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


def test_a_lock_file_is_used_only_when_it_contains_the_pinned_package(tmp_path: Path) -> None:
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


# The image recipe.

NODE = {"NODE_URL": "https://artifacts.example/node.tar.xz", "NODE_SHA256": hashlib.sha256(PACKAGE).hexdigest()}


@pytest.fixture
def builder(tmp_path: Path) -> Host:
    """Return a folder as a fresh build machine, with what `containment host --write` wrote beside it."""
    host = openclaw(tmp_path)
    ours = tmp_path / "files/opt/openclaw-vca"
    ours.mkdir(parents=True)
    for name in ("installer-common.sh", "install-openclaw.sh", "installer.env"):
        shutil.copy(tmp_path / name, ours / name)
    for name in ("cat", "chmod", "install"):
        if not (host.bin / name).exists():
            (host.bin / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    for name in ("apt-get", "systemctl", "cloud-init"):
        host.stub(name)
    host.stub("dpkg-query", "echo curl 7.81")
    host.stub("tar")
    host.stub("id", "echo 0")
    fetch = f'while [ $# -gt 0 ]; do if [ "$1" = --output ]; then printf %s "{PACKAGE.decode()}" >"$2"; fi; shift; done'
    host.stub("curl", fetch)
    sources = tmp_path / "disk/etc/apt/sources.list"
    sources.parent.mkdir(parents=True)
    sources.write_text("deb http://region.mirror.example/ubuntu/ jammy main\ndeb http://security.example/ubuntu jammy-security main\n")
    for name in ("ssh_host_ed25519_key", "ssh_config"):
        (tmp_path / "disk/etc/ssh").mkdir(exist_ok=True)
        (tmp_path / "disk/etc/ssh" / name).write_text("x")
    return host


def prepare(host: Host, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"HARNESS": "openclaw", "FILES": str(host.root / "files"), "ROOT": str(host.root / "disk"), **NODE, **environment}
    return subprocess.run(
        ["/bin/bash", str(SCRIPTS / "prepare-image.sh"), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PATH": str(host.bin), **given},
    )


def test_the_recipe_without_options_only_prints_what_it_would_do(builder: Host) -> None:
    done = prepare(builder)
    assert (done.returncode, builder.called) == (0, "")
    assert "nothing was done" in done.stdout


def test_the_recipe_leaves_no_http_source_and_nothing_of_the_build(builder: Host) -> None:
    done = prepare(builder, "--run", **ACCEPT)
    assert done.returncode == 0, done.stderr
    disk = builder.root / "disk"
    assert "http://" not in (disk / "etc/apt/sources.list").read_text()
    assert not (disk / "etc/ssh/ssh_host_ed25519_key").exists()
    assert (disk / "etc/ssh/ssh_config").exists()
    assert "curl 7.81" in (disk / "etc/openclaw-vca-packages.txt").read_text()
    assert (disk / "etc/machine-id").read_text() == ""
    assert "npm install" in builder.called
    assert "cloud-init clean" in builder.called
    assert "systemctl disable --now ssh.socket" in builder.called


def test_the_recipe_uses_your_own_sources(builder: Host) -> None:
    mine = {"APT_MIRROR": "https://artifacts.example/ubuntu/", "NPM_REGISTRY": "https://artifacts.example/npm/"}
    assert prepare(builder, "--run", **ACCEPT, **mine).returncode == 0
    lines = (builder.root / "disk/etc/apt/sources.list").read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["https://artifacts.example/ubuntu/"] * 2
    assert (builder.root / "disk/etc/npmrc").read_text() == "registry=https://artifacts.example/npm/\n"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"APT_MIRROR": "http://mirror.example/ubuntu"}, "only https://"),
        ({"NPM_REGISTRY": "http://mirror.example/npm"}, "only https://"),
        ({"NODE_URL": "http://mirror.example/node.tar.xz"}, "only https://"),
        ({"NODE_SHA256": ""}, "without NODE_SHA256"),
        ({"NODE_URL": "", "NODE_SHA256": ""}, "needs NODE_URL"),
        ({"HARNESS": "hermes"}, "needs TIRITH_URL"),
        ({"HARNESS": "nonesuch"}, "none, openclaw, nemoclaw or hermes"),
        ({"FILES": "/nowhere"}, "FILES must name"),
        ({"ACCEPT_THIRD_PARTY_SOFTWARE": "no"}, "ACCEPT_THIRD_PARTY_SOFTWARE=yes"),
    ],
)
def test_the_recipe_refuses_and_touches_nothing(builder: Host, environment: dict[str, str], says: str) -> None:
    done = prepare(builder, "--run", **{**ACCEPT, **environment})
    assert done.returncode == 2
    assert says in done.stderr
    assert not any(word in builder.called for word in ("apt-get", "curl", "npm"))


def test_the_recipe_stops_at_a_download_that_is_another_one(builder: Host) -> None:
    done = prepare(builder, "--run", **{**ACCEPT, "NODE_SHA256": "0" * 64})
    assert done.returncode == 1
    assert "is not what was pinned" in done.stderr
    assert "npm install" not in builder.called
