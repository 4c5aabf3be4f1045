"""Resource limits of a process and of what it starts."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Final

from containment.confinement.profile import Limits

_LAST_VICTIM: Final = "1000"
"""The OOM score that makes the kernel kill this process first when memory runs out."""


def set_limits(limits: Limits) -> None:
    """Set the limits of this process, never above those that it has."""
    wanted = {
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_DATA: limits.data,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 8 << 20,
    }
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


def become_last_victim() -> None:
    """Make the kernel kill this process, and what it starts, before others when memory runs out."""
    Path("/proc/self/oom_score_adj").write_text(_LAST_VICTIM)
