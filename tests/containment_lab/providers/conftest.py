"""A lab home with its simulators for each test module, and a caller that asks a provider what an engine would ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from containment_lab import simulators
from containment_lab.home import LabHome
from containment_lab.wire import convert_to_plain, convert_to_struct

Props = dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """A resource as a checkpoint would hold it."""

    token: str
    name: str
    id: str
    inputs: Props
    outputs: Props = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:test::lab::{self.token}::{self.name}"


class Asker:
    """The engine's side of the provider protocol, one call at a time."""

    def __init__(self, port: int, **config: Any) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)])
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.stub.Handshake(pb.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        self.stub.Configure(pb.ConfigureRequest(args=convert_to_struct({"region": "us-east-1", **config})))

    def check(self, token: str, name: str, news: Props, olds: Props | None = None) -> Props:
        answer = self.stub.Check(
            pb.CheckRequest(
                urn=Thing(token, name, "", {}).urn,
                news=convert_to_struct(news),
                olds=convert_to_struct(olds or {}),
                randomSeed=name.encode(),
            )
        )
        assert not answer.failures, [(each.property, each.reason) for each in answer.failures]
        return convert_to_plain(answer.inputs)

    def failures(self, token: str, name: str, news: Props) -> list[tuple[str, str]]:
        answer = self.stub.Check(pb.CheckRequest(urn=Thing(token, name, "", {}).urn, news=convert_to_struct(news)))
        return [(each.property, each.reason) for each in answer.failures]

    def preview(self, token: str, name: str, news: Props) -> Props:
        inputs = self.check(token, name, news)
        request = pb.CreateRequest(urn=Thing(token, name, "", {}).urn, properties=convert_to_struct(inputs), preview=True)
        answer = self.stub.Create(request)
        assert answer.id == ""
        return convert_to_plain(answer.properties)

    def create(self, token: str, name: str, news: Props, *, checked: bool = False) -> Thing:
        inputs = news if checked else self.check(token, name, news)
        thing = Thing(token, name, "", inputs)
        answer = self.stub.Create(pb.CreateRequest(urn=thing.urn, properties=convert_to_struct(inputs)))
        return replace(thing, id=answer.id, outputs=convert_to_plain(answer.properties))

    def diff(self, thing: Thing, news: Props) -> pb.DiffResponse:
        request = pb.DiffRequest(
            id=thing.id, urn=thing.urn, olds=convert_to_struct(thing.outputs), old_inputs=convert_to_struct(thing.inputs)
        )
        request.news.CopyFrom(convert_to_struct(news))
        return self.stub.Diff(request)

    def update(self, thing: Thing, news: Props, *, preview: bool = False) -> Thing:
        request = pb.UpdateRequest(
            id=thing.id, urn=thing.urn, olds=convert_to_struct(thing.outputs), old_inputs=convert_to_struct(thing.inputs)
        )
        request.news.CopyFrom(convert_to_struct(news))
        request.preview = preview
        return replace(thing, inputs=news, outputs=convert_to_plain(self.stub.Update(request).properties))

    def read(self, thing: Thing) -> Thing | None:
        request = pb.ReadRequest(
            id=thing.id, urn=thing.urn, properties=convert_to_struct(thing.outputs), inputs=convert_to_struct(thing.inputs)
        )
        answer = self.stub.Read(request)
        return replace(thing, inputs=convert_to_plain(answer.inputs), outputs=convert_to_plain(answer.properties)) if answer.id else None

    def delete(self, thing: Thing) -> None:
        self.stub.Delete(
            pb.DeleteRequest(
                id=thing.id, urn=thing.urn, properties=convert_to_struct(thing.outputs), old_inputs=convert_to_struct(thing.inputs)
            )
        )

    def invoke(self, token: str, **args: Any) -> Props:
        return convert_to_plain(getattr(self.stub.Invoke(pb.InvokeRequest(tok=token, args=convert_to_struct(args))), "return"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHome]:
    """A lab home; whatever was started in it is ended."""
    home = LabHome(tmp_path_factory.mktemp("lab"))
    yield home
    simulators.stop_simulators(home)


@pytest.fixture(scope="module")
def aws(home: LabHome) -> Iterator[Asker]:
    """The aws provider of that home."""
    port = simulators.attach(home, "aws")
    assert port is not None
    asker = Asker(port)
    yield asker
    asker.channel.close()
