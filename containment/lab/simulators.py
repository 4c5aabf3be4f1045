"""The processes behind a lab home: started on first need, shared by every command, ended by `down`.

Three: `cloud` (AWS), `controller` (Aviatrix), `providers` (what the engine talks to). Each runs in a session of its own, logs to the home,
outlives the command that started it, and ends by itself when the home's folder is deleted. What runs is written in `simulators.json`
with process id and start time, so that nothing else is ever taken for ours. One that died is started again on the next need; the cloud
then is empty (`refresh` and `up` rebuild). Needs Linux's /proc.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from containment.lab.home import LabHome, write_whole

WAIT_SECONDS = 60.0
"""How long a simulator may take to answer after its start."""
PREPARED_IMAGE = "ami-00000000000022041"
"""The image a host starts from unless its stack names one: `containment.lab.cloud.images` has it."""
NEEDS = {"aws": ("cloud", "providers"), "aviatrix": ("cloud", "controller", "providers")}
"""Package → the processes it needs."""
_PORTS = {"cloud": "aws", "controller": "controller", "providers": "aws_provider"}


class SimulatorError(Exception):
    """A simulator could not be started or stopped; the text names its log."""


@dataclass(frozen=True)
class Running:
    """One process of ours; `started` is its start time in clock ticks since boot, which makes the pid unmistakable."""

    pid: int
    started: int


@dataclass(frozen=True)
class Status:
    """What is known of one simulator: pid and resident memory (KiB) are None when it does not run."""

    name: str
    port: int
    pid: int | None
    rss_kib: int | None
    log: Path


def overlay(home: LabHome, declared_keys: frozenset[str], project: str) -> dict[str, str]:
    """Return the config a stack lacks on a laptop, as `--config` would give it; starts nothing.

    `declared_keys` are the config keys the project declares (with or without its name in front).
    """
    ports = home.ports()
    out = {
        "aws:region": "us-east-1",
        "aws:accessKey": "AKIALABLABLABLABLAB0",
        "aws:secretKey": "lab-only-not-a-secret",
        "aviatrix:controllerIp": f"127.0.0.1:{ports.controller}",
        "aviatrix:username": "admin",
        "aviatrix:password": _password(home),
        "aviatrix:verifySslCertificate": "true",
        "aviatrix:pathToCaCertificate": str(home.controller_ca),
    }
    for key, value in {"awsAccessAccount": "lab", "agentImageId": PREPARED_IMAGE}.items():
        if {key, f"{project}:{key}"} & declared_keys:
            out[f"{project}:{key}"] = value
    return out


def attach(home: LabHome, package: str) -> int | None:
    """Return the gRPC port that serves a package, its simulators running; None for a package the lab does not serve.

    Raises SimulatorError, naming the log, when one does not answer in time.
    """
    if package not in NEEDS:
        return None
    ports = home.ports()
    if not _all_up(home, package):
        with _locked(home):
            _start(home, NEEDS[package])
    return ports.aws_provider if package == "aws" else ports.aviatrix_provider


def status(home: LabHome) -> list[Status]:
    """Return what runs now."""
    running = _record(home)
    ports = asdict(home.ports())
    out = []
    for name, port in _PORTS.items():
        process = running.get(name)
        alive = process is not None and _alive(process)
        pid = process.pid if process and alive else None
        out.append(Status(name, ports[port], pid, _rss(pid) if pid else None, home.log_file(name)))
    return out


def down(home: LabHome, patience: float = 5.0) -> list[str]:
    """End this home's simulators and wait until they are gone; return the names of those that ran."""
    with _locked(home):
        running = {name: process for name, process in _record(home).items() if _alive(process)}
        for process in running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while any(map(_alive, running.values())) and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in running.values():
            _signal(process, signal.SIGKILL)
        while any(map(_alive, running.values())):
            if time.monotonic() > deadline + patience:
                raise SimulatorError(f"these processes of {home.root} do not end: {', '.join(sorted(running))}; see `ps`")
            time.sleep(0.02)
        (home.root / "simulators.json").unlink(missing_ok=True)
        return sorted(running)


# -- starting -------------------------------------------------------------------------------------------------------------


def _all_up(home: LabHome, package: str) -> bool:
    """Tell, in about a millisecond, whether everything a package needs runs and listens."""
    running = _record(home)
    ports = asdict(home.ports())
    return all(name in running and _alive(running[name]) and _listens(ports[_PORTS[name]]) for name in NEEDS[package])


def _start(home: LabHome, names: tuple[str, ...]) -> None:
    """Start what is missing and wait until all of it answers; the caller holds the lock."""
    running = {name: process for name, process in _record(home).items() if _alive(process)}
    missing = [name for name in names if name not in running]
    if missing:
        print(f"starting the lab's {', '.join(missing)} ...", file=sys.stderr, flush=True)
    if "controller" in missing:
        _password(home)  # the Controller reads it from its settings when it starts
    for name in missing:
        running[name] = _launch(home, name)
        write_whole(home.root / "simulators.json", json.dumps({key: asdict(value) for key, value in running.items()}, indent=1))
    ports = asdict(home.ports())
    deadline = time.monotonic() + WAIT_SECONDS
    for name in names:
        while not (_ready(ports[_PORTS[name]]) if name == "cloud" else _listens(ports[_PORTS[name]])):
            if not _alive(running[name]):
                raise SimulatorError(f"the lab's {name} ended while it started: {_last_line(home, name)} (log: {home.log_file(name)})")
            if time.monotonic() > deadline:
                raise SimulatorError(f"the lab's {name} does not answer after {WAIT_SECONDS:.0f} s (log: {home.log_file(name)})")
            time.sleep(0.02)


_children: dict[int, subprocess.Popen[bytes]] = {}


def _launch(home: LabHome, name: str) -> Running:
    """Start one process in a session of its own, without the user's AWS, Pulumi and proxy settings."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("AWS_", "PULUMI_", "MOTO_"))}
    kept = {key: value for key, value in kept.items() if not key.upper().endswith("_PROXY")}
    with home.log_file(name).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", f"containment.lab.{name}", "--home", str(home.root)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd="/",
            env={**kept, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    _children[child.pid] = child
    started = _started(child.pid)
    if started is None:
        raise SimulatorError(f"the lab's {name} ended at once (log: {home.log_file(name)})")
    return Running(child.pid, started)


@contextlib.contextmanager
def _locked(home: LabHome, name: str = "simulators") -> Iterator[None]:
    """Hold a lock of the home, start-and-stop unless told; it goes with the process that holds it."""
    with (home.root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _password(home: LabHome) -> str:
    """Return the Controller's password, made up once for a home and kept in the Controller's settings."""
    settings = home.root / "controller.json"
    known = json.loads(settings.read_text()) if settings.exists() else {}
    if not known.get("password"):
        with _locked(home, "controller"):
            known = json.loads(settings.read_text()) if settings.exists() else {}
            known.setdefault("password", secrets.token_urlsafe(18))
            write_whole(settings, json.dumps(known, indent=1) + "\n")
            settings.chmod(0o600)
    return str(known["password"])


# -- looking ----------------------------------------------------------------------------------------------------------------


def _record(home: LabHome) -> dict[str, Running]:
    file = home.root / "simulators.json"
    try:
        return {name: Running(**each) for name, each in json.loads(file.read_text()).items()}
    except FileNotFoundError:
        return {}


def _started(pid: int) -> int | None:
    """Return the start time of a living process; None for one that is gone or only waits to be reaped."""
    if child := _children.get(pid):
        child.poll()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _alive(process: Running) -> bool:
    return _started(process.pid) == process.started


def _signal(process: Running, signum: signal.Signals) -> None:
    if _alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signum)


def _rss(pid: int) -> int | None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return None


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _ready(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{port}/lab/ready", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def _last_line(home: LabHome, name: str) -> str:
    lines = [line for line in home.log_file(name).read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
