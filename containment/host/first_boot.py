"""The host's user data: a `#cloud-config` document with the host's files, no secret, and only enabled installations.

It does not depend on the policy mode: changed user data replaces the host, and a switch of mode changes only the gateway. EC2 accepts
16 KB, so long files are compressed, with the same bytes on every machine.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from containment.config.spec import ContainmentSpec
from containment.host.contents import HTTPS_SOURCES, build_first_boot, build_host_files
from containment.host.deflate import compress
from containment.host.host_file import HostFile

LIMIT = 16384
"""Bytes of user data that EC2 accepts, before its base64 encoding (EC2 user guide)."""


OVERDUE_PATTERN = r"-ge (\d+) \] && poweroff -f"
"""How the end of a host is found in its user data: the seconds since 1970 of `build_shutdown_command`."""


def build_shutdown_command(deadline: datetime) -> str:
    """Return the command that switches a host off at a moment, and at once after it; it runs at every boot.

    It is the second net of an ephemeral host: the host ends even if nothing outside of it was made to end it.
    """
    moment = f"{deadline.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    late = f"[ $(date +%s) -ge {int(deadline.timestamp())} ] && poweroff -f"
    timer = f"systemd-run --unit=containment-deadline --on-calendar='{moment}' --timer-property=AccuracySec=1s poweroff -f"
    return f"{late}; {timer}"


def build_user_data(spec: ContainmentSpec, deadline: datetime | None = None) -> str:
    """Return the user data of a stack's host; with a deadline, the host switches itself off then."""
    boot = build_first_boot(spec)
    document: dict[str, Any] = {
        "package_update": bool(boot.packages),
        "package_upgrade": False,
        "apt": {"preserve_sources_list": True},
        "bootcmd": [*([build_shutdown_command(deadline)] if deadline else []), HTTPS_SOURCES],
        "write_files": [build_entry(each) for each in build_host_files(spec)],
    }
    if boot.packages:
        document["packages"] = list(boot.packages)
    if boot.commands:
        document["runcmd"] = list(boot.commands)
    text = "#cloud-config\n" + json.dumps(document, separators=(",", ":")) + "\n"
    assert len(text) <= LIMIT, f"user data of {len(text)} bytes, more than {LIMIT}: one of the lists in it is no longer bounded"
    return text


def build_entry(file: HostFile) -> dict[str, str]:
    """Return a file as cloud-init's `write_files` has it, compressed where that is shorter."""
    packed = base64.b64encode(compress(file.content.encode())).decode()
    how = {"encoding": "gz+b64", "content": packed} if len(packed) < len(json.dumps(file.content)) else {"content": file.content}
    return {"path": file.path, "permissions": file.permissions, **how}
