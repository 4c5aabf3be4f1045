"""The systemd units of the updater: root without any capability, which may write only the updater's folders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from containment.bundle_update.places import Places
from containment.systemd_units.timers import RepeatedCommand
from containment.systemd_units.unit_file import HARDENING

NAME: Final = "containment-bundle-update"
_SETTINGS: Final = (
    *HARDENING,
    ("MemoryDenyWriteExecute", "yes"),
    ("ProcSubset", "pid"),
    ("RestrictNamespaces", "yes"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    ("TimeoutStartSec", "10min"),
)
_LOCAL: Final = (("PrivateNetwork", "yes"), ("IPAddressDeny", "any"), ("RestrictAddressFamilies", "AF_UNIX"))
_REMOTE: Final = (("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),)


def describe_timer(arguments: Sequence[str], places: Places, *, is_local: bool) -> RepeatedCommand:
    """Return the updater as a command that a timer starts every hour.

    Args:
        arguments: the options of the updater.
        places: its folders, the only ones that it may write.
        is_local: whether the source is a folder, so that no network is needed.
    """
    words = [sys.executable, "-I", "-m", "containment.bundle_update", *arguments]  # isolated: no variable or folder adds code
    return RepeatedCommand(
        name=NAME,
        purpose="Update the signed bundle of this host",
        words=words,
        folder=Path("/"),
        success=(),
        hours=1,
        writable=(places.bundles, places.counters, places.event_log.parent),
        settings=(*_SETTINGS, *(_LOCAL if is_local else _REMOTE)),
    )
