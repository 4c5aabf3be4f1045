"""The stand-in served over gRPC, an engine's side of it, and a Controller simulator to talk to."""

from __future__ import annotations

import asyncio
import json
import runpy
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from containment_lab.home import LabHome
from containment_lab.providers.aviatrix import servicer
from containment_lab.providers.base import serve
from containment_lab.wire import convert_to_plain, convert_to_struct

Simulator: Any = runpy.run_path(str(Path(__file__).parents[2] / "controller" / "conftest.py"))["Simulator"]


class Refused(Exception):
    """What the provider answered instead of doing it."""


class Engine:
    """One engine with one provider resource: parameterized, configured, on a channel of its own."""

    def __init__(self, port: int, config: dict[str, Any], release: str = "9.0.10") -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        parameter = json.dumps({"remote": {"url": "registry.opentofu.org/aviatrixsystems/aviatrix", "version": release}}).encode()
        value = pb.ParameterizeRequest.ParametersValue(name="aviatrix", version=release, value=parameter)
        self._ask(self._stub.Parameterize, pb.ParameterizeRequest(value=value))
        self.config_failures = [
            each.property for each in self._ask(self._stub.CheckConfig, pb.CheckRequest(urn="urn", news=convert_to_struct(config))).failures
        ]
        if not self.config_failures:
            self._ask(self._stub.Configure, pb.ConfigureRequest(args=convert_to_struct(config), acceptSecrets=True, acceptResources=False))

    def _ask(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=60)
        except grpc.RpcError as error:
            raise Refused(error.details()) from None

    def of(self, type_name: str, name: str = "it") -> Thing:
        return Thing(self, type_name, name)

    def invoke(self, name: str, /, **args: Any) -> Any:
        token = f"aviatrix:index/{name}:{name}"
        answer = self._ask(self._stub.Invoke, pb.InvokeRequest(tok=token, args=convert_to_struct(args)))
        return convert_to_plain(getattr(answer, "return"))

    def close(self) -> None:
        self._channel.close()


class Thing:
    """One resource as an engine handles it, with the inputs and outputs it last had."""

    def __init__(self, engine: Engine, type_name: str, name: str) -> None:
        self._engine, self._stub = engine, engine._stub
        self.urn = f"urn:pulumi:dev::test::aviatrix:index/{type_name}:{type_name[0].upper()}{type_name[1:]}::{name}"
        self.id = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}

    def check(self, **inputs: Any) -> tuple[dict[str, Any], list[str]]:
        request = pb.CheckRequest(urn=self.urn, olds=convert_to_struct(self.inputs), news=convert_to_struct(inputs), randomSeed=b"seed")
        answer = self._engine._ask(self._stub.Check, request)
        return convert_to_plain(answer.inputs), [f"{each.property}: {each.reason}" for each in answer.failures]

    def preview(self, **inputs: Any) -> dict[str, Any]:
        checked, failures = self.check(**inputs)
        assert not failures, failures
        answer = self._engine._ask(self._stub.Create, pb.CreateRequest(urn=self.urn, properties=convert_to_struct(checked), preview=True))
        return convert_to_plain(answer.properties)

    def create(self, **inputs: Any) -> dict[str, Any]:
        checked, failures = self.check(**inputs)
        assert not failures, failures
        answer = self._engine._ask(self._stub.Create, pb.CreateRequest(urn=self.urn, properties=convert_to_struct(checked)))
        self.id, self.inputs, self.outputs = answer.id, checked, convert_to_plain(answer.properties)
        return self.outputs

    def diff(self, **inputs: Any) -> tuple[set[str], set[str]]:
        """Return the inputs that change, and those that demand a replacement."""
        checked, failures = self.check(**inputs)
        assert not failures, failures
        request = pb.DiffRequest(
            id=self.id,
            urn=self.urn,
            olds=convert_to_struct(self.outputs),
            news=convert_to_struct(checked),
            old_inputs=convert_to_struct(self.inputs),
        )
        answer = self._engine._ask(self._stub.Diff, request)
        assert (answer.changes == pb.DiffResponse.DIFF_SOME) == bool(answer.diffs)
        return set(answer.diffs), set(answer.replaces)

    def update(self, **inputs: Any) -> dict[str, Any]:
        checked, failures = self.check(**inputs)
        assert not failures, failures
        request = pb.UpdateRequest(
            id=self.id,
            urn=self.urn,
            olds=convert_to_struct(self.outputs),
            news=convert_to_struct(checked),
            old_inputs=convert_to_struct(self.inputs),
        )
        self.outputs = convert_to_plain(self._engine._ask(self._stub.Update, request).properties)
        self.inputs = checked
        return self.outputs

    def refresh(self) -> bool:
        """Read it back; False when it is gone."""
        request = pb.ReadRequest(
            id=self.id, urn=self.urn, properties=convert_to_struct(self.outputs), inputs=convert_to_struct(self.inputs)
        )
        answer = self._engine._ask(self._stub.Read, request)
        if answer.id:
            self.inputs, self.outputs = convert_to_plain(answer.inputs), convert_to_plain(answer.properties)
        return bool(answer.id)

    def delete(self) -> None:
        request = pb.DeleteRequest(
            id=self.id, urn=self.urn, properties=convert_to_struct(self.outputs), old_inputs=convert_to_struct(self.inputs)
        )
        self._engine._ask(self._stub.Delete, request)

    def goes_round(self, changed: dict[str, Any], **inputs: Any) -> None:
        """Create, find no change, read the same back, update in place, find no change again."""
        self.create(**inputs)
        assert self.diff(**inputs) == (set(), set())
        before = dict(self.inputs)
        assert self.refresh()
        assert self.inputs == before
        assert self.diff(**inputs) == (set(), set())
        later = {**inputs, **changed}
        assert self.diff(**later) == (set(changed), set())
        self.update(**later)
        assert self.refresh()
        assert self.diff(**later) == (set(), set())


def serving(home: LabHome) -> tuple[int, Callable[[], None]]:
    """Serve the provider of a home in a thread; return its port and what ends it."""
    port, loop = home.get_ports().aviatrix_provider, asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    servers = asyncio.run_coroutine_threadsafe(serve({port: servicer(home)}), loop).result(20)

    def end() -> None:
        for server in servers:
            asyncio.run_coroutine_threadsafe(server.stop(0), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)

    return port, end


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Controller without a cloud, DCF on."""
    simulator = Simulator(tmp_path_factory.mktemp("lab"), "--no-cloud", gateway_seconds=0.05)
    assert simulator.action("enable_controller_feature", feature="microseg")["return"]
    yield simulator
    simulator.kill()


def reaching(home: LabHome) -> dict[str, Any]:
    """Return the provider configuration that reaches the Controller of a home."""
    return {
        "controllerIp": f"127.0.0.1:{home.get_ports().controller}",
        "username": "admin",
        "password": "pw",
        "verifySslCertificate": True,
        "pathToCaCertificate": str(home.controller_ca),
    }


@pytest.fixture(scope="session")
def new_controller() -> Any:
    """Start further Controllers; whoever starts one kills it."""
    return Simulator


@pytest.fixture(scope="session")
def engine_for() -> Callable[..., tuple[Engine, Callable[[], None]]]:
    """Serve the provider for another Controller and return an engine that has configured it, and what ends both."""

    def make(simulator: Any, release: str = "9.0.10") -> tuple[Engine, Callable[[], None]]:
        number, end = serving(simulator.home)
        made = Engine(number, reaching(simulator.home), release)

        def over() -> None:
            made.close()
            end()

        return made, over

    return make


@pytest.fixture(scope="module")
def config(controller: Any) -> dict[str, Any]:
    """How the provider is told to reach it."""
    return reaching(controller.home)


@pytest.fixture(scope="module")
def port(controller: Any) -> Iterator[int]:
    """Where the provider listens."""
    number, end = serving(controller.home)
    yield number
    end()


@pytest.fixture(scope="module")
def engine(port: int, config: dict[str, Any]) -> Iterator[Engine]:
    """An engine that has configured the provider."""
    made = Engine(port, config)
    yield made
    made.close()


@pytest.fixture(scope="module")
def connect(port: int, config: dict[str, Any]) -> Callable[..., Engine]:
    """Make another engine, some of its configuration different."""
    return lambda release="9.0.10", **other: Engine(port, {**config, **other}, release)
