"""Faults that tests inject: the next calls that match fail, are slow, or find their session over.

A fault names an action (`enable_snat`), a REST call (`PUT microseg/policy-list`, a prefix of the path) or `*`, any call that changes
something. `after: true` lets the call take effect and then answers with the fault: what a caller sees whose answer was lost.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pydantic

REMEMBERED = 50_000
_LOOKS = ("GET ", "list_", "get_", "show_", "check_", "login")


def looks(call: str) -> bool:
    """Tell whether a call changes nothing (but that somebody is logged in)."""
    return call.startswith(_LOOKS)


class Fault(pydantic.BaseModel):
    """One injected fault."""

    model_config = pydantic.ConfigDict(extra="forbid")

    match: str = pydantic.Field(min_length=1)
    skip: int = pydantic.Field(default=0, ge=0)
    """How many matching calls pass first."""
    times: int = pydantic.Field(default=1, ge=1)
    reason: str = ""
    """What the caller reads; empty: the call itself goes through (useful with delay or expire_sessions)."""
    status: int | None = pydantic.Field(default=None, ge=100, le=599)
    """HTTP status; None: what the dialect uses (200 for actions, 500 for REST)."""
    delay: float = pydantic.Field(default=0, ge=0, le=60)
    expire_sessions: bool = False
    after: bool = False


class Faults:
    """The faults still to come, first in first out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._calls: deque[str] = deque(maxlen=REMEMBERED)

    def add(self, fault: Fault) -> None:
        """Inject a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults that have not happened."""
        with self._lock:
            self._waiting.clear()

    def take(self, call: str) -> Fault | None:
        """Write the call down (an action's name, or `METHOD path`); return the fault that hits it, and count that."""
        with self._lock:
            self._calls.append(call)
            for fault in self._waiting:
                named = call.startswith(fault.match) if " " in call else call == fault.match
                if not named and (fault.match != "*" or looks(call)):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None

    def calls(self, forget: bool) -> list[str]:
        """Return the calls that were made, in order; with `forget`, begin anew."""
        with self._lock:
            made = list(self._calls)
            if forget:
                self._calls.clear()
        return made

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults that have not happened, as plain JSON."""
        with self._lock:
            return [fault.model_dump() for fault in self._waiting]
