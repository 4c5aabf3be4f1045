"""Errors between a client and a Controller; each message has the cause, why it matters, and the fix where there is one."""

from __future__ import annotations

from containment.errors import ContainmentError


class ControllerError(ContainmentError):
    """The Controller was unreachable, refused the login or a call, or sent an unexpected answer."""


class CallRefusedError(ControllerError):
    """The Controller refused a call. `reason` is the Controller's text, `status` the HTTP status of REST calls (200 for actions)."""

    def __init__(self, message: str, reason: str, status: int = 200) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
