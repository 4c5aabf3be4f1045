"""Errors that stop a run.

EngineError            about a resource of the program, in the words of the official engine
└── LabError           about this machine, the lab or a file: what is wrong and where, why it matters, and the fix
    ├── HomeError, NameRefusedError, ForgottenError, NotReadyError
    └── LabNetworkError
        └── HostNotFoundError
"""

from __future__ import annotations

from containment.errors import ContainmentError, Problem
from containment.exit_code import Exit as Exit


class EngineError(ContainmentError):
    """An error of a run; about a resource of the program it has the words of the official engine."""

    def __init__(self, message: str, urn: str = "", exit_code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.urn = urn
        self.exit_code = exit_code


class LabError(EngineError):
    """An error of the lab that a user can correct.

    Args:
        what: where it is, and what is wrong.
        why: why that stops the command.
        fix: what to do.
        urn: the resource, if it is about one.
        exit_code: the exit code of the command.

    Attributes:
        where: the place for a list of mistakes of several inputs.
    """

    where = "lab"

    def __init__(self, what: str, *, why: str, fix: str, urn: str = "", exit_code: Exit = Exit.ERROR) -> None:
        assert why, "an error without a reason explains nothing"
        assert fix, "an error without a fix explains nothing"
        super().__init__(f"{what}\n    why: {why}\n    fix: {fix}", urn, exit_code)
        self.what, self.why, self.fix = what, why, fix
        self.problems = (Problem(self.where, what, why, fix),)


class HomeError(LabError):
    """The lab home cannot be used: not a folder, not writable, full, another user's, or a file in it is broken."""


class NameRefusedError(LabError):
    """The name of a stack or project cannot become part of a path."""

    def __init__(self, what: str, *, fix: str) -> None:
        super().__init__(what, why="it is part of the names of files", fix=fix, exit_code=Exit.USAGE)


class NotReadyError(LabError):
    """A process did not become ready; the message has its name, its log and the deadline."""


class LabNetworkError(LabError):
    """A stack's network cannot be started or reached."""


class HostNotFoundError(LabNetworkError):
    """No deployed host to build a network from."""


class ForgottenError(LabError):
    """The simulated cloud was restarted after the stack was deployed, and its resources are lost."""


class Abort(Exception):  # noqa: N818 - not an error by itself: the reason has been reported
    """The run stops for a reason that has been reported; no new step may start."""
