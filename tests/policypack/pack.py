"""A policy pack as the engine runs it: its own process, asked over gRPC about each resource and about the whole stack."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc

Registration = Mapping[str, Any]


class Pack:
    """A running pack; use it in a `with` block. `environment` is the process's own, this one's when it is None."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder, self._environment = folder, environment

    def __enter__(self) -> Self:
        command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(self._folder)]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.PIPE, text=True, env=self._environment)
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        assert port.isdigit(), f"the pack did not start: {port}"
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
        self._stub: Any = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        """The process the pack runs in."""
        return self._process.pid

    def info(self) -> Any:
        """Return what the pack says about itself."""
        return self._stub.GetAnalyzerInfo(empty_pb2.Empty())

    def said(self) -> str:
        """Return the next line the pack printed."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def judge(self, resources: Iterable[Registration]) -> list[Any]:
        """Return the diagnostics of a run: each resource before it is made, then the stack; reads the summary line."""
        found: list[Any] = []
        whole = pb.AnalyzeStackRequest()
        for one in resources:
            request = pb.AnalyzeRequest(urn=one["urn"], type=one["type"], name=one["name"])
            json_format.ParseDict(one["inputs"], request.properties)
            _name_provider(request, one)
            diagnostics = self._stub.Analyze(request).diagnostics
            for diagnostic in diagnostics:
                diagnostic.urn = one["urn"]  # the engine reports a resource policy at the resource it asked about
            found.extend(diagnostics)
            each = whole.resources.add(urn=one["urn"], type=one["type"], name=one["name"], parent=one["parent"])
            json_format.ParseDict(one["outputs"], each.properties)
            _name_provider(each, one)
            each.dependencies.extend(one["dependencies"])
            for key, urns in one["propertyDependencies"].items():
                each.propertyDependencies[key].urns.extend(urns)
        found.extend(self._stub.AnalyzeStack(whole).diagnostics)
        self.summary = self.said()
        return found


def _name_provider(message: Any, registration: Registration) -> None:
    """Tell the pack which provider a resource is made with; a component has none."""
    by = registration.get("provider")
    if by:
        message.provider.urn, message.provider.type, message.provider.name = by["urn"], by["type"], by["urn"].rsplit("::", 1)[-1]
        json_format.ParseDict(by["inputs"], message.provider.properties)
