"""Fault injection: the next matching calls fail or are slow.

A fault matches a call (`RunInstances`, `enable_snat`), the beginning of `METHOD path` (`PUT microseg/policy-list`), or `*`: any call that
changes something. With `after` the call takes effect first, as for a caller whose answer was lost.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pydantic

from containment_lab.testing.paths import CALLS, FAULTS

REMEMBERED = 50_000
"""Length limit of the list of calls."""


class Fault(pydantic.BaseModel):
    """One injected fault."""

    model_config = pydantic.ConfigDict(extra="forbid")

    match: str = pydantic.Field(min_length=1)
    skip: int = pydantic.Field(default=0, ge=0)
    """Number of matching calls that pass first."""
    times: int = pydantic.Field(default=1, ge=1)
    reason: str = ""
    """The text of the failure; empty: the call itself continues."""
    delay: float = pydantic.Field(default=0, ge=0, le=60)
    """Seconds, before the call or with `after` before its answer; other calls continue."""
    after: bool = False

    def is_match(self, call: str, *, is_read: bool) -> bool:
        """Return whether the fault applies to a call."""
        named = call.startswith(self.match) if " " in call else call == self.match
        return named or (self.match == "*" and not is_read)


FaultT = TypeVar("FaultT", bound=Fault)


class FaultQueue(Generic[FaultT]):
    """The pending faults, first in first out, and the calls since the first request for either."""

    def __init__(self, model: type[FaultT], is_read: Callable[[str], bool]) -> None:
        self._model, self._is_read = model, is_read
        self._lock = threading.Lock()
        self._waiting: list[FaultT] = []
        self._calls: deque[str] = deque(maxlen=REMEMBERED)

    def take(self, call: str) -> FaultT | None:
        """Record the call; return the fault that applies to it, and count that."""
        with self._lock:
            self._calls.append(call)
            for fault in self._waiting:
                if not fault.is_match(call, is_read=self._is_read(call)):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None

    def answer(self, path: str, method: str, body: bytes) -> tuple[int, dict[str, Any]] | None:
        """Return HTTP status and JSON for a request to `/lab/faults` or `/lab/calls`; None for another path.

        POST adds a fault; DELETE clears the list: pending faults, or calls.

        Args:
            path: The path of the request.
            method: Its method.
            body: Its body, for POST the fault as JSON.
        """
        if path not in (FAULTS, CALLS):
            return None
        with self._lock:
            if path == CALLS:
                calls = list(self._calls)
                if method == "DELETE":
                    self._calls.clear()
                return 200, {"calls": calls}
            if method == "POST":
                try:
                    self._waiting.append(self._model.model_validate_json(body))
                except pydantic.ValidationError as error:
                    return 400, {"message": str(error)}
            elif method == "DELETE":
                self._waiting.clear()
            return 200, {"faults": [fault.model_dump() for fault in self._waiting]}
