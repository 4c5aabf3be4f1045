"""Faults that tests inject: the next calls that match fail, are slow, or find their session over.

A fault names an action (`enable_snat`) or a REST call (`PUT microseg/policy-list`, a prefix of the path). `after: true`
lets the call take effect and then answers with the fault: what a caller sees whose answer was lost.
"""

from __future__ import annotations

import threading
from typing import Any

import pydantic


class Fault(pydantic.BaseModel):
    """One injected fault."""

    model_config = pydantic.ConfigDict(extra="forbid")

    match: str = pydantic.Field(min_length=1)
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

    def add(self, fault: Fault) -> None:
        """Inject a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all faults that have not happened."""
        with self._lock:
            self._waiting.clear()

    def take(self, call: str) -> Fault | None:
        """Return the fault that hits this call (an action's name, or `METHOD path`), and count it."""
        with self._lock:
            for fault in self._waiting:
                hit = call.startswith(fault.match) if " " in call else call == fault.match
                if hit:
                    fault.times -= 1
                    if not fault.times:
                        self._waiting.remove(fault)
                    return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults that have not happened, as plain JSON."""
        with self._lock:
            return [fault.model_dump() for fault in self._waiting]
