"""Record of the configuration in force, so that unchanged parts are not applied again.

A part is recorded before it is applied. When that fails, all records are dropped (`forget_all`), and everything is applied again.
"""

from __future__ import annotations


class AppliedConfiguration:
    """The parts in force, by name."""

    def __init__(self) -> None:
        self._parts: dict[str, object] = {}

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def has_changed(self, part: str, wanted: object) -> bool:
        """Return whether a part differs from the one in force, and record it."""
        if part in self._parts and self._parts[part] == wanted:
            return False
        self._parts[part] = wanted
        return True

    def forget(self, part: str) -> None:
        """Record that a part is no longer in force."""
        del self._parts[part]

    def forget_all(self) -> None:
        """Drop all records."""
        self._parts.clear()
