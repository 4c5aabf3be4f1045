"""A Python that starts in milliseconds: a server with everything imported, which forks for each command, program, pack and simulator.

`interpreter()` returns an executable that takes a script or `-m module` like `python`. It hands its arguments, folder, environment and
standard streams to the server and ends as the fork does; when it is killed, so is the fork. `start` forks without that executable in
between, and its `Fork` is the process itself. An engine in a fork has its programs, packs and simulators forked as well. For tests about
what is computed and what is deployed; tests about processes, and about files of another checkout, use a real interpreter.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

_CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
told = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ), "leash": True}}
socket.send_fds(server, [json.dumps(told).encode() + b"\\n"], [0, 1, 2])
server.recv(9)
code = server.recv(9)
sys.exit(int(code) if code else 137)
"""

_IMPORTED = (
    "grpc.aio",
    "pulumi.provider",
    "pulumi.policy",
    "pulumi.runtime",
    "pulumi_policy",
    *(f"pulumi_aws.{each}" for each in ("cloudwatch", "ec2", "iam", "provider", "route53", "s3", "ssm")),
    "pulumi_aviatrix",
    *(
        f"components.{each}"
        for each in ("aviatrix.collectors", "aviatrix.platform", "aws.host", "policy_guard", "stack_outputs", "stack_config")
    ),
    *(f"containment.cli.{each}" for each in ("policy.questions", "lab.deployment", "lab.home", "lab.network", "options")),
    "containment_lab.engine.runner",
    "containment_lab.providers.aviatrix",
    "containment_lab.providers.aws",
    "containment_lab.controller.__main__",
    *(f"containment_lab.cloud.{each}" for each in ("checks.launches", "images", "server")),
    "moto.moto_server.werkzeug_app",
    *(f"moto.{each}.responses" for each in ("ec2", "iam", "kms", "logs", "route53resolver", "s3", "ssm", "sts")),
    "policypack.adapter",
    "policypack.registry",
    "policypack.graph.request_decoder",
)
"""What forks would import: no module that looks at the command line or at the environment when it is imported."""
_REPOSITORY = Path(__file__).parents[2]
_WIDTH = 9
"""Bytes of a process id or an exit code on the socket."""


@dataclass
class Fork:
    """A process that the server forked."""

    pid: int
    _ends: socket.socket = field(repr=False)
    returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        if self.returncode is None:
            try:
                self._end(self._ends.recv(_WIDTH, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns the exit code, raises TimeoutError."""
        if self.returncode is None:
            self._ends.settimeout(timeout)
            self._end(self._ends.recv(_WIDTH))
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """Kill it (-9), if it runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _end(self, code: bytes) -> None:
        """Note the exit code, after the process is gone: the socket is closed by the kernel then."""
        while self._ends.recv(_WIDTH):
            continue
        self._ends.close()
        self.returncode = int(code) if code else -signal.SIGKILL


@functools.cache
def interpreter() -> Path:
    """Return the executable; the server behind it lives as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    address = folder / "socket"
    command = [sys.executable, "-P", __file__, str(address)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    client(address).write_text(_CLIENT.format(python=sys.executable, address=str(address)))
    client(address).chmod(0o755)
    return client(address)


def client(address: Path) -> Path:
    """Return where the executable is whose server listens at `address`."""
    return address.with_name("python")


def start(arguments: list[str], folder: Path, environment: dict[str, str], stdout: IO[Any], stderr: IO[Any]) -> Fork:
    """Fork a process that runs `python ARGUMENTS` in a folder."""
    return _forked(interpreter().with_name("socket"), arguments, folder, environment, (stdout.fileno(), stderr.fileno()), leash=False)


def run(arguments: list[str], folder: Path, environment: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` in a folder to its end and return what it printed."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        fork = start(arguments, folder, environment, stdout, stderr)
        try:
            code = fork.wait(timeout)
        finally:
            fork.kill()
        for each in (stdout, stderr):
            each.seek(0)
        return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())


def _forked(
    address: Path, arguments: list[str], folder: Path, environment: dict[str, str], outputs: tuple[int, int], *, leash: bool
) -> Fork:
    told = {"arguments": arguments, "folder": str(folder), "environment": environment, "leash": leash}
    server = socket.socket(socket.AF_UNIX)
    server.connect(str(address))
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        socket.send_fds(server, [json.dumps(told).encode() + b"\n"], [nothing, *outputs])
    finally:
        os.close(nothing)
    return Fork(int(server.recv(_WIDTH)), server)


# -- the server -----------------------------------------------------------------------------------------------------------


def _serve(address: str) -> None:
    _import_everything()
    _fork_children(Path(address))
    signal.signal(signal.SIGCHLD, _reap)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    while True:
        asked, _ = listener.accept()
        line, streams, *_ = socket.recv_fds(asked, 1 << 20, 3)
        while not line.endswith(b"\n"):
            line += asked.recv(1 << 20)
        if os.fork() == 0:
            listener.close()
            _become(asked, json.loads(line), streams)
        asked.close()
        for each in streams:
            os.close(each)


def _reap(*_: object) -> None:
    """Wait for the forks that have ended: what they used counts as this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue


def _import_everything() -> None:
    from moto.core.utils import get_service_model
    from pulumi.runtime import resource
    from pulumi.runtime.proto import source_pb2

    from containment_lab.cloud.server import SETTINGS

    os.fsync = _leave_in_memory
    resource._get_stack_trace = source_pb2.StackTrace  # as in `stack_traces`: the lab's engine keeps none
    before = dict(os.environ)
    os.environ.update(SETTINGS)
    for name in _IMPORTED:
        getattr(importlib.import_module(name), "__all__", None)  # Pulumi's SDKs load a module when it is first looked into
    for service in ("ec2", "iam", "logs", "route53resolver", "ssm", "sts"):
        get_service_model(service)
    os.environ.clear()
    os.environ.update(before)


def _leave_in_memory(_: object) -> None:
    """Stand in for `os.fsync`: tests kill processes, never the machine, and a deployment waits for the disk hundreds of times."""


def _fork_children(address: Path) -> None:
    """Have programs, packs, simulators and a fleet's commands forked, in every fork."""
    from containment.fleet import lab_backend
    from containment_lab import simulators
    from containment_lab.formats.config import Project

    def launched(command: list[str], *, stdout: IO[Any], cwd: str, env: dict[str, str], **_: Any) -> Fork:
        return _forked(address, command[1:], Path(cwd), env, (stdout.fileno(), stdout.fileno()), leash=False)

    kept = {name: getattr(subprocess, name) for name in ("DEVNULL", "STDOUT")}
    simulators.subprocess = type("Forks", (), {**kept, "Popen": staticmethod(launched)})  # type: ignore[attr-defined,assignment]
    lab_backend.sys = SimpleNamespace(executable=str(client(address)))  # type: ignore[attr-defined]
    chosen: Any = Project.python

    def warm_if_ours(project: Project) -> str:
        python = str(chosen.fget(project))
        return python if _has_other(project.root.resolve(), "containment") else str(client(address))

    Project.python = property(warm_if_ours)  # type: ignore[method-assign,assignment]


def _has_other(folder: Path, *names: str) -> bool:
    """Tell whether a folder has files or folders of these names that are not this repository's."""
    return any((folder / name).exists() and not (folder / name).resolve().is_relative_to(_REPOSITORY) for name in names)


def _forget_modules() -> None:
    """Have this fork import program parts and pack from its own folder, if that has any, as a new interpreter would."""
    if _has_other(Path.cwd(), "components", "policypack", "registry.py"):
        for name in [name for name in sys.modules if name.partition(".")[0] in ("components", "policypack")]:
            del sys.modules[name]


def _become(asked: socket.socket, told: dict[str, Any], streams: list[int]) -> None:
    """Run what was asked for in this fork, and send its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    environment, (*arguments,) = told["environment"], told["arguments"]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(told["folder"])
    _forget_what_forks_would_share()
    _forget_modules()
    asked.send(str(os.getpid()).encode().ljust(_WIDTH))
    if told["leash"]:
        threading.Thread(target=_die_with, args=[asked], daemon=True).start()
    code = 1
    try:
        arguments = [each for each in arguments if each != "-u"]
        if arguments[0] == "-m":
            sys.argv, sys.path[:0] = arguments[1:], [str(Path.cwd())]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[:0] = arguments, [str(Path(arguments[0]).parent)]
            runpy.run_path(arguments[0], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:  # noqa: BLE001 - told as Python tells it
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        with contextlib.suppress(OSError):  # a simulator outlives the command that started it, which is who would listen
            asked.send(str(code).encode())
        os._exit(code)


def _forget_what_forks_would_share() -> None:
    """Give this fork random ids of its own, as a process has that imported moto itself."""
    from moto.moto_api._internal import mock_random

    mock_random.seed()


def _die_with(asked: socket.socket) -> None:
    asked.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


def _end_with_owner(folder: Path) -> None:
    sys.stdin.read()
    shutil.rmtree(folder)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_owner, args=[Path(sys.argv[1]).parent], daemon=True).start()
    _serve(sys.argv[1])
