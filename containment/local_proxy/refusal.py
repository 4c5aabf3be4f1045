"""The end of a connection by a denial."""

from __future__ import annotations

from containment.local_proxy.rules.decision import Permit
from containment.local_proxy.rules.denial import Denial


class RefusedError(Exception):
    """The connection goes no further; `is_recorded` is whether its event is written already."""

    def __init__(self, denial: Denial, *, is_recorded: bool = False) -> None:
        super().__init__(denial.reason)
        self.denial, self.is_recorded = denial, is_recorded


def require(decided: Permit | Denial) -> Permit:
    """Return the permit; raise RefusedError for a denial."""
    if isinstance(decided, Denial):
        raise RefusedError(decided)
    return decided
