"""What the engine asks, decoded once for all rules.

The SDK decodes every property anew for every policy, a whole stack for every stack policy; with thirty rules that is most of
what a pack costs. So the pack stands in front of the SDK's own service: it decodes a request, keeps it for the policies that
answer it in the same thread, and hands the SDK the request without its properties. Names, enforcement levels, configuration
and the words of a diagnostic stay the SDK's. Where an SDK leaves no room for this, the policies read what the SDK decodes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Generic, TypeVar

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc

from policypack.graph import Provider
from policypack.plain import plain

T = TypeVar("T")


class Current(threading.local, Generic[T]):
    """The request that this thread is answering; None outside of one, and when the SDK decodes."""

    value: T | None = None

    @contextmanager
    def being(self, value: T) -> Iterator[None]:
        """Hold a value for as long as the block runs."""
        self.value = value
        try:
            yield
        finally:
            self.value = None


class DecodedOnce(analyzer_pb2_grpc.AnalyzerServicer):
    """The SDK's service behind one that decodes: `resource` and `stack` hold a request while `inner` answers it."""

    def __init__(self, inner: Any, resource: Callable[[Any], Any], stack: Callable[[Any], Any]) -> None:
        self._inner, self._resource, self._stack = inner, resource, stack
        for name in vars(analyzer_pb2_grpc.AnalyzerServicer).keys() - vars(type(self)).keys():
            if not name.startswith("_"):
                setattr(self, name, getattr(inner, name))

    def Analyze(self, request: Any, context: Any) -> Any:  # noqa: N802  the protocol's name
        """Judge one resource."""
        with self._resource(request):
            return self._inner.Analyze(pb.AnalyzeRequest(urn=request.urn, type=request.type, name=request.name), context)

    def AnalyzeStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Judge all resources."""
        with self._stack(request):
            return self._inner.AnalyzeStack(pb.AnalyzeStackRequest(), context)


def stand_in_front(resource: Callable[[Any], Any], stack: Callable[[Any], Any]) -> None:
    """Let the service that `PolicyPack` starts next be a DecodedOnce; both arguments turn a request into a context that holds it."""
    add = analyzer_pb2_grpc.add_AnalyzerServicer_to_server

    def add_ours(servicer: Any, server: Any) -> None:
        analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add
        add(DecodedOnce(servicer, resource, stack), server)

    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add_ours


def properties(message: Any) -> dict[str, Any]:
    """Return a request's properties as plain data."""
    found: dict[str, Any] = plain(json_format.MessageToDict(message.properties))
    return found


def provider(message: Any) -> Provider | None:
    """Return the provider that a resource is made with; a component and a provider itself have none."""
    return _decoded_provider(message.provider.SerializeToString(deterministic=True)) if message.HasField("provider") else None


@lru_cache(maxsize=64)
def _decoded_provider(encoded: bytes) -> Provider:
    """Return a provider from its bytes: the resources of a stack share a few."""
    message = pb.AnalyzerProviderResource.FromString(encoded)
    return Provider(message.urn, message.type, properties(message))
