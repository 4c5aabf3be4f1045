"""A bound on refused requests: an agent that is refused too often within a minute gets no decisions until that minute is over.

Rules kept here:
- the bound is one of the gateway, which serves one agent: a new connection, session or request id does not reset it;
- the first request that the bound refuses is an event, and the number of further ones is another: a flood does not fill the log;
- requests that the bound refuses do not make the pause longer, so it ends by itself.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from containment.tool_scopes.kinds import Rule
from containment.tools.events import Outcome, ToolEvents

WINDOW: Final = 60.0
"""Seconds in which refusals are counted."""


class RefusalLimit:
    """The refusals of one agent, and the pause that follows when they are too many.

    Args:
        most: refusals within `WINDOW` after which nothing is decided.
        events: the log of the gateway.
        clock: returns seconds that never go back.
    """

    def __init__(self, most: int, events: ToolEvents, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._events, self._clock = most, events, clock
        self._times: deque[float] = deque(maxlen=most)
        self._is_paused = False
        self._further = 0

    def count(self) -> None:
        """Count a refused request, or an action that was requested and not waited for."""
        self._times.append(self._clock())

    def find_pause(self, method: str) -> str:
        """Return why a request is not decided now, empty if it is; the log contains what began or ended.

        Args:
            method: the request's MCP method, for the log.
        """
        seconds = self._compute_pause()
        if not seconds:
            self.end_pause()
            return ""
        detail = f"{self._most} requests of this agent were refused within {WINDOW:g} s, and none is decided for {math.ceil(seconds)} s"
        if self._is_paused:
            self._further += 1
        else:
            self._events.write(Outcome.REFUSED, Rule.TOO_MANY_REFUSALS, detail, method=method)
            self._is_paused = True
        return detail

    def end_pause(self) -> None:
        """Write how many further requests a pause refused, if there was one."""
        if self._is_paused and self._further:
            detail = f"{self._further} further requests were refused until the pause ended"
            self._events.write(Outcome.REFUSED, Rule.TOO_MANY_REFUSALS, detail, method="(several)", requests=self._further)
        self._is_paused, self._further = False, 0

    def _compute_pause(self) -> float:
        """Return the seconds until requests are decided again, 0 outside of a pause."""
        if len(self._times) < self._most:
            return 0.0
        return max(0.0, self._times[0] + WINDOW - self._clock())
