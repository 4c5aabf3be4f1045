"""Errors that stop a run."""

from __future__ import annotations

from containment.errors import ContainmentError
from containment.exit_code import Exit as Exit


class EngineError(ContainmentError):
    """An error the user can act on: the message has the place, the reason and the fix."""

    def __init__(self, message: str, urn: str = "", exit_code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.urn = urn
        self.exit_code = exit_code


class HomeError(EngineError):
    """The lab home cannot be used: not a folder, not writable, full, another user's, or a file in it is broken."""


class NameRefusedError(EngineError):
    """The name of a stack or project cannot become part of a path."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=Exit.USAGE)


class ForgottenError(EngineError):
    """The simulated cloud was restarted after the stack was deployed, and its resources are lost."""


class Abort(Exception):  # noqa: N818 - not an error by itself: the reason has been reported
    """The run stops for a reason that has been reported; no new step may start."""
