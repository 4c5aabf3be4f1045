"""Holds provider calls still, so that a test can end the engine at a moment it has chosen.

While the gate is shut for a method (`Create`, `Delete`), calls of it wait before anything is done, but for those let `through`; they are
forgotten when their caller dies, and fail when it is told to `refuse` them. One call, the `target`, may go on to a `moment`: `begun`
(nothing has been done yet) or `made` (it has taken effect, the answer is not out). It then goes to its end whatever becomes of the
caller, as soon as the gate opens.

The gate is one for all providers of a process. Tests reach it by an Invoke; no program can, since no package has its name.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Literal

import grpc
import pydantic
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from containment.lab.home import LabHome
from containment.lab.providers.handler import RefusedError
from containment.lab.wire import to_plain, to_struct

TOKEN = "lab:gate:gate"  # noqa: S105
_LOOK_SECONDS = 0.005

Moment = Literal["begun", "made"]


class Setting(pydantic.BaseModel):
    """How the gate stands; the default is open."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    method: Literal["Create", "Delete"] | None = None
    through: frozenset[str] = frozenset()
    """URNs whose calls pass."""
    target: str = ""
    """The URN whose call goes on to `moment`, and to its end when that is not set."""
    moment: Moment | None = None
    refuse: bool = False
    """Whether calls that would wait fail instead."""


class Gate:
    """One gate, shared by the providers of a process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._setting = Setting()
        self._waiting: list[str] = []
        self._under_way: list[str] = []
        self._ended: list[str] = []
        self._held = ""

    def set(self, setting: Setting) -> None:
        """Change how the gate stands."""
        with self._changed:
            self._setting = setting
            self._ended.clear()
            self._changed.notify_all()

    def shown(self) -> dict[str, list[str]]:
        """Return URNs: of calls that wait before it, are at work, are held at their moment, and have ended since it was set."""
        with self._changed:
            calls = {"waiting": self._waiting, "under_way": self._under_way, "ended": self._ended}
            return {"held": [self._held] if self._held else [], **{key: list(urns) for key, urns in calls.items()}}

    async def enter(self, method: str, urn: str) -> None:
        """Wait until a call may begin; given up when its caller is gone."""
        self._waiting.append(urn)
        try:
            while self._shut(method, urn):
                if self._setting.refuse:
                    raise RefusedError("the gate is shut")
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._waiting.remove(urn)

    @contextlib.contextmanager
    def call(self, method: str, urn: str) -> Iterator[None]:
        """Stand around the work of a call, in its thread: the target's is held before it and, when it has not failed, after it."""
        self._under_way.append(urn)
        try:
            self._hold(method, urn, "begun")
            yield
            self._hold(method, urn, "made")
        finally:
            self._under_way.remove(urn)
            self._ended.append(urn)

    def _hold(self, method: str, urn: str, moment: Moment) -> None:
        with self._changed:
            while (self._setting.method, self._setting.target, self._setting.moment) == (method, urn, moment):
                self._held = urn
                self._changed.wait()
            if self._held == urn:
                self._held = ""

    def _shut(self, method: str, urn: str) -> bool:
        setting = self._setting
        return setting.method == method and urn != setting.target and urn not in setting.through


GATE = Gate()


def invoke(_: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Serve the Invoke: with arguments they set the gate; returns what stands at it."""
    if args:
        GATE.set(Setting.model_validate(args))
    return GATE.shown()


def ask(home: LabHome, setting: Setting | None = None) -> dict[str, list[str]]:
    """Set the gate of a lab home's running providers (None: only look); returns the URNs `waiting`, `under_way`, `held` and `ended`."""
    told = setting.model_dump(mode="json", exclude_none=True) if setting else {}
    with grpc.insecure_channel(f"127.0.0.1:{home.ports().aws_provider}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        answer = provider_pb2_grpc.ResourceProviderStub(channel).Invoke(pb.InvokeRequest(tok=TOKEN, args=to_struct(told)), timeout=10)
    found: dict[str, list[str]] = to_plain(getattr(answer, "return"))
    return found
