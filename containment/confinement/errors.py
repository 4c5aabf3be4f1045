"""The error of this package."""

from __future__ import annotations

from containment.errors import ContainmentError


class ConfinementError(ContainmentError):
    """A command cannot be confined and was not started; the text is one line with the reason and the fix."""
