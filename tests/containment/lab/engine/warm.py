"""A Python that starts in milliseconds: a server with everything imported, which forks for each program, pack and provider.

`interpreter()` returns an executable that takes a script or `-m module` like `python`. It hands its arguments, folder, environment and
standard streams to the server and ends as the fork does; when it is killed, so is the fork. An engine that runs on it has programs and
packs run on it too. For tests about what is computed; tests about processes use a real one.
"""

from __future__ import annotations

import functools
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
from pathlib import Path
from types import SimpleNamespace

_CLIENT = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
told = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
socket.send_fds(server, [json.dumps(told).encode() + b"\\n"], [0, 1, 2])
code = server.recv(9)
sys.exit(int(code) if code else 137)
"""


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


def _serve(address: str) -> None:
    import grpc.aio  # noqa: F401
    import pulumi.provider
    import pulumi.runtime  # noqa: F401
    import pulumi_policy  # noqa: F401

    import containment.cli.lab  # noqa: F401
    from containment.lab.formats import config

    config.sys = SimpleNamespace(executable=str(client(Path(address))))  # type: ignore[attr-defined]

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
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


def _become(asked: socket.socket, told: dict[str, object], streams: list[int]) -> None:
    """Run what was asked for in this fork, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    environment, (*arguments,) = told["environment"], told["arguments"]
    os.environ.clear()
    os.environ.update(environment)  # type: ignore[arg-type]
    os.chdir(str(told["folder"]))
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
        asked.send(str(code).encode())
        os._exit(code)


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
