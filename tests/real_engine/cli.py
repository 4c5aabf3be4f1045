"""The official Pulumi CLI: the one on PATH, else one built once from its pinned Go module.

`cli/go.mod` has the CLI as a tool; `cli/go.sum` pins it and everything it needs. The program is kept in `.cache/`, in a folder named after
the version and a digest of the two files, so that another pin is another program. Go's own caches keep downloads and compiled packages.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

MODULE = Path(__file__).with_name("cli")
CACHE = Path(__file__).parents[2] / ".cache"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
GO_FOLDER = "/usr/local/go/bin"
"""Where Go's own archive installs it; often not on PATH."""
SWITCHES_SINCE = (1, 21)
"""The first Go that downloads a newer one by itself, where GOTOOLCHAIN permits it."""
STALL_SECONDS = 180.0
"""How long a download may bring nothing before the module proxy counts as not answering."""
PROGRESS_SECONDS = 10.0

NETWORK_TROUBLE = re.compile(
    r"dial |lookup |timeout|timed out|connection re(set|fused)|unreachable|no such host|TLS handshake|unexpected EOF|reading https?://|proxyconnect"
)


class Obstacle(Enum):
    """Why there is no CLI."""

    NO_GO = "no Go"
    NO_ANSWER = "no answer"
    BROKEN = "broken"


class Unavailable(Exception):
    """There is no official CLI here; the text is the reason, on one line."""

    def __init__(self, obstacle: Obstacle, reason: str) -> None:
        super().__init__(reason)
        self.obstacle = obstacle

    def is_failure(self, required: bool) -> bool:
        """Return whether this is a failure rather than a reason to skip: a broken build always, missing Go where the tests are required."""
        return self.obstacle is Obstacle.BROKEN or (required and self.obstacle is Obstacle.NO_GO)


@dataclass(frozen=True)
class Pin:
    """The release that a module folder pins."""

    folder: Path
    version: str
    go: tuple[int, ...]
    digest: str

    @classmethod
    def read(cls, folder: Path = MODULE) -> Pin:
        """Read `go.mod` and `go.sum`.

        Raises:
            ValueError: go.mod names no release of the CLI, or no Go version.
        """
        text = (folder / "go.mod").read_text()
        release = re.search(rf"^\s*{re.escape(PACKAGE.removesuffix('/cmd/pulumi'))} (v\S+)", text, re.M)
        go = re.search(r"^go (\S+)$", text, re.M)
        if not release or not go:
            raise ValueError(f"{folder / 'go.mod'} must have a `go` line and require {PACKAGE.removesuffix('/cmd/pulumi')}")
        digest = hashlib.sha256(text.encode() + (folder / "go.sum").read_bytes()).hexdigest()[:8]
        return cls(folder, release[1], numbers(go[1]), digest)

    def program(self, cache: Path = CACHE) -> Path:
        """Return where the program built from this pin is kept."""
        return cache / f"pulumi-{self.version}-{self.digest}" / "pulumi"


def find() -> Path | None:
    """Return the CLI on PATH, else the one built before, else None."""
    if found := shutil.which("pulumi"):
        return Path(found)
    built = Pin.read().program()
    return built if built.exists() else None


def find_or_build(report: Callable[[str], None], cache: Path = CACHE) -> Path:
    """Return the CLI on PATH, else build the pinned one unless that was done before.

    Args:
        report: is called with each line of progress.
        cache: the folder that built programs are kept in.

    Raises:
        Unavailable: Go is missing or too old, the module proxy does not answer, or the build fails.
    """
    if found := shutil.which("pulumi"):
        report(f"the official Pulumi CLI is on PATH: {found}")
        return Path(found)
    pin = Pin.read()
    program = pin.program(cache)
    program.parent.mkdir(parents=True, exist_ok=True)
    with (program.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(pin, program, _usable_go(pin), report)
    report(f"the official Pulumi CLI, built from source: {program}")
    return program


def _usable_go(pin: Pin) -> str:
    """Return the path of a Go that can build this pin."""
    needed = ".".join(map(str, pin.go))
    go = shutil.which("go", path=f"{os.environ.get('PATH', '')}{os.pathsep}{GO_FOLDER}")
    if go is None:
        raise Unavailable(Obstacle.NO_GO, f"no `pulumi` on PATH, and no Go to build it with: install Go {needed} or newer, or Pulumi")
    answer = subprocess.run([go, "version"], cwd="/", capture_output=True, text=True, check=False, env=_local(os.environ))
    version = re.search(r"\bgo(\d[\d.]*)", answer.stdout)
    if version is None:
        raise Unavailable(Obstacle.NO_GO, f"`{go} version` does not print a version: {(answer.stdout + answer.stderr).strip()[:200]}")
    if numbers(version[1]) >= pin.go:
        return go
    switches = subprocess.run([go, "env", "GOTOOLCHAIN"], cwd="/", capture_output=True, text=True, check=False).stdout.strip()
    if numbers(version[1]) < SWITCHES_SINCE or switches in ("", "local"):
        fix = f"install Go {needed}" + (", or set GOTOOLCHAIN=auto" if numbers(version[1]) >= SWITCHES_SINCE else "")
        raise Unavailable(Obstacle.NO_GO, f"Go {needed} or newer is needed to build the Pulumi CLI, and {go} is {version[1]}: {fix}")
    return go  # it downloads the newer one itself


def _build(pin: Pin, program: Path, go: str, report: Callable[[str], None]) -> None:
    """Download the modules and compile the CLI."""
    report(f"building the official Pulumi CLI {pin.version} from source, once: about 12 CPU-minutes after a download of some 300 modules")
    started = time.monotonic()
    listing = _run_go([go, "list", "-mod=readonly", "-deps", PACKAGE], pin.folder, "modules downloaded", report, STALL_SECONDS)
    total = len(listing.splitlines())
    unfinished = program.with_suffix(".unfinished")
    flags = f"-s -w -X {VERSION_VARIABLE}={pin.version}"
    command = [go, "build", "-mod=readonly", "-v", "-trimpath", "-ldflags", flags, "-o", str(unfinished), PACKAGE]
    _run_go(command, pin.folder, f"of {total} packages compiled", report, None)
    unfinished.replace(program)
    report(f"built in {time.monotonic() - started:.0f} s")


def _run_go(command: list[str], folder: Path, counted: str, report: Callable[[str], None], stall: float | None) -> str:
    """Run a Go command, report how many lines it printed on stderr, and return its stdout.

    Args:
        command: the command; Go prints one line on stderr per module it downloads, or per package it compiles with -v.
        folder: the module's folder.
        counted: what these lines count, for the progress line.
        report: is called with each line of progress.
        stall: seconds without a new line after which the module proxy counts as not answering; None waits for the end.

    Raises:
        Unavailable: the command fails or stalls.
    """
    lines: list[str] = []
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.PIPE, text=True, env={**os.environ, "GOWORK": "off"}
        )
        reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
        reader.start()
        count, changed = 0, time.monotonic()
        while process.poll() is None:
            reader.join(PROGRESS_SECONDS)
            if len(lines) > count:
                count, changed = len(lines), time.monotonic()
                report(f"  {count} {counted}")
            elif stall is not None and time.monotonic() - changed > stall and process.poll() is None:
                process.kill()
                process.wait()
                raise Unavailable(Obstacle.NO_ANSWER, f"the Go module proxy did not answer within {stall:.0f} s ({count} {counted})")
        reader.join()
        if len(lines) > count:
            report(f"  {len(lines)} {counted}")
        if process.returncode == 0:
            output.seek(0)
            return output.read()
    errors = [line.strip() for line in lines if not line.startswith("go: downloading")]
    last = errors[-1] if errors else f"exit code {process.returncode}"
    if "toolchain not available" in last:
        raise Unavailable(
            Obstacle.NO_GO, f"{command[0]} is too old to build the Pulumi CLI, and a newer Go could not be downloaded: {last}"
        )
    if NETWORK_TROUBLE.search(last):
        raise Unavailable(Obstacle.NO_ANSWER, f"the Go module proxy does not answer: {last}")
    raise Unavailable(Obstacle.BROKEN, f"`go {command[1]}` failed: {' | '.join(errors[-3:]) or last}")


def _local(environment: os._Environ[str]) -> dict[str, str]:
    """Return the environment with toolchain switching off, so that `go version` prints the installed version."""
    return {**environment, "GOTOOLCHAIN": "local"}


def version_of(program: Path) -> tuple[int, ...]:
    """Return the version that the CLI prints."""
    return numbers(subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout)


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers: "v1.26.6" is (1, 26, 6); a release candidate counts as its release."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("rc")[0]))
