"""What a world has put in force already, so that what has not changed is not touched.

A part is noted before it is put in force. When that fails, everything is forgotten (`forget_all`), and is put in force again.
"""

from __future__ import annotations


class Applied:
    """The parts in force, by name."""

    def __init__(self) -> None:
        self._parts: dict[str, object] = {}

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def changes(self, part: str, wanted: object) -> bool:
        """Tell whether a part is to be put in force, and note it as if it were."""
        if part in self._parts and self._parts[part] == wanted:
            return False
        self._parts[part] = wanted
        return True

    def forget(self, part: str) -> None:
        """Note that a part is not in force any more."""
        del self._parts[part]

    def forget_all(self) -> None:
        """Note that nothing is known to be in force."""
        self._parts.clear()
