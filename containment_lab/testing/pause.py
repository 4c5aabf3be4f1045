"""Pauses in provider calls, so that a test can end the engine at a chosen moment.

While the gate is shut for a method (`Create`, `Delete`), its calls wait before they change anything, except those in `through`. A waiting
call is dropped when its caller dies, and fails if `refuse` is set. One call, the `target`, may continue to a `moment`: `begun` (nothing has
been done yet) or `made` (it has taken effect, the answer has not been sent). It then runs to its end, even if the caller dies, as soon as
the gate opens.

There is one gate for all providers of a process. Tests reach it by an Invoke; programs cannot, since no package has its name.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any, Literal

import grpc
import pydantic
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from containment_lab.home import LabHome
from containment_lab.providers.handler import RefusedError
from containment_lab.providers.hooks import CallHooks, install_call_hooks
from containment_lab.testing.paths import PAUSE
from containment_lab.wire import convert_to_plain, convert_to_struct

_LOOK_SECONDS = 0.02

Moment = Literal["begun", "made"]


class GateSetting(pydantic.BaseModel):
    """The setting of the gate; the default is open."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    method: Literal["Create", "Delete"] | None = None
    through: frozenset[str] = frozenset()
    """URNs whose calls pass."""
    target: str = ""
    """The URN whose call continues to `moment`, and to its end if that is not set."""
    moment: Moment | None = None
    refuse: bool = False
    """Whether calls that would wait fail instead."""


class Gate(CallHooks):
    """One gate, shared by the providers of a process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._setting = GateSetting()
        self._waiting: list[str] = []
        self._under_way: list[str] = []
        self._ended: list[str] = []
        self._held = ""

    def apply_setting(self, setting: GateSetting) -> None:
        """Change the setting of the gate."""
        with self._changed:
            self._setting = setting
            self._ended.clear()
            self._changed.notify_all()

    def describe(self) -> dict[str, list[str]]:
        """Return the URNs of calls that wait at the gate, are running, are paused at their moment, and have ended since it was set."""
        with self._changed:
            calls = {"waiting": self._waiting, "under_way": self._under_way, "ended": self._ended}
            return {"held": [self._held] if self._held else [], **{key: list(urns) for key, urns in calls.items()}}

    async def enter(self, method: str, urn: str) -> None:
        """Wait until a call may begin; the wait ends when its caller does."""
        self._waiting.append(urn)
        try:
            while self._is_shut(method, urn):
                if self._setting.refuse:
                    raise RefusedError("the gate is shut")
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._waiting.remove(urn)

    @contextlib.contextmanager
    def call(self, method: str, urn: str) -> Iterator[None]:
        """Wrap the work of a call, in its thread: the target's call is paused before it and, unless it failed, after it."""
        self._under_way.append(urn)
        try:
            self._pause_call(method, urn, "begun")
            yield
            self._pause_call(method, urn, "made")
        finally:
            self._under_way.remove(urn)
            self._ended.append(urn)

    def _pause_call(self, method: str, urn: str, moment: Moment) -> None:
        with self._changed:
            while (self._setting.method, self._setting.target, self._setting.moment) == (method, urn, moment):
                self._held = urn
                self._changed.wait()
            if self._held == urn:
                self._held = ""

    def _is_shut(self, method: str, urn: str) -> bool:
        setting = self._setting
        return setting.method == method and urn != setting.target and urn not in setting.through


GATE = Gate()


def invoke(_: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Serve the Invoke: arguments set the gate; return the URNs at it."""
    install_call_hooks(GATE)
    if args:
        GATE.apply_setting(GateSetting.model_validate(args))
    return GATE.describe()


def configure_gate(home: LabHome, setting: GateSetting | None = None) -> dict[str, list[str]]:
    """Set the gate of a lab home's running providers (None: only query it).

    Returns:
        The URNs `waiting`, `under_way`, `held` and `ended`.
    """
    told = setting.model_dump(mode="json", exclude_none=True) if setting else {}
    stub = provider_pb2_grpc.ResourceProviderStub(_get_channel(home.get_ports().aws_provider))
    answer = stub.Invoke(pb.InvokeRequest(tok=PAUSE, args=convert_to_struct(told)), timeout=10, wait_for_ready=True)
    found: dict[str, list[str]] = convert_to_plain(getattr(answer, "return"))
    return found


@functools.lru_cache(maxsize=8)
def _get_channel(port: int) -> grpc.Channel:
    """Return a cached channel: a user of the gate queries it many times per second."""
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
