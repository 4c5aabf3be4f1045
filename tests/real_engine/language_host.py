"""A Python language host for the official Pulumi CLI, small enough to read.

The official `pulumi-language-python` comes with Pulumi's installer only: no Python package and no Go module contains it. This one serves
what previews, updates and policy packs need. The CLI starts it with the engine's address as its last argument and reads a port from its
first line. A program runs in a child process, with its folder and its interpreter, by the runner that the lab engine uses as well.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import LanguageRuntimeServicer, language_pb2, language_pb2_grpc, plugin_pb2

RUNNER = Path(__file__).parents[2] / "containment_lab" / "engine" / "runner.py"
INSTALLED_SDKS = Path(__file__).with_name("installed_sdks.py")
_MESSAGE_BYTES = 400 * 1024 * 1024  # the engine's own limit
_ENGINE_CHECK_SECONDS = 1.0


class LanguageHost(LanguageRuntimeServicer):
    """Serve the calls that the engine makes for a Python program and a Python policy pack."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._children: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: Any) -> Any:
        """Accept the engine."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return a version of none: this host is part of no release."""
        return plugin_pb2.PluginInfo()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """Return the packages whose SDKs the program's interpreter has; without them the engine takes versions from the state."""
        command = [interpreter(request.info), str(INSTALLED_SDKS)]
        listed = subprocess.run(command, cwd=request.info.program_directory, capture_output=True, text=True, check=True)
        return language_pb2.GetRequiredPackagesResponse(packages=[_dependency(sdk) for sdk in json.loads(listed.stdout)])

    def Cancel(self, request: Any, context: Any) -> Any:
        """End every child."""
        self.end_children()
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program; an error that it logged itself is a bail, which the engine does not print again."""
        folder = Path(request.info.program_directory)
        settings = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "dry_run": request.dryRun,
            "parallel": max(request.parallel, 1),
            "monitor": request.monitor_address,
            "engine": self._engine,
            "root_directory": request.info.root_directory,
            "program": str(folder / request.info.entry_point),
        }
        configuration = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [interpreter(request.info), str(RUNNER), json.dumps(settings)]
        with self._child(command, cwd=folder, env={**os.environ, **configuration}, stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            program.stdout.readline()  # the packages installed, for the lab engine
            for line in program.stdout:
                sys.stdout.buffer.write(line)
                sys.stdout.flush()
            code = program.wait()
        if code in (0, 1):
            return language_pb2.RunResponse(bail=bool(code))
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a policy pack until the engine cancels the call; stream what it prints."""
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this host runs policy packs, not a plugin of kind {request.kind!r}")
        folder = Path(request.info.program_directory)
        command = [interpreter(request.info), "-u", "-m", "pulumi.policy", *request.args, str(folder / request.info.entry_point)]
        environment = dict(pair.split("=", 1) for pair in request.env) or dict(os.environ)
        with self._child(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as pack:
            if not context.add_callback(pack.kill):
                return  # canceled before it started
            printed: queue.SimpleQueue[Any] = queue.SimpleQueue()
            streams = {"stdout": pack.stdout, "stderr": pack.stderr}
            for name, stream in streams.items():
                threading.Thread(target=_forward, args=[name, stream, printed], daemon=True).start()
            open_streams = len(streams)
            while open_streams:
                response = printed.get()
                if response is None:
                    open_streams -= 1
                else:
                    yield response
            yield language_pb2.RunPluginResponse(exitcode=pack.wait())

    @contextlib.contextmanager
    def _child(self, command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, **options) as child:
            self._children.add(child)
            try:
                yield child
            finally:
                child.kill()
                self._children.discard(child)

    def end_children(self) -> None:
        """Kill the programs and packs that still run."""
        for child in list(self._children):
            child.kill()


def _dependency(sdk: dict[str, Any]) -> Any:
    """Return an SDK's package as the engine takes it: its plugin, and what makes a package of a parameterized one."""
    package = plugin_pb2.PackageDependency(name=sdk["name"], kind="resource", version=sdk["version"], server=sdk.get("server", ""))
    if stated := sdk.get("parameterization"):
        value = base64.b64decode(stated["value"])
        package.parameterization.CopyFrom(plugin_pb2.PackageParameterization(name=stated["name"], version=stated["version"], value=value))
    return package


def _forward(name: str, stream: Any, printed: queue.SimpleQueue[Any]) -> None:
    """Put what a stream contains into the queue as responses, then None."""
    while chunk := stream.read1():
        printed.put(language_pb2.RunPluginResponse(**{name: chunk}))
    printed.put(None)


def interpreter(info: Any) -> str:
    """Return the interpreter of a program or pack: its `virtualenv` option's, relative to its folder, else python3 on PATH."""
    folder = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
    return str(Path(info.root_directory, folder, "bin", "python")) if folder else "python3"


def is_alive(address: str) -> bool:
    """Return whether the engine still accepts connections; one that was killed ends nothing itself."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


def main() -> None:
    """Serve until the CLI interrupts this process or is gone."""
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    engine = sys.argv[-1]
    host = LanguageHost(engine)
    limits = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(16), options=limits)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)  # type: ignore[no-untyped-call]
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    while not interrupted.wait(_ENGINE_CHECK_SECONDS) and is_alive(engine):
        pass
    host.end_children()
    server.stop(None)


if __name__ == "__main__":
    main()
