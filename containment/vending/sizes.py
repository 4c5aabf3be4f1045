"""Sizes of agent hosts, and the instance type of each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Size(StrEnum):
    """The size of an agent's host; without one, the stack's `agentInstanceType` decides."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


INSTANCE_TYPES: Final[Mapping[Size, str]] = {Size.SMALL: "t3.medium", Size.MEDIUM: "t3.large", Size.LARGE: "t3.xlarge"}
"""Instance type of each size: 4, 8 and 16 GiB of memory. `medium` is the default of `agentInstanceType`."""
