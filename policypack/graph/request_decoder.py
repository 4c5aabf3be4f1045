"""Decode each request of the engine once for all rules.

The SDK decodes every property again for every policy, and a whole stack for every stack policy; with thirty rules this is most of
the pack's run time. So the pack wraps the SDK's gRPC service: it decodes a request, keeps it for the policies that answer it in the
same thread, and passes the request to the SDK without its properties. Names, enforcement levels, configuration and the texts of
diagnostics remain the SDK's. If an SDK cannot be wrapped, the policies read the values that the SDK decodes.
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

from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Provider

T = TypeVar("T")


class CurrentRequest(threading.local, Generic[T]):
    """The request that this thread is answering; None outside of a request, and if the SDK decodes."""

    value: T | None = None

    @contextmanager
    def set_value(self, value: T) -> Iterator[None]:
        """Set the value while the block runs."""
        self.value = value
        try:
            yield
        finally:
            self.value = None


class DecodingServicer(analyzer_pb2_grpc.AnalyzerServicer):
    """A wrapper of the SDK's service that decodes requests: `resource` and `stack` keep one while `inner` answers it."""

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


def wrap_service(resource: Callable[[Any], Any], stack: Callable[[Any], Any]) -> None:
    """Wrap the service that `PolicyPack` starts next; both arguments return a context manager that keeps a decoded request."""
    add = analyzer_pb2_grpc.add_AnalyzerServicer_to_server

    def add_ours(servicer: Any, server: Any) -> None:
        analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add
        add(DecodingServicer(servicer, resource, stack), server)

    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add_ours


def decode_properties(message: Any) -> dict[str, Any]:
    """Return a request's properties as plain data."""
    found: dict[str, Any] = make_plain(json_format.MessageToDict(message.properties))
    return found


def decode_provider(message: Any) -> Provider | None:
    """Return the provider of a resource; components and providers have none."""
    return _decode_provider(message.provider.SerializeToString(deterministic=True)) if message.HasField("provider") else None


@lru_cache(maxsize=64)
def _decode_provider(encoded: bytes) -> Provider:
    """Return a provider from its serialized message; cached, because the resources of a stack share a few."""
    message = pb.AnalyzerProviderResource.FromString(encoded)
    return Provider(message.urn, message.type, decode_properties(message))
