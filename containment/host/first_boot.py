"""The host's user data: a `#cloud-config` document that writes the host's files, installs nothing unasked, and holds no secret.

The policy mode is not in it: changed user data replaces the host, and the mode is the gateway's to change under a live one.
EC2 takes 16 KB, so what is long is compressed, with the same bytes on every machine.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from containment.host.contents import HTTPS_SOURCES, first_boot, host_files
from containment.host.deflate import gzip
from containment.host.host_file import HostFile
from containment.model.spec import ContainmentSpec

LIMIT = 16384
"""Bytes of user data EC2 takes, before its own base64 (EC2 user guide)."""


def user_data(spec: ContainmentSpec) -> str:
    """Return the document of a stack's host."""
    boot = first_boot(spec)
    document: dict[str, Any] = {
        "package_update": bool(boot.packages),
        "package_upgrade": False,
        "apt": {"preserve_sources_list": True},
        "bootcmd": [HTTPS_SOURCES],
        "write_files": [_entry(each) for each in host_files(spec)],
    }
    if boot.packages:
        document["packages"] = list(boot.packages)
    if boot.commands:
        document["runcmd"] = list(boot.commands)
    text = "#cloud-config\n" + json.dumps(document, separators=(",", ":")) + "\n"
    assert len(text) <= LIMIT, f"user data of {len(text)} bytes: every list in it is bounded, so one has lost its bound"
    return text


def _entry(file: HostFile) -> dict[str, str]:
    packed = base64.b64encode(gzip(file.content.encode())).decode()
    how = {"encoding": "gz+b64", "content": packed} if len(packed) < len(json.dumps(file.content)) else {"content": file.content}
    return {"path": file.path, "permissions": file.permissions, **how}
