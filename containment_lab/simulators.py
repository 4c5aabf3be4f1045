"""The simulator processes of a lab home: started on first need, shared by all commands, ended by `down`.

There are three: `cloud` (AWS), `controller` (Aviatrix) and `providers` (the resource providers that the engine calls). Each runs in a
separate session, logs to the home, outlives the command that started it, and ends by itself when the home's folder is deleted.
`simulators.json` records the process id and start time of each, so that no other process is ever mistaken for a simulator, and a random id
per start (its generation). A simulator that died is restarted on the next need; the cloud is empty then, which the next command on a stack
notices (`generation`). Needs Linux's /proc.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from containment_lab.cloud.image_list import IMAGES
from containment_lab.errors import HomeError, LabError
from containment_lab.home import LabHome, write_whole
from containment_lab.home_lock import take_lock
from containment_lab.readiness import NotReadyError, Readiness
from containment_lab.storage import convert_file_errors

PREPARED_IMAGE = IMAGES[0].id
"""Image of a host whose stack sets none."""
NEEDS = {"aws": ("cloud", "providers"), "aviatrix": ("cloud", "controller", "providers")}
"""Package → the processes it needs."""
_LOCK = "simulators"
"""The lock for starts and stops."""
_LISTENING = "0A"
"""The state of a listening socket in /proc/net/tcp."""
_PORTS = {"cloud": "aws", "controller": "controller", "providers": "aws_provider"}


class SimulatorError(LabError):
    """A simulator could not be started or stopped; the message has its log file."""


@dataclass(frozen=True)
class SimulatorProcess:
    """One simulator process; `started` is its start time in clock ticks since boot, which makes the pid unique.

    `generation` is a random id of this start: the objects that a simulator keeps in memory belong to it.
    """

    pid: int
    started: int
    generation: str = ""


@dataclass(frozen=True)
class SimulatorStatus:
    """The state of one simulator. Pid and resident memory (KiB) are None when it does not run, the port is None before one is chosen."""

    name: str
    port: int | None
    pid: int | None
    rss_kib: int | None
    log: Path


def build_overlay(home: LabHome, declared_keys: frozenset[str], project: str) -> dict[str, str]:
    """Return the configuration that a stack lacks on a laptop, as `--config` would set it; nothing is started.

    Args:
        home: The lab home.
        declared_keys: The configuration keys that the project declares, with or without its name in front.
        project: The name of the project.
    """
    ports = home.get_ports()
    out = {
        "aws:region": "us-east-1",
        "aws:accessKey": "AKIALABLABLABLABLAB0",
        "aws:secretKey": "lab-only-not-a-secret",
        "aviatrix:controllerIp": f"127.0.0.1:{ports.controller}",
        "aviatrix:username": "admin",
        "aviatrix:password": _ensure_password(home),
        "aviatrix:verifySslCertificate": "true",
        "aviatrix:pathToCaCertificate": str(home.controller_ca),
    }
    for key, value in {"awsAccessAccount": "lab", "agentImageId": PREPARED_IMAGE}.items():
        if {key, f"{project}:{key}"} & declared_keys:
            out[f"{project}:{key}"] = value
    return out


def attach(home: LabHome, package: str) -> int | None:
    """Return the gRPC port of a package's provider after starting its simulators; None for a package that the lab does not serve.

    Raises:
        SimulatorError: One does not answer in time; the message has its log file.
    """
    if package not in NEEDS:
        return None
    ports = home.get_ports()
    if not _is_up(home, package):
        with take_lock(home, _LOCK):
            _start(home, NEEDS[package])
    return ports.aws_provider if package == "aws" else ports.aviatrix_provider


def read_status(home: LabHome) -> list[SimulatorStatus]:
    """Return the state of all simulators; nothing is created or started."""
    running = _find_living(home)
    known = home.find_ports()
    ports: dict[str, int] = asdict(known) if known else {}
    out = []
    for name, port in _PORTS.items():
        pid = running[name].pid if name in running else None
        out.append(SimulatorStatus(name, ports.get(port), pid, _read_rss(pid) if pid else None, home.get_log_file(name)))
    return out


def read_generation(home: LabHome, name: str) -> str | None:
    """Return the generation of a running simulator, None when it does not run."""
    process = _find_living(home).get(name)
    return (process.generation or f"{process.pid}.{process.started}") if process else None


def stop_simulators(home: LabHome, patience: float = 5.0) -> list[str]:
    """End this home's simulators and wait for it; return the names of those that ran.

    Args:
        home: The lab home.
        patience: Seconds to wait before a process is killed.
    """
    if not home.root.is_dir():
        return []
    with take_lock(home, _LOCK, needed=False):
        running = _find_living(home)
        for process in running.values():
            _send_signal(process, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while any(map(_is_alive, running.values())) and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in running.values():
            _send_signal(process, signal.SIGKILL)
        while any(map(_is_alive, running.values())):
            if time.monotonic() > deadline + patience:
                left = ", ".join(f"{name} (process {process.pid})" for name, process in sorted(running.items()) if _is_alive(process))
                fix = f"end {'them' if ',' in left else 'it'} as the user who started the lab, or restart the machine"
                raise SimulatorError(f"processes of {home.root} do not end: {left}", why="they keep the lab's ports", fix=fix)
            time.sleep(0.02)
        with contextlib.suppress(OSError):  # a read-only disk keeps the file; its processes have ended
            (home.root / "simulators.json").unlink(missing_ok=True)
        return sorted(running)


# -- starting -------------------------------------------------------------------------------------------------------------


def _is_up(home: LabHome, package: str) -> bool:
    """Return, in about a millisecond, whether every process of a package runs and listens."""
    running, ports = _read_record(home), asdict(home.get_ports())
    return all(
        name in running and _is_alive(running[name]) and _is_listening(ports[_PORTS[name]], running[name].pid) for name in NEEDS[package]
    )


def _start(home: LabHome, names: tuple[str, ...]) -> None:
    """Start the missing processes and wait until all answer; the caller has the lock."""
    home.require_usable()
    running = _find_living(home)
    missing = [name for name in names if name not in running]
    if missing:
        print(f"starting the lab's {', '.join(missing)} ...", file=sys.stderr, flush=True)
    if "controller" in missing:
        _ensure_password(home)  # the Controller reads it from its settings at its start
    for name in missing:
        running[name] = _launch(home, name)
        write_whole(home.root / "simulators.json", json.dumps({key: asdict(value) for key, value in running.items()}, indent=1))
    ports = asdict(home.get_ports())
    for name in names:
        check = partial(_is_ready if name == "cloud" else _is_listening, ports[_PORTS[name]], running[name].pid)
        alive = partial(_is_alive, running[name])
        try:
            Readiness(what=f"the lab's {name}", log=home.get_log_file(name), is_ready=check, is_alive=alive).wait()
        except NotReadyError as error:
            raise SimulatorError(error.what, why=error.why, fix=error.fix) from None


_children: dict[int, subprocess.Popen[bytes]] = {}


def _launch(home: LabHome, name: str) -> SimulatorProcess:
    """Start one process in a separate session, without the user's AWS, Pulumi and proxy settings."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("AWS_", "PULUMI_", "MOTO_"))}
    kept = {key: value for key, value in kept.items() if not key.upper().endswith("_PROXY")}
    path = home.get_log_file(name)
    with convert_file_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        log = path.open("ab")
    with log:
        child = subprocess.Popen(
            [sys.executable, "-m", f"containment_lab.{name}", "--home", str(home.root)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd="/",
            env={**kept, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    _children[child.pid] = child
    started = _read_start_time(child.pid)
    if started is None:
        raise SimulatorError(f"the lab's {name} ended at once", why="no resource can be created without it", fix=f"read its log, {path}")
    return SimulatorProcess(child.pid, started, uuid.uuid4().hex)


def _ensure_password(home: LabHome) -> str:
    """Return the Controller's password, created once per home and kept in the Controller's settings."""
    settings = home.root / "controller.json"
    known = _read(settings)
    if not known.get("password"):
        with take_lock(home, "controller"):
            known = {"password": secrets.token_urlsafe(18), **_read(settings)}
            write_whole(settings, json.dumps(known, indent=1) + "\n", mode=0o600)
    return str(known["password"])


# -- looking ----------------------------------------------------------------------------------------------------------------


def _read_record(home: LabHome) -> dict[str, SimulatorProcess]:
    return {name: SimulatorProcess(**each) for name, each in _read(home.root / "simulators.json").items()}


def _find_living(home: LabHome) -> dict[str, SimulatorProcess]:
    return {name: process for name, process in _read_record(home).items() if _is_alive(process)}


def _read(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file of the home, empty without a file; raise HomeError for a broken one."""
    try:
        with convert_file_errors(file):
            return dict(json.loads(file.read_text())) if file.exists() else {}
    except (ValueError, TypeError):
        fix = "delete it and start again with `containment lab down`"
        raise HomeError(f"{file} is broken", why="the lab's processes are found by it", fix=fix) from None


def _read_start_time(pid: int) -> int | None:
    """Return the start time of a living process; None for one that has ended or is a zombie."""
    if child := _children.get(pid):
        child.poll()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _is_alive(process: SimulatorProcess) -> bool:
    return _read_start_time(process.pid) == process.started


def _send_signal(process: SimulatorProcess, signum: signal.Signals) -> None:
    if _is_alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signum)


def _read_rss(pid: int) -> int | None:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return None


def _is_listening(port: int, pid: int) -> bool:
    """Return whether the process itself listens on the port: a connection could reach another program there."""
    with contextlib.suppress(OSError):
        sockets = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
        for table in ("tcp", "tcp6"):  # gRPC listens on IPv4 through an IPv6 socket
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port and f"socket:[{fields[9]}]" in sockets:
                    return True
    return False


def _is_ready(port: int, pid: int) -> bool:
    import urllib.request  # slow to load, and not needed where all simulators run

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{port}/lab/ready", timeout=2) as answer:
        return bool(answer.status == 200) and _is_listening(port, pid)
    return False
