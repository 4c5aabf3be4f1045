"""Errors of a virtual machine."""

from __future__ import annotations

from containment_lab.errors import LabError


class VmError(LabError):
    """A virtual machine cannot be made or started here."""

    def __init__(self, what: str, *, fix: str, why: str = "the task runs in a virtual machine or not at all") -> None:
        super().__init__(what, why=why, fix=fix)
