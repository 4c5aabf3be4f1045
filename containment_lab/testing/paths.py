"""The paths, and the function of the providers, by which tests reach the test apparatus."""

from __future__ import annotations

from typing import Final

FAULTS: Final = "/lab/faults"
CALLS: Final = "/lab/calls"
PATHS: Final = (FAULTS, CALLS)
PAUSE: Final = "lab:testing:pause"
"""Not callable by a program: no package has this name."""
