"""Errors of a virtual machine."""

from __future__ import annotations

from containment_lab.errors import EngineError


class VmError(EngineError):
    """A virtual machine cannot be made or started here; the text has the reason and the fix."""
