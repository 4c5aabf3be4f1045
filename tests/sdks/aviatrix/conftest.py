"""A recording Pulumi engine: it keeps every request a program sends, as it came over gRPC, and answers with what a test says.

It covers one run of an inline program with Pulumi's own language server; it keeps no state and calls no provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, resource_pb2, resource_pb2_grpc

from containment_lab.wire import convert_to_plain, convert_to_struct

# Secrets, resource references, output values, alias specs, deleted-with, parameterization.
FEATURES: list[Any] = [0, 1, 2, 3, 5, 9]


class Recorder(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Monitor and engine in one. Lists hold requests in the order they came."""

    def __init__(self, outputs: dict[str, dict[str, Any]], dry_run: bool) -> None:
        self.outputs = outputs
        self.dry_run = dry_run
        self.packages: list[Any] = []
        self.resources: list[Any] = []
        self.reads: list[Any] = []
        self.invokes: list[Any] = []
        self.stack_outputs: dict[str, Any] = {}

    def named(self, name: str) -> Any:
        """Return the one registration of resource `name`."""
        (found,) = [request for request in self.resources if request.name == name]
        return found

    def inputs(self, name: str) -> dict[str, Any]:
        """Return the inputs of resource `name` as they were sent."""
        plain: dict[str, Any] = convert_to_plain(self.named(name).object)
        return plain

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=False)

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        self.packages.append(request)
        return resource_pb2.RegisterPackageResponse(ref=f"ref-{request.parameterization.version}")

    def RegisterResource(self, request: Any, context: Any) -> Any:
        urn = f"urn:pulumi:s::p::{request.type}::{request.name}"
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self.resources.append(request)
        known = {} if self.dry_run else self.outputs.get(request.name, {})
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id="" if self.dry_run else f"id-{request.name}",
            object=convert_to_struct({**convert_to_plain(request.object), **known}),
        )

    def ReadResource(self, request: Any, context: Any) -> Any:
        self.reads.append(request)
        return resource_pb2.ReadResourceResponse(
            urn=f"urn:pulumi:s::p::{request.type}::{request.name}", properties=convert_to_struct(self.outputs[request.name])
        )

    def Invoke(self, request: Any, context: Any) -> Any:
        self.invokes.append(request)
        if request.tok == "pulumi:pulumi:getResource":
            urn = convert_to_plain(request.args)["urn"]
            state = self.outputs[urn.rsplit("::", 1)[1]]
            return invoked({"urn": urn, "id": "known", "state": state})
        return invoked(self.outputs[request.tok.rsplit(":", 1)[1]])

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        self.stack_outputs = convert_to_plain(request.outputs)
        return empty_pb2.Empty()

    def Log(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.GetRootResourceResponse()

    def SetRootResource(self, request: Any, context: Any) -> Any:
        return engine_pb2.SetRootResourceResponse()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()


def invoked(values: dict[str, Any]) -> Any:
    answer: Any = resource_pb2.ResourceInvokeResponse()
    getattr(answer, "return").update(values)
    return answer


@dataclass
class Engine:
    """Runs programs, each against a recorder of its own."""

    servers: list[Any] = field(default_factory=list)

    def __call__(
        self, program: Callable[[], Any], *, outputs: dict[str, dict[str, Any]] | None = None, dry_run: bool = False, error: str = ""
    ) -> Recorder:
        """Run `program` and return what it sent. `outputs`: by resource or function name. The run's error must contain `error`."""
        recorder = Recorder(outputs or {}, dry_run)
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(recorder, server)
        engine_pb2_grpc.add_EngineServicer_to_server(recorder, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        self.servers.append(server)
        request = language_pb2.RunRequest(
            project="p", stack="s", monitor_address=address, args=[address], dryRun=dry_run, parallel=4, organization="o"
        )
        result = LanguageServer(program).Run(request, None)  # type: ignore[no-untyped-call]
        if error:
            assert error in result.error, result.error
        else:
            assert not result.error, result.error
        return recorder


@pytest.fixture
def engine() -> Iterator[Engine]:
    runner = Engine()
    yield runner
    for server in runner.servers:
        server.stop(None).wait()
